#include "proxy/client_machine.hpp"

#include "moor/advertisement.hpp"
#include "proxy/about.hpp"

namespace moor::proxy {

namespace {

using esphome::MessageType;
using Action = ClientMachine::Action;
using Actions = ClientMachine::Actions;

constexpr size_t max_info = 128;  // bytes that are kept of what a client calls itself

template <typename Message>
Action message_of(const Message& message) {
  ClientMachine::Send out{.type = Message::type};
  esphome::encode(message, out.payload);
  return out;
}

Action empty(MessageType type) {
  return ClientMachine::Send{.type = type};
}

template <typename Single>
Actions only(Single action) {
  Actions actions;
  actions.emplace_back(std::move(action));
  return actions;
}

std::string_view bluetooth_mac(const Identity& identity) {
  return identity.bluetooth_mac.empty() ? identity.mac : identity.bluetooth_mac;
}

Action device_info(const ServerFacts& facts) {
  const std::string built_as = "moor " + std::string(version);
  esphome::DeviceInfoResponse info;
  info.name = facts.identity.name;
  info.mac_address = facts.identity.mac;
  info.esphome_version = esphome_version;
  info.compilation_time = built_as;
  info.model = model;
  info.project_name = project_name;
  info.project_version = project_version;
  info.manufacturer = manufacturer;
  info.friendly_name = facts.identity.friendly_name;
  info.bluetooth_proxy_feature_flags = facts.features;
  info.suggested_area = facts.identity.area;
  info.bluetooth_mac_address = bluetooth_mac(facts.identity);
  info.api_encryption_supported = facts.encrypted;
  return message_of(info);
}

Action capabilities(const ServerFacts& facts) {
  esphome::DeviceCapabilitiesResponse response;
  response.has_bluetooth_proxy = true;
  response.bluetooth_proxy = {.feature_flags = facts.features, .mac_address = bluetooth_mac(facts.identity)};
  return message_of(response);
}

Action time_of(WallTime wall) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(wall).time_since_epoch().count();
  return message_of(esphome::GetTimeResponse{.epoch_seconds = static_cast<uint32_t>(seconds)});
}

// What a client may say before hello without being closed: the newest firmware (without passwords) has these as needing no login.
bool is_allowed_before_hello(MessageType type) {
  return type == MessageType::ping_request || type == MessageType::ping_response || type == MessageType::disconnect_request ||
         type == MessageType::disconnect_response;
}

}  // namespace

Actions ClientMachine::close(End why) {
  closed_ = true;
  return only(Close{why});
}

Actions ClientMachine::on_message(const esphome::Message& message, const ServerFacts& facts, TimePoint now) {
  if (closed_) return {};
  heard_ = now;
  pinged_ = false;
  if (message.type == MessageType::hello_request) return hello(message.payload, facts);
  if (!logged_in_ && !is_allowed_before_hello(message.type)) return close(End::not_hello);
  if (message.type == MessageType::disconnect_response) return close(End::goodbye);
  if (message.type == MessageType::disconnect_request) {
    Actions actions = only(empty(MessageType::disconnect_response));
    actions.emplace_back(Close{End::goodbye});
    closed_ = true;
    return actions;
  }
  return answer(message, facts);
}

Actions ClientMachine::hello(Bytes payload, const ServerFacts& facts) {
  const auto request = esphome::decode<esphome::HelloRequest>(payload);
  if (request.error) return close(End::bad_hello);
  const std::string_view told = request.message.client_info.substr(0, max_info);
  info_ = printable_name(Bytes(reinterpret_cast<const uint8_t*>(told.data()), told.size()));
  api_minor_ = request.message.api_version_minor;
  const std::string server_info = "moor " + std::string(version);
  Actions actions = only(message_of(esphome::HelloResponse{.api_version_major = proxy::api_major,
                                                           .api_version_minor = proxy::api_minor,
                                                           .server_info = server_info,
                                                           .name = facts.identity.name}));
  logged_in_ = true;
  return actions;
}

Actions ClientMachine::answer(const esphome::Message& message, const ServerFacts& facts) const {
  switch (message.type) {
    // Without passwords every one is right.
    case MessageType::authentication_request: return only(message_of(esphome::AuthenticationResponse{}));
    case MessageType::ping_request: return only(empty(MessageType::ping_response));
    case MessageType::device_info_request: return only(device_info(facts));
    case MessageType::list_entities_request: return only(empty(MessageType::list_entities_done));
    case MessageType::device_capabilities_request: return only(capabilities(facts));
    case MessageType::get_time_request: return only(time_of(facts.wall));
    // The key is made here and stays here.
    case MessageType::set_noise_key_request: return only(message_of(esphome::SetNoiseKeyResponse{.success = false}));
    case MessageType::subscribe_advertisements: return only(Subscribe{});
    case MessageType::unsubscribe_advertisements: return only(Unsubscribe{});
    case MessageType::scanner_set_mode: {
      const auto request = esphome::decode<esphome::ScannerSetMode>(message.payload);
      if (request.error || request.message.mode > esphome::ScannerMode::active) return {};
      return only(SetMode{request.message.mode});
    }
    case MessageType::device_request:
    case MessageType::get_services:
    case MessageType::read_request:
    case MessageType::write_request:
    case MessageType::read_descriptor_request:
    case MessageType::write_descriptor_request:
    case MessageType::notify_request:
    case MessageType::subscribe_connections_free:
    case MessageType::set_connection_parameters: return only(ForLinks{});
    default: return {};  // new ones come every month
  }
}

Actions ClientMachine::on_time(TimePoint now) {
  if (closed_) return {};
  if (!logged_in_) return now >= hello_by_ ? close(End::no_hello) : Actions{};
  if (now >= heard_ + dead_after) return close(End::silent);
  if (pinged_ || now < heard_ + ping_after) return {};
  pinged_ = true;
  return only(empty(MessageType::ping_request));
}

TimePoint ClientMachine::next_deadline() const noexcept {
  if (closed_) return TimePoint::max();
  if (!logged_in_) return hello_by_;
  return heard_ + (pinged_ ? dead_after : ping_after);
}

}  // namespace moor::proxy
