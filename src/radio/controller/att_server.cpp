#include "radio/controller/att_server.hpp"

namespace moor::controller {

struct AttServer::State {};

AttServer::AttServer(boost::asio::any_io_executor, Clock&, Link&, Send) {}
AttServer::~AttServer() = default;
void AttServer::receive(Bytes) {}
uint16_t AttServer::mtu() const noexcept {
  return 23;
}

}  // namespace moor::controller
