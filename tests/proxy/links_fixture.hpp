#pragma once
// A proxy's client as its links see it: it sends messages, and what it is sent is a list of lines. Devices are called by the low 16 bits of their address.

#include "esphome/codec.hpp"
#include "proxy/links.hpp"

#include <fmt/format.h>

namespace moor::testing {

/// "69 1 up 247", "69 1 down 0x13", "81 2/3 1", "74 1/3 010203", "79 1/3 01", "82 1/3 -1", "83 1/3", "84 1/3", "71 1 3 services", "72 1", "85 1 yes",
/// "86 1 no 6", "88 1 yes", "146 1 0".
class RecordingClient final : public proxy::Answers {
public:
  explicit RecordingClient(uint32_t minor = 15) : minor_(minor) {}

  void send(esphome::MessageType type, Bytes payload) override {
    lines.push_back(std::to_string(static_cast<int>(type)) + " " + text(type, payload));
    if (on_send) on_send(lines.back());
  }
  [[nodiscard]] uint32_t api_minor() const override { return minor_; }

  /// Those of a type, without the number.
  [[nodiscard]] std::vector<std::string> of(int type) const {
    std::vector<std::string> found;
    const std::string start = std::to_string(type) + " ";
    for (const std::string& each : lines)
      if (each.starts_with(start)) found.push_back(each.substr(start.size()));
    return found;
  }
  [[nodiscard]] std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
  std::function<void(const std::string&)> on_send;
  std::vector<esphome::ServiceEntry> services;  // of the last table
  esphome::ConnectionsFree slots;               // last said
  int slots_told = 0;

private:
  template <typename Message>
  static Message decoded(Bytes payload) {
    auto read = esphome::decode<Message>(payload);
    if (read.error) throw std::runtime_error(read.error->what);
    return std::move(read.message);
  }
  static uint64_t number(uint64_t address) { return address & 0xFFFF; }
  static std::string outcome(uint64_t address, bool ok, int32_t error) {
    return fmt::format("{} {}{}", number(address), ok ? "yes" : "no", error == 0 ? "" : fmt::format(" {}", error));
  }
  template <typename Message>
  static std::string place(const Message& message) {
    return fmt::format("{}/{}", number(message.address), message.handle);
  }

  std::string text(esphome::MessageType type, Bytes payload) {
    using esphome::MessageType;
    switch (type) {
      case MessageType::device_connection: {
        const auto read = decoded<esphome::DeviceConnection>(payload);
        return read.connected ? fmt::format("{} up {}", number(read.address), read.mtu)
                              : fmt::format("{} down {:#x}", number(read.address), read.error);
      }
      case MessageType::connections_free: {
        slots = decoded<esphome::ConnectionsFree>(payload);
        ++slots_told;
        std::string all = fmt::format("{}/{}", slots.free, slots.limit);
        for (const uint64_t each : slots.allocated) all += fmt::format(" {}", number(each));
        return all;
      }
      case MessageType::services: {
        auto read = decoded<esphome::Services>(payload);
        const size_t count = read.services.size();
        std::ranges::move(read.services, std::back_inserter(services));
        return fmt::format("{} {} services", number(read.address), count);
      }
      case MessageType::services_done: return fmt::format("{}", number(decoded<esphome::ServicesDone>(payload).address));
      case MessageType::read_response: {
        const auto read = decoded<esphome::ReadResponse>(payload);
        return place(read) + " " + to_hex(read.data);
      }
      case MessageType::notify_data: {
        const auto read = decoded<esphome::NotifyData>(payload);
        return place(read) + " " + to_hex(read.data);
      }
      case MessageType::gatt_error: {
        const auto read = decoded<esphome::GattError>(payload);
        return place(read) + fmt::format(" {}", read.error);
      }
      case MessageType::write_response: return place(decoded<esphome::WriteResponse>(payload));
      case MessageType::notify_response: return place(decoded<esphome::NotifyResponse>(payload));
      case MessageType::pairing: {
        const auto read = decoded<esphome::Pairing>(payload);
        return outcome(read.address, read.paired, read.error);
      }
      case MessageType::unpairing: {
        const auto read = decoded<esphome::Unpairing>(payload);
        return outcome(read.address, read.success, read.error);
      }
      case MessageType::clear_cache: {
        const auto read = decoded<esphome::ClearCache>(payload);
        return outcome(read.address, read.success, read.error);
      }
      case MessageType::connection_parameters_set: {
        const auto read = decoded<esphome::ConnectionParametersSet>(payload);
        return fmt::format("{} {}", number(read.address), read.error);
      }
      default: return "unexpected";
    }
  }

  uint32_t minor_;
};

/// What a client asks.
class Asking {
public:
  explicit Asking(std::unique_ptr<proxy::Links>& links) : links_(links) {}

  template <typename Message>
  bool message(const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    return links_->on_message({Message::type, payload});
  }
  void device(uint64_t address, esphome::DeviceRequestType type, bool has_address_type = true) {
    message(esphome::DeviceRequest{.address = address,
                                   .request_type = type,
                                   .has_address_type = has_address_type,
                                   .address_type = has_address_type ? 1U : 0U});
  }
  void connect(uint64_t address) { device(address, esphome::DeviceRequestType::connect_without_cache); }
  void connect_with_cache(uint64_t address) { device(address, esphome::DeviceRequestType::connect_with_cache); }
  void disconnect(uint64_t address) { device(address, esphome::DeviceRequestType::disconnect, false); }
  void services(uint64_t address) { message(esphome::AddressRequest{address}); }
  void read(uint64_t address, uint32_t handle) { message(esphome::ReadRequest{address, handle}); }
  void write(uint64_t address, uint32_t handle, std::vector<uint8_t> value, bool response = true) {
    message(esphome::WriteRequest{address, handle, response, value});
  }
  void read_descriptor(uint64_t address, uint32_t handle) { message(esphome::ReadDescriptorRequest{address, handle}); }
  void write_descriptor(uint64_t address, uint32_t handle, std::vector<uint8_t> value) {
    message(esphome::WriteDescriptorRequest{address, handle, value});
  }
  void notify(uint64_t address, uint32_t handle, bool enable) { message(esphome::NotifyRequest{address, handle, enable}); }

private:
  std::unique_ptr<proxy::Links>& links_;
};

}  // namespace moor::testing
