#pragma once
// What a program sees of a device, in lines: the same lines over a radio itself and over that radio served as a proxy.

#include "proxy/house.hpp"

namespace moor::testing {

/// The table as a program sees it. Where a service ends is left out: the protocol of proxies does not tell, nor what is secondary or included.
inline std::vector<std::string> table_lines(const GattServices& services) {
  std::vector<std::string> lines;
  for (const GattService& service : services) {
    lines.push_back(fmt::format("service {} {}", service.handle, service.uuid.to_string()));
    for (const GattCharacteristic& each : service.characteristics) {
      lines.push_back(fmt::format("  {} {} {:02x}", each.handle, each.uuid.to_string(), each.properties.bits()));
      for (const GattDescriptor& one : each.descriptors)
        lines.push_back(fmt::format("    {} {}", one.handle, one.uuid.to_string()));
    }
  }
  return lines;
}

/// One program's dealings with devices, written down.
class Visit {
public:
  Visit(House& house, Radio& radio) : house_(house), radio_(radio) {}

  std::vector<std::string> lines;
  /// Of all, so that a comparison shows where they differ.
  [[nodiscard]] std::string text() const { return fmt::format("{}", fmt::join(lines, "\n")); }

  /// @returns whether there is a link.
  awaitable<bool> connect(Address device, Duration timeout = 20s) {
    LinkOptions options;
    options.timeout = timeout;
    options.label = "visit";
    try {
      link_ = co_await radio_.connect(device, options);
      lines.push_back("connected");
    } catch (...) {
      lines.push_back(why(std::current_exception()));
    }
    co_return link_ != nullptr;
  }
  awaitable<bool> discover() {
    try {
      services = co_await link_->services(house_.in(30s));
    } catch (...) {
      lines.push_back("services: " + why(std::current_exception()));
      co_return false;
    }
    for (std::string& each : table_lines(services)) lines.push_back(std::move(each));
    co_return true;
  }
  awaitable<void> read(uint16_t handle) {
    std::string result;
    try {
      const std::vector<uint8_t> value = co_await link_->read(handle, house_.in(40s));
      result = to_hex(value);
    } catch (...) {
      result = why(std::current_exception());
    }
    lines.push_back(fmt::format("read {}: {}", handle, result));
  }
  awaitable<void> read_descriptor(uint16_t handle) {
    std::string result;
    try {
      const std::vector<uint8_t> value = co_await link_->read_descriptor(handle, house_.in(40s));
      result = to_hex(value);
    } catch (...) {
      result = why(std::current_exception());
    }
    lines.push_back(fmt::format("descriptor {}: {}", handle, result));
  }
  awaitable<void> write_descriptor(uint16_t handle, std::vector<uint8_t> value) {
    std::string result = "done";
    try {
      co_await link_->write_descriptor(handle, std::move(value), house_.in(40s));
    } catch (...) {
      result = why(std::current_exception());
    }
    lines.push_back(fmt::format("write descriptor {}: {}", handle, result));
  }
  awaitable<void> write(uint16_t handle, std::vector<uint8_t> value, WriteKind kind = WriteKind::with_response) {
    std::string result = "done";
    try {
      co_await link_->write(handle, std::move(value), kind, house_.in(40s));
    } catch (...) {
      result = why(std::current_exception());
    }
    lines.push_back(fmt::format("write {}: {}", handle, result));
  }
  /// Values that come are kept in `values`.
  awaitable<void> subscribe(uint16_t handle, SubscribeKind kind = SubscribeKind::notification) {
    std::string result = "done";
    Link::ValueCallback on_value = [kept = values](Bytes value, TimePoint) { kept->push_back(to_hex(value)); };
    try {
      co_await link_->subscribe(handle, kind, std::move(on_value), house_.in(40s));
    } catch (...) {
      result = why(std::current_exception());
    }
    lines.push_back(fmt::format("subscribe {}: {}", handle, result));
  }
  awaitable<void> unsubscribe(uint16_t handle) {
    std::string result = "done";
    try {
      co_await link_->unsubscribe(handle, house_.in(40s));
    } catch (...) {
      result = why(std::current_exception());
    }
    lines.push_back(fmt::format("unsubscribe {}: {}", handle, result));
  }
  awaitable<void> pair() {
    std::string result = "done";
    JustWorks agent;
    try {
      co_await link_->pair(agent, house_.in(40s));
    } catch (...) {
      result = why(std::current_exception());
    }
    lines.push_back("pair: " + result);
  }
  awaitable<void> disconnect() {
    co_await link_->disconnect(house_.in(10s));
    lines.push_back(fmt::format("disconnected: {}", to_string(link_->closed().value().reason)));
    link_.reset();
  }
  /// The other end closes.
  awaitable<void> wait_closed() {
    const Closed closed = co_await link_->wait_closed();
    lines.push_back(fmt::format("closed: {}", to_string(closed.reason)));
    link_.reset();
  }
  void let_go() { link_.reset(); }
  [[nodiscard]] bool is_connected() const { return link_ != nullptr; }

  /// All that can be done with the device.
  awaitable<void> everything(Address device) {
    const bool connected = co_await connect(device);
    if (!connected) co_return;
    const bool discovered = co_await discover();
    if (discovered) {
      co_await every_characteristic();
      co_await pair();
      co_await every_characteristic();
      lines.push_back(fmt::format("MTU {}", link_->mtu()));
    }
    co_await disconnect();
  }

  [[nodiscard]] Link& link() { return *link_; }
  GattServices services;
  std::shared_ptr<std::vector<std::string>> values = std::make_shared<std::vector<std::string>>();

private:
  awaitable<void> every_characteristic() {
    const GattServices all = services;
    for (const GattService& service : all)
      for (const GattCharacteristic& each : service.characteristics) co_await one_characteristic(each);
  }
  awaitable<void> one_characteristic(const GattCharacteristic& each) {
    if (each.properties.has(Property::read)) co_await read(each.handle);
    const std::vector<uint8_t> value{4, 5, 6};
    if (each.properties.has(Property::write)) co_await write(each.handle, value);
    if (each.properties.has(Property::write_without_response)) co_await write(each.handle, value, WriteKind::without_response);
    for (const GattDescriptor& one : each.descriptors) {
      if (one.uuid == client_characteristic_configuration) continue;
      co_await read_descriptor(one.handle);
      co_await write_descriptor(one.handle, value);
    }
    const bool notifies = each.properties.has(Property::notify);
    if (!notifies && !each.properties.has(Property::indicate)) co_return;
    co_await subscribe(each.handle, notifies ? SubscribeKind::notification : SubscribeKind::indication);
    co_await house_.wait(15s);
    co_await unsubscribe(each.handle);
    lines.push_back(values->empty() ? "no values" : "last value " + values->back());
    values->clear();
  }

  House& house_;
  Radio& radio_;
  std::unique_ptr<Link> link_;
};

}  // namespace moor::testing
