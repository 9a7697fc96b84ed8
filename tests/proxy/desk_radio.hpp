#pragma once
// A radio of a script, whose links end in devices of a script.

#include "moor/radio.hpp"
#include "support/fake_link.hpp"

#include <gtest/gtest.h>
#include <boost/asio/this_coro.hpp>
#include <set>

namespace moor::testing {

using namespace std::chrono_literals;

inline uint64_t address(uint64_t number) {
  return 0xC00000000000 | number;
}

// Its devices are made when they are first connected to. It knows who really has a link, or is being connected to.
class DeskRadio final : public Radio {
public:
  struct Script {
    Duration after = 100ms;
    Duration lets_go = 0ms;  ///< how long it goes on when it is cancelled
    std::optional<ConnectReason> fails{};
  };

  explicit DeskRadio(VirtualClock& clock) : clock_(clock) {}
  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return {}; }
  [[nodiscard]] awaitable<void> scan(ScanOptions, SightingSink&) override { co_return; }
  [[nodiscard]] Slots slots() const override { return slots_now; }
  [[nodiscard]] LinkAbilities abilities() const override { return can; }

  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options) override {
    const uint64_t bits = device.bits();
    asked.push_back(options);
    EXPECT_TRUE(attempts.insert(bits).second) << "two attempts at one device";
    struct End {
      std::multiset<uint64_t>& all;
      uint64_t bits;
      ~End() { all.erase(all.find(bits)); }
    } end{held_, bits};
    held_.insert(bits);
    struct Attempt {
      std::set<uint64_t>& all;
      uint64_t bits;
      ~Attempt() { all.erase(bits); }
    } attempt{attempts, bits};
    const Script script = scripts[bits];
    std::exception_ptr cancelled;
    try {
      co_await clock_.wait_for(script.after);
    } catch (...) {
      cancelled = std::current_exception();
    }
    if (cancelled) {
      co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
      co_await clock_.wait_for(script.lets_go);
      std::rethrow_exception(cancelled);
    }
    if (script.fails) throw_connect_error("scripted", {}, {.reason = *script.fails});
    co_return std::make_unique<FakeLink>(co_await boost::asio::this_coro::executor, at(bits));
  }

  FakeDevice& at(uint64_t bits) {
    auto& device = devices_[bits];
    if (device) return *device;
    device = std::make_unique<FakeDevice>(clock_);
    device->address = Address(bits, true);
    device->table = make_table({{0x180F, {{0x2A19, {Property::read, Property::notify}}, {0x2A1A, {Property::read}}}}});
    return *device;
  }
  /// Attempts and links that there are.
  [[nodiscard]] std::set<uint64_t> busy() const {
    std::set<uint64_t> all(held_.begin(), held_.end());
    for (const auto& [bits, device] : devices_)
      if (device->links > 0) all.insert(bits);
    return all;
  }

  std::map<uint64_t, Script> scripts;
  std::set<uint64_t> attempts;
  std::vector<LinkOptions> asked;
  Slots slots_now{};
  LinkAbilities can{};

private:
  VirtualClock& clock_;
  RadioInfo info_{.id = 0, .name = "desk", .kind = "fake", .detail = {}, .can_connect = true};
  std::map<uint64_t, std::unique_ptr<FakeDevice>> devices_;
  std::multiset<uint64_t> held_;
};

}  // namespace moor::testing
