#pragma once
// A device with every sort of characteristic, and a link to it over a proxy next to it.

#include "sim/sim_fixture.hpp"

#include <gmock/gmock.h>
#include <boost/asio/experimental/awaitable_operators.hpp>

namespace moor::testing {

inline constexpr Uuid own_service(0x181A);
inline constexpr Uuid last_service(0xFFF0);
inline constexpr Uuid plain(0xFF01);     // read, write, notify
inline constexpr Uuid ticking(0xFF02);   // notifies each second what it counts
inline constexpr Uuid commands(0xFF03);  // write without response, read
inline constexpr Uuid secret(0xFF04);    // needs encryption
inline constexpr Uuid refusing(0xFF05);  // errors of its own
inline constexpr Uuid unreadable(0xFF06);
inline constexpr Uuid indicating(0xFF07);
inline constexpr Uuid user_description(0x2901);

inline sim::Characteristic characteristic(Uuid uuid, Properties properties) {
  sim::Characteristic made{.uuid = uuid};
  made.properties = properties;
  made.value = sim::Constant{{1, 2, 3}};
  return made;
}

inline sim::DeviceEntry gatt_device(uint64_t number = 1) {
  sim::DeviceEntry device = device_at(number, 1);
  sim::Service service{.uuid = own_service};
  service.characteristics.push_back(characteristic(plain, {Property::read, Property::write, Property::notify}));
  service.characteristics.back().descriptors.push_back({user_description, {'h', 'i'}});
  sim::Characteristic counts = characteristic(ticking, {Property::read, Property::notify});
  counts.value = sim::Counter{};
  counts.format = ValueFormat::parse("u32");
  counts.notify_every = 1s;
  service.characteristics.push_back(counts);
  service.characteristics.push_back(characteristic(commands, {Property::read, Property::write_without_response}));
  service.characteristics.push_back(characteristic(secret, {Property::read, Property::write, Property::notify}));
  service.characteristics.back().needs_encryption = true;
  service.characteristics.push_back(characteristic(refusing, {Property::read, Property::write, Property::notify}));
  service.characteristics.back().errors = {{"read", 0x80}, {"write", 0x81}, {"subscribe", 0x82}};
  service.characteristics.push_back(characteristic(unreadable, {Property::write}));
  service.characteristics.back().max_size = 4;
  sim::Service last{.uuid = last_service};
  last.characteristics.push_back(characteristic(indicating, {Property::read, Property::indicate}));
  device.services = {service, last};
  device.has_service_changed = true;
  device.has_database_hash = true;
  return device;
}

inline sim::WorldSpec proxy_world(std::vector<sim::DeviceEntry> devices, int slots = 3) {
  sim::WorldSpec spec = plain_world(std::move(devices));
  spec.radios[0].kind = sim::RadioKind::proxy;
  spec.radios[0].slots = slots;
  return spec;
}

class LinkTest : public SimTest {
protected:
  /// A link that is left open ends with the test: one with a subscription would keep virtual time going for ever.
  template <typename Coroutine>
  void play(Coroutine coroutine) {
    struct End {
      std::unique_ptr<Link>& link;
      ~End() { link.reset(); }
    };
    SimTest::play([&]() -> awaitable<void> {
      const End end{link_};
      co_await coroutine();
    });
  }
  awaitable<void> connect(uint64_t number = 1, bool cache = true) {
    LinkOptions options;
    options.use_services_cache = cache;
    options.label = "test";
    link_ = co_await radios_[0]->connect(device_address(number), options);
  }
  awaitable<void> connect_and_discover() {
    co_await connect();
    services_ = co_await link_->services(in(30s));
  }
  [[nodiscard]] TimePoint in(Duration d) const { return clock_.now() + d; }
  [[nodiscard]] uint16_t handle(Uuid uuid) const { return services_.get_characteristic(uuid).handle; }
  [[nodiscard]] Duration interval() const { return ConnectionInterval{24}.duration(); }

  /// What an operation throws, as an ATT code; 0 where it throws nothing.
  awaitable<int> att_code(awaitable<void> work) {
    try {
      co_await std::move(work);
    } catch (const GattError& error) {
      co_return error.code();
    }
    co_return 0;
  }
  awaitable<int> read_code(Uuid uuid) { return att_code(ignore(link_->read(handle(uuid), in(10s)))); }
  awaitable<int> write_code(Uuid uuid, std::vector<uint8_t> value, WriteKind kind = WriteKind::with_response) {
    return att_code(link_->write(handle(uuid), std::move(value), kind, in(10s)));
  }
  template <typename Result>
  static awaitable<void> ignore(awaitable<Result> work) {
    (void)co_await std::move(work);
  }
  /// Runs beside the test; `done` says how it ended.
  struct Beside {
    bool done = false;
    std::exception_ptr error{};
    Duration at{};
    boost::asio::cancellation_signal stop{};
  };
  void start(Beside& beside, awaitable<void> work) {
    boost::asio::co_spawn(context_, std::move(work),
                          boost::asio::bind_cancellation_slot(beside.stop.slot(), [this, &beside](std::exception_ptr e) {
                            beside.done = true;
                            beside.error = e;
                            beside.at = elapsed();
                          }));
  }
  template <typename Error>
  [[nodiscard]] static bool threw(const Beside& beside) {
    if (!beside.error) return false;
    try {
      std::rethrow_exception(beside.error);
    } catch (const Error&) {
      return true;
    } catch (...) {
      return false;
    }
  }

  std::unique_ptr<Link> link_;
  GattServices services_;
};

}  // namespace moor::testing
