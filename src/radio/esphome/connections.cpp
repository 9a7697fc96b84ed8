#include "radio/esphome/connections.hpp"

#include "radio/esphome/connections_state.hpp"

namespace moor::esphome_radio {

using esphome::MessageType;

Connections::Connections(Port& port, boost::asio::any_io_executor executor)
    : state_(std::make_shared<State>(port, std::move(executor))) {}

Connections::~Connections() {
  state_->shut();
}

awaitable<std::unique_ptr<Link>> Connections::connect(Address device, LinkOptions options) {
  return make_connection(state_, device, std::move(options));
}

bool Connections::on_message(const esphome::Message& message) {
  switch (message.type) {
    case MessageType::connections_free: {
      const auto decoded = esphome::decode<esphome::ConnectionsFree>(message.payload);
      if (decoded.error)
        ++state_->counts.malformed;
      else
        state_->on_connections_free(decoded.message);
      return true;
    }
    case MessageType::device_connection: {
      const auto decoded = esphome::decode<esphome::DeviceConnection>(message.payload);
      if (decoded.error)
        ++state_->counts.malformed;
      else
        state_->on_connection(decoded.message);
      return true;
    }
    case MessageType::services:
    case MessageType::services_done:
    case MessageType::read_response:
    case MessageType::notify_data:
    case MessageType::gatt_error:
    case MessageType::write_response:
    case MessageType::notify_response:
    case MessageType::pairing:
    case MessageType::unpairing:
    case MessageType::clear_cache:
    case MessageType::connection_parameters_set: (void)state_->on_device_message(message); return true;
    default: return false;
  }
}

void Connections::on_session_lost(const std::string& why) {
  state_->on_session_lost(why);
}

Slots Connections::slots() const {
  return state_->ledger.slots(state_->now());
}

bool Connections::is_connected(const Address& device) const {
  const auto phase = state_->ledger.phase(device);
  return phase ? *phase == SlotLedger::Phase::up : state_->ledger.counts(device);
}

awaitable<void> Connections::close_connection(Address device, TimePoint deadline) {
  return end_connection(state_, device, deadline);
}

awaitable<bool> Connections::forget(Address device, bool bond_too, TimePoint deadline) {
  return forget_device(state_, device, bond_too, deadline);
}

bool Connections::has_services(const Address& device) const {
  return state_->memory.find(device) != nullptr;
}

awaitable<bool> Connections::clear_services(Address device, TimePoint deadline) {
  return forget_services(state_, device, deadline);
}

const Connections::Counts& Connections::counts() const noexcept {
  return state_->counts;
}

}  // namespace moor::esphome_radio
