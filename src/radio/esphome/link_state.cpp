#include "radio/esphome/link_state.hpp"

namespace moor::esphome_radio {

struct LinkState::Private {
  bool closed = false;
};

LinkState::LinkState(Port&, LinkOwner&, DeviceMemory&, boost::asio::any_io_executor, Address, std::string, uint16_t, bool)
    : private_(std::make_unique<Private>()) {}

LinkState::~LinkState() = default;

bool LinkState::on_message(const esphome::Message&) {
  return false;
}

void LinkState::on_mtu(uint16_t) {}

void LinkState::close(CloseReason, std::string) {
  private_->closed = true;
}

bool LinkState::is_closed() const noexcept {
  return private_->closed;
}

std::unique_ptr<Link> make_link(std::shared_ptr<LinkState>) {
  return nullptr;
}

}  // namespace moor::esphome_radio
