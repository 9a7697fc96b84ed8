#pragma once
// A client's links over a simulated world.

#include "proxy/links_fixture.hpp"
#include "sim/link_fixture.hpp"

namespace moor::testing {

class LinksWorldTest : public SimTest {
protected:
  LinksWorldTest() { make(proxy_world({gatt_device(1), gatt_device(2), gatt_device(3), gatt_device(4)})); }

  template <typename Coroutine>
  void play(Coroutine coroutine) {
    begin();
    struct End {
      std::unique_ptr<proxy::Links>& links;
      ~End() { links.reset(); }
    };
    SimTest::play([&]() -> awaitable<void> {
      const End end{links_};
      co_await coroutine();
    });
  }
  void begin() {
    links_ = std::make_unique<proxy::Links>(clock_, context_.get_executor(), *radios_[0], options_);
    client_ = std::make_shared<RecordingClient>();
    links_->set_client(client_);
    client_->lines.clear();
  }
  static uint64_t address(uint64_t number) { return device_address(number).bits(); }
  awaitable<void> wait(Duration duration) { return clock_.wait_for(duration); }
  /// Connected, and its table known.
  awaitable<void> connect(uint64_t number = 1) {
    ask_.connect(address(number));
    co_await wait(10s);
    client_->services.clear();
    ask_.services(address(number));
    co_await wait(1s);
    client_->lines.clear();
  }
  const esphome::CharacteristicEntry& characteristic(Uuid uuid) const {
    for (const auto& service : client_->services)
      for (const auto& each : service.characteristics)
        if (each.short_uuid == uuid.assigned_number()) return each;
    throw std::runtime_error("no " + uuid.to_string());
  }
  uint32_t handle(Uuid uuid) const { return characteristic(uuid).handle; }
  uint32_t descriptor(Uuid uuid, Uuid of = client_characteristic_configuration) const {
    for (const auto& each : characteristic(uuid).descriptors)
      if (each.short_uuid == of.assigned_number()) return each.handle;
    throw std::runtime_error("no descriptor");
  }
  void sighting_at(TimePoint t) {
    Sighting sighting;
    sighting.time = t;
    links_->on_sighting(sighting);
  }
  std::string at(Uuid uuid) const { return fmt::format("1/{}", handle(uuid)); }

  proxy::Options options_;
  std::unique_ptr<proxy::Links> links_;
  std::shared_ptr<RecordingClient> client_;
  Asking ask_{links_};
};

}  // namespace moor::testing
