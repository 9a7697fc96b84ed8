#pragma once
// Connections over a proxy of a script.

#include "core/within.hpp"
#include "link_stage.hpp"
#include "radio/esphome/connections.hpp"

namespace moor::esphome_radio {

using namespace std::chrono_literals;
using esphome::DeviceRequestType;
using esphome::MessageType;

inline constexpr Address other(0xA4CF00000001, false);

struct Stage {
  boost::asio::io_context context{};
  VirtualClock clock{};
  ScriptedPort port{clock};
  std::unique_ptr<Connections> connections = std::make_unique<Connections>(port, context.get_executor());

  void play(std::function<awaitable<void>(Stage&)> story) { testing::play(clock, context, story(*this)); }
  [[nodiscard]] TimePoint in(Duration how_long) const { return clock.now() + how_long; }
  [[nodiscard]] awaitable<void> soon() { return clock.wait_for(1ms); }

  template <typename Message>
  void tell(const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    EXPECT_TRUE(connections->on_message({.type = Message::type, .payload = payload}));
  }
  void slots(uint32_t free, uint32_t limit, std::vector<uint64_t> allocated) {
    tell(esphome::ConnectionsFree{.free = free, .limit = limit, .allocated = std::move(allocated)});
  }
  void connected(const Address& device, uint32_t mtu = 185) {
    tell(esphome::DeviceConnection{.address = device.bits(), .connected = true, .mtu = mtu});
  }
  void disconnected(const Address& device, int32_t error = 0) {
    tell(esphome::DeviceConnection{.address = device.bits(), .connected = false, .error = error});
  }
  [[nodiscard]] std::vector<DeviceRequestType> requests() const {
    std::vector<DeviceRequestType> all;
    for (const auto& each : port.asked)
      if (each.type == MessageType::device_request)
        all.push_back(esphome::decode<esphome::DeviceRequest>(each.payload).message.request_type);
    return all;
  }

  // One attempt, and what came of it.
  struct Outcome {
    std::unique_ptr<Link> link{};
    std::optional<ConnectCause> cause{};
    std::string what{};
    TimePoint ended{};
  };
  awaitable<void> connect(Address device, LinkOptions options, Outcome& outcome) {
    try {
      outcome.link = co_await connections->connect(device, options);
    } catch (const ConnectError& error) {
      outcome.cause = error.cause();
      outcome.what = error.what();
    }
    outcome.ended = clock.now();
  }
  LinkWork begin(Address device, Outcome& outcome, const LinkOptions& options) {
    return LinkWork(context.get_executor(), connect(device, options, outcome));
  }
  LinkWork begin(Address device, Outcome& outcome) {
    const LinkOptions options;
    return begin(device, outcome, options);
  }
  // A link that is up, with two more slots.
  awaitable<void> make(Outcome& outcome) {
    const LinkOptions options;
    co_await make(outcome, options);
  }
  awaitable<void> make(Outcome& outcome, const LinkOptions& options) {
    slots(3, 3, {});
    LinkWork work = begin(sensor, outcome, options);
    co_await soon();
    slots(2, 3, {sensor.bits()});
    connected(sensor);
    co_await work.join();
  }
  void free_all() { slots(3, 3, {}); }
};
using Outcome = Stage::Outcome;

// To its end, which must be that of cancelled work.
inline awaitable<void> join_cancelled(LinkWork& work) {
  try {
    co_await work.join();
    ADD_FAILURE() << "it was not cancelled";
  } catch (const boost::system::system_error&) {
    co_return;
  }
}

}  // namespace moor::esphome_radio
