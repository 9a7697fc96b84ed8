#pragma once
// A radio that knows devices and connects to them as the test says, and keeps a log of what it was asked.

#include "core/event.hpp"
#include "moor/radio.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <map>

namespace moor::testing {

class FakeAdapter final : public Radio {
public:
  explicit FakeAdapter(std::string name = "bluez:hci0", RadioId id = 0)
      : info_{.id = id, .name = std::move(name), .kind = "fake", .detail = {}, .can_connect = true} {}

  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return {}; }
  [[nodiscard]] awaitable<void> scan(ScanOptions, SightingSink&) override { co_return; }

  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions) override {
    log.push_back("connect " + device.to_string());
    return on_connect();
  }
  [[nodiscard]] Slots slots() const override { return {.limit = slot_limit, .free = slot_limit}; }
  [[nodiscard]] std::optional<KnownDevice> find_device(const Address& address) const override {
    const auto found = std::ranges::find(known, address, &KnownDevice::address);
    if (found == known.end()) return std::nullopt;
    return *found;
  }
  [[nodiscard]] std::vector<KnownDevice> known_devices() const override { return known; }
  [[nodiscard]] awaitable<void> device_changed(Address) override {
    Event changed(co_await boost::asio::this_coro::executor);
    waiting_.push_back(&changed);
    struct Leave {
      std::vector<Event*>& waiting;
      Event* event;
      ~Leave() { std::erase(waiting, event); }
    } leave{waiting_, &changed};
    co_await changed.wait();
  }
  [[nodiscard]] awaitable<void> close_connection(Address device, TimePoint) override {
    log.push_back("close " + device.to_string());
    if (on_close) co_await on_close();
    set_connected(device, false);
  }
  [[nodiscard]] awaitable<bool> forget(Address device, bool bond_too, TimePoint) override {
    log.push_back("forget " + device.to_string() + (bond_too ? " with its bond" : ""));
    if (on_forget) on_forget(device);
    co_return std::erase_if(known,
                            [&](const KnownDevice& each) { return each.address == device && (bond_too || !each.bonded); }) > 0;
  }

  void set_connected(const Address& device, bool connected) {
    for (KnownDevice& each : known)
      if (each.address == device) each.connected = connected;
    changed();
  }
  void changed() {
    for (Event* each : waiting_) each->set();
  }

  std::vector<KnownDevice> known{};
  int slot_limit = 0;
  std::vector<std::string> log{};
  std::function<awaitable<std::unique_ptr<Link>>()> on_connect{};
  std::function<awaitable<void>()> on_close{};      ///< before the link is closed; may throw, or take long
  std::function<void(const Address&)> on_forget{};  ///< may throw

private:
  RadioInfo info_;
  std::vector<Event*> waiting_{};
};

}  // namespace moor::testing
