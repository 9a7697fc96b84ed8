#pragma once
// Very many connections over model proxies, with everything that may go wrong on both sides, and the comparison of the ledgers with the proxies' truth.

#include "core/within.hpp"
#include "support/firmware_model.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <random>

namespace moor::esphome_radio {

struct CyclesPlan {
  uint64_t seed = 1;
  size_t cycles = 10'000;
  size_t proxies = 10;
  size_t slots = 3;
  size_t devices = 24;
  size_t workers = 40;
  FirmwareFaults faults = FirmwareFaults::all();
};

class ProxyCycles {
public:
  struct Counts {
    uint64_t connected = 0;
    uint64_t failed = 0;
    uint64_t given_up = 0;
    uint64_t late_released = 0;
    uint64_t sessions_lost = 0;
  };

  explicit ProxyCycles(CyclesPlan plan) : plan_(plan), left_(plan.cycles) {
    for (size_t i = 0; i < plan.proxies; ++i) {
      auto& proxy = proxies_.emplace_back(std::make_unique<Proxy>());
      proxy->model =
          std::make_unique<FirmwareModel>(clock_, context_.get_executor(), plan.seed * 1'000 + i, plan.slots, plan.faults);
      proxy->connections = std::make_unique<Connections>(*proxy->model, context_.get_executor());
      proxy->model->attach(*proxy->connections);
    }
  }

  /// All cycles, then a while in which nothing goes wrong; then the books are compared.
  void run() {
    for (size_t i = 0; i < plan_.workers; ++i)
      boost::asio::co_spawn(context_, work(plan_.seed * 1'000 + i), [](std::exception_ptr error) { ASSERT_EQ(error, nullptr); });
    clock_.run(context_);
    ASSERT_EQ(left_, 0U);
    context_.restart();
    boost::asio::co_spawn(context_, settle(), [](std::exception_ptr error) { ASSERT_EQ(error, nullptr); });
    clock_.run(context_);
    for (const auto& each : proxies_) {
      counts_.late_released += each->connections->counts().late_released;
      counts_.sessions_lost += each->model->sessions_lost();
      EXPECT_EQ(each->model->violations(), 0U);
      EXPECT_EQ(each->connections->counts().malformed, 0U);
      compare(*each);
      EXPECT_EQ(each->model->taken(), std::vector<uint64_t>()) << "a slot has leaked";
    }
  }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] double virtual_hours() const { return to_seconds(clock_.now().time_since_epoch()) / 3600; }

private:
  struct Proxy {
    std::unique_ptr<FirmwareModel> model;
    std::unique_ptr<Connections> connections;
  };

  static void compare(const Proxy& proxy) {
    const Slots slots = proxy.connections->slots();
    std::vector<uint64_t> holders;
    for (const Slots::Holder& each : slots.holders) holders.push_back(each.device.bits());
    std::ranges::sort(holders);
    const std::vector<uint64_t> truth = proxy.model->taken();
    EXPECT_EQ(holders, truth);
    EXPECT_EQ(slots.limit, static_cast<int>(proxy.model->limit()));
    EXPECT_EQ(slots.free, static_cast<int>(proxy.model->limit() - truth.size()));
  }

  awaitable<void> settle() {
    for (const auto& each : proxies_) each->model->heal();
    co_await clock_.wait_for(std::chrono::minutes(2));
    // Whoever was asked in vain is asked again when the proxy says that it has a slot still.
    for (int i = 0; i < 3; ++i) {
      for (const auto& each : proxies_) each->model->push();
      co_await clock_.wait_for(std::chrono::minutes(1));
    }
  }

  // The ledger may be ahead of the truth or behind it, never out of bounds.
  void look(const Proxy& proxy) const {
    const Slots slots = proxy.connections->slots();
    ASSERT_LE(slots.free, static_cast<int>(plan_.slots));
    ASSERT_GE(slots.free, -static_cast<int>(plan_.workers));
    ASSERT_LE(slots.holders.size(), plan_.slots + plan_.workers);
  }

  awaitable<void> work(uint64_t seed) {
    std::mt19937_64 random(seed);
    while (left_ > 0) {
      --left_;
      Proxy& proxy = *proxies_[random() % proxies_.size()];
      co_await one_cycle(proxy, random);
      look(proxy);
    }
  }

  awaitable<void> one_cycle(Proxy& proxy, std::mt19937_64& random) {
    const Address device(0xC0'00'00'00'00'01 + random() % plan_.devices, true);
    const Duration patience = std::chrono::milliseconds(random() % 20'000);
    const TimePoint deadline = clock_.now() + patience;
    const bool by_itself = random() % 2 == 0;
    const uint64_t how = random();
    const Duration stays = std::chrono::milliseconds(random() % 5'000);
    LinkOptions options;
    options.timeout = std::chrono::milliseconds(2'000 + random() % 28'000);
    try {
      if (by_itself) {
        co_await use(proxy, device, options, how, stays);
      } else {
        const bool done = co_await within(clock_, deadline, use(proxy, device, options, how, stays));
        if (!done) ++counts_.given_up;
      }
    } catch (const Error&) {
      ++counts_.failed;
    }
    if (how % 64 == 0) co_await proxy.connections->close_connection(device, clock_.now() + std::chrono::seconds(5));
    // A proxy without a session, or a link that is there already, is refused at once.
    co_await clock_.wait_for(std::chrono::milliseconds(random() % 3'000));
  }

  awaitable<void> use(Proxy& proxy, Address device, LinkOptions options, uint64_t how, Duration stays) {
    const std::unique_ptr<Link> link = co_await proxy.connections->connect(device, options);
    ++counts_.connected;
    if (how % 4 == 0) co_return;  // lets go of it without a word
    co_await clock_.wait_for(stays);
    if (how % 4 == 1) co_return;
    co_await link->disconnect(clock_.now() + std::chrono::seconds(10));
  }

  CyclesPlan plan_;
  size_t left_;
  VirtualClock clock_{};
  boost::asio::io_context context_{};
  std::vector<std::unique_ptr<Proxy>> proxies_{};
  Counts counts_{};
};

}  // namespace moor::esphome_radio
