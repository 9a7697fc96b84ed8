#pragma once
// A link through a proxy of a script, in virtual time: what the proxy is asked is recorded, and it says what the test lets it say.

#include "core/event.hpp"
#include "radio/esphome/link_state.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

namespace moor::esphome_radio {

/// Work beside the story. It must have ended when the story ends.
class LinkWork {
public:
  LinkWork(const boost::asio::any_io_executor& executor, awaitable<void> work) : shared_(std::make_shared<Shared>(executor)) {
    boost::asio::co_spawn(executor, std::move(work),
                          boost::asio::bind_cancellation_slot(shared_->stop.slot(), [shared = shared_](std::exception_ptr error) {
                            shared->error = error;
                            shared->ended.set();
                          }));
  }
  [[nodiscard]] bool has_ended() const { return shared_->ended.is_set(); }
  void cancel() { shared_->stop.emit(boost::asio::cancellation_type::all); }
  /// @throws what the work threw.
  [[nodiscard]] awaitable<void> join() { return join(shared_); }

private:
  struct Shared {
    explicit Shared(const boost::asio::any_io_executor& executor) : ended(executor) {}
    boost::asio::cancellation_signal stop{};
    Event ended;
    std::exception_ptr error{};
  };
  static awaitable<void> join(std::shared_ptr<Shared> shared) {
    co_await shared->ended.wait();
    if (shared->error) std::rethrow_exception(shared->error);
  }
  std::shared_ptr<Shared> shared_;
};

struct Asked {
  esphome::MessageType type{};
  std::vector<uint8_t> payload{};
  template <typename Message>
  [[nodiscard]] Message as() const {
    EXPECT_EQ(type, Message::type);
    const auto decoded = esphome::decode<Message>(payload);
    EXPECT_FALSE(decoded.error);
    return decoded.message;
  }
};

struct ScriptedPort final : Port {
  explicit ScriptedPort(Clock& its_clock) : time(its_clock) {
    known.name = "hall";
    known.features = 0xFF;
    radio.name = "esphome://hall";
    radio.kind = "esphome";
  }
  bool send(esphome::MessageType type, Bytes payload) override {
    if (!up) return false;
    asked.push_back({type, {payload.begin(), payload.end()}});
    if (on_asked) on_asked(asked.back());
    return true;
  }
  [[nodiscard]] const ProxyFacts* facts() const override { return up ? &known : nullptr; }
  [[nodiscard]] Clock& clock() override { return time; }
  [[nodiscard]] const RadioInfo& info() const override { return radio; }
  void on_changed(const Address&) override {}

  Clock& time;
  ProxyFacts known{};
  RadioInfo radio{};
  bool up = true;
  std::vector<Asked> asked{};
  std::function<void(const Asked&)> on_asked{};
};

struct ScriptedOwner final : LinkOwner {
  void release(const Address&) override {
    ++released;
    if (on_release) on_release();
  }
  int released = 0;
  std::function<void()> on_release{};
};

inline const Address sensor(0xA4CF12345678, true);

struct LinkStage {
  boost::asio::io_context context{};
  VirtualClock clock{};
  ScriptedPort port{clock};
  ScriptedOwner owner{};
  DeviceMemory memory{};
  std::shared_ptr<LinkState> state{};
  std::unique_ptr<Link> link{};

  void open(uint16_t mtu = 247, bool from_cache = false) {
    link.reset();
    state = std::make_shared<LinkState>(port, owner, memory, context.get_executor(), sensor, "Thermometer", mtu, from_cache);
    link = make_link(state);
  }
  void play(std::function<awaitable<void>(LinkStage&)> story) {
    open();
    testing::play(clock, context, story(*this));
    link.reset();
  }
  [[nodiscard]] TimePoint in(Duration how_long) const { return clock.now() + how_long; }
  [[nodiscard]] LinkWork beside(awaitable<void> work) { return LinkWork(context.get_executor(), std::move(work)); }
  /// What was started comes to where it waits.
  [[nodiscard]] awaitable<void> soon() { return clock.wait_for(std::chrono::milliseconds(1)); }

  bool tell(esphome::MessageType type, Bytes payload) { return state->on_message({.type = type, .payload = payload}); }
  template <typename Message>
  bool tell(const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    return tell(Message::type, payload);
  }
  bool tell_value(uint16_t handle, std::vector<uint8_t> value) {
    return tell(esphome::ReadResponse{.address = sensor.bits(), .handle = handle, .data = value});
  }
  bool tell_written(uint16_t handle) { return tell(esphome::WriteResponse{.address = sensor.bits(), .handle = handle}); }
  bool tell_error(uint16_t handle, int32_t error) {
    return tell(esphome::GattError{.address = sensor.bits(), .handle = handle, .error = error});
  }
  bool tell_notify(uint16_t handle) { return tell(esphome::NotifyResponse{.address = sensor.bits(), .handle = handle}); }
  bool tell_notified(uint16_t handle, std::vector<uint8_t> value) {
    return tell(esphome::NotifyData{.address = sensor.bits(), .handle = handle, .data = value});
  }
  bool tell_services(std::vector<esphome::ServiceEntry> services) {
    return tell(esphome::Services{.address = sensor.bits(), .services = std::move(services)});
  }
  bool tell_services_done() { return tell(esphome::ServicesDone{.address = sensor.bits()}); }
};

inline constexpr uint16_t value_handle = 0x12;
inline constexpr uint16_t configuration_descriptor = 0x13;
inline constexpr uint16_t plain_handle = 0x15;  // without a configuration

/// Environmental sensing: a temperature that notifies and indicates, and a control point.
inline esphome::ServiceEntry environment() {
  esphome::CharacteristicEntry temperature{
      .uuid = {}, .handle = value_handle, .properties = 0x32, .descriptors = {}, .short_uuid = 0x2A6E};
  temperature.descriptors.push_back({.uuid = {}, .handle = configuration_descriptor, .short_uuid = 0x2902});
  const esphome::CharacteristicEntry control{
      .uuid = {}, .handle = plain_handle, .properties = 0x0C, .descriptors = {}, .short_uuid = 0x2A3D};
  return {.uuid = {}, .handle = 0x10, .characteristics = {temperature, control}, .short_uuid = 0x181A};
}
/// Generic attribute with Service Changed.
inline esphome::ServiceEntry generic_attribute() {
  esphome::CharacteristicEntry changed{.uuid = {}, .handle = 3, .properties = 0x20, .descriptors = {}, .short_uuid = 0x2A05};
  changed.descriptors.push_back({.uuid = {}, .handle = 4, .short_uuid = 0x2902});
  return {.uuid = {}, .handle = 1, .characteristics = {changed}, .short_uuid = 0x1801};
}

/// What the work ends with, for work beside the story.
template <typename Result>
awaitable<void> keep(awaitable<Result> work, std::optional<Result>& into) {
  into.emplace(co_await std::move(work));
}

/// What is thrown by the work, where it is of the type that is asked for.
template <typename Thrown>
awaitable<std::optional<Thrown>> thrown_by(awaitable<void> work) {
  try {
    co_await std::move(work);
  } catch (const Thrown& error) {
    co_return error;
  }
  co_return std::nullopt;
}
template <typename Thrown, typename Result>
awaitable<std::optional<Thrown>> thrown_by(awaitable<Result> work) {
  try {
    (void)co_await std::move(work);
  } catch (const Thrown& error) {
    co_return error;
  }
  co_return std::nullopt;
}

/// Streams the two services above as an answer to what `services()` asks.
inline awaitable<void> know_services(LinkStage& on) {
  std::optional<GattServices> services;
  LinkWork asking = on.beside(keep(on.link->services(on.in(std::chrono::seconds(30))), services));
  co_await on.soon();
  on.tell_services({generic_attribute()});
  on.tell_services({environment()});
  on.tell_services_done();
  co_await asking.join();
  on.port.asked.clear();
}

}  // namespace moor::esphome_radio
