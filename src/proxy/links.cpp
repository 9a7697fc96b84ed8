#include "proxy/links.hpp"

namespace moor::proxy {

struct Links::State {};

Links::Links(Clock&, boost::asio::any_io_executor, Radio&, const Options&) : state_(std::make_shared<State>()) {}
Links::~Links() = default;
uint32_t Links::features() const {
  return 0;
}
void Links::set_client(std::shared_ptr<Answers>) {}
bool Links::on_message(const esphome::Message&) {
  return false;
}
awaitable<void> Links::close_all(TimePoint) {
  co_return;
}
Slots Links::slots() const {
  return {};
}
void Links::on_sighting(const Sighting&) {}

}  // namespace moor::proxy
