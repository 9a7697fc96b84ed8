#include "radio/esphome/link_private.hpp"

namespace moor::esphome_radio {

LinkState::LinkState(Port& port, LinkOwner& owner, DeviceMemory& memory, boost::asio::any_io_executor executor, Address device,
                     std::string name, uint16_t mtu, bool from_cache)
    : private_(std::make_unique<Private>()) {
  private_->core = std::make_shared<LinkCore>(port, owner, memory, std::move(executor), device, std::move(name), mtu, from_cache);
}

LinkState::~LinkState() {
  private_->core->close(CloseReason::local, "closed");
}

bool LinkState::on_message(const esphome::Message& message) {
  return private_->core->on_message(message);
}

void LinkState::on_mtu(uint16_t mtu) {
  private_->core->on_mtu(mtu);
}

void LinkState::close(CloseReason reason, std::string text) {
  private_->core->close(reason, std::move(text));
}

bool LinkState::is_closed() const noexcept {
  return private_->core->closed().has_value();
}

}  // namespace moor::esphome_radio
