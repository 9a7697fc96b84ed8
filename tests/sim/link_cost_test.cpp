// What 500 links cost that each notify once a second: what they allocate for a value, and whether they hold more as time goes on.

#include "support/allocation_counter.hpp"

#include "sim/link_fixture.hpp"

#include <malloc.h>
#include <ctime>

namespace moor::testing {
namespace {

constexpr size_t device_count = 500;

class LinkCostTest : public LinkTest {
protected:
  void make_many(size_t count, Duration every = 1s) {
    std::vector<sim::DeviceEntry> devices;
    for (size_t i = 0; i < count; ++i) {
      devices.push_back(gatt_device(i));
      devices.back().services[0].characteristics[1].notify_every = every;
      devices.back().services[0].characteristics[1].value = sim::Sine{.mean = 21, .amplitude = 3, .noise = 0.1};
      devices.back().services[0].characteristics[1].format = ValueFormat::parse("s16*0.01");
    }
    make(proxy_world(std::move(devices), static_cast<int>(count)));
  }
  awaitable<void> subscribe_to_all(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const LinkOptions options;
      links_.push_back(co_await radios_[0]->connect(device_address(i), options));
      services_ = co_await links_.back()->services(in(30s));
      const Link::ValueCallback on_value = [this](Bytes value, TimePoint) { heard_ += value.size() == 2; };
      co_await links_.back()->subscribe(handle(ticking), SubscribeKind::notification, on_value, in(5s));
    }
  }
  size_t heard_ = 0;
  std::vector<std::unique_ptr<Link>> links_;
};

TEST_F(LinkCostTest, AValueAllocatesNothingBeyondTheClocksWaiting) {
  make_many(device_count);
  play([&]() -> awaitable<void> {
    co_await subscribe_to_all(device_count);
    co_await clock_.wait_for(10s);
    heard_ = 0;
    const size_t before = allocations();
    const std::clock_t began = std::clock();
    co_await clock_.wait_for(100s);
    const double took_us = static_cast<double>(std::clock() - began) * 1e6 / CLOCKS_PER_SEC;
    const auto each = static_cast<double>(allocations() - before) / static_cast<double>(heard_);
    EXPECT_EQ(heard_, device_count * 100);
    EXPECT_LE(each, 1.01) << "the virtual clock keeps a node for each that waits";
    std::printf("a value of one of %zu links: %.2f us, %.3f allocations\n", device_count, took_us / static_cast<double>(heard_),
                each);
    links_.clear();
  });
}

TEST_F(LinkCostTest, AMonthHoldsNoMoreThanAnHour) {
  make_many(1, 10s);
  play([&]() -> awaitable<void> {
    co_await subscribe_to_all(1);
    co_await clock_.wait_for(1h);
    const size_t before = mallinfo2().uordblks;
    co_await clock_.wait_for(30 * 24h);
    const size_t after = mallinfo2().uordblks;  // 0 under the sanitizers, which have an allocator of their own
    EXPECT_GE(heard_, 30U * 8'640);
    EXPECT_LE(after, before + 4096);
    links_.clear();
  });
}

}  // namespace
}  // namespace moor::testing
