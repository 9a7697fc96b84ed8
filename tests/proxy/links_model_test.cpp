// Links in random orders of whatever clients, devices and the radio may do.

#include "proxy/desk_radio.hpp"
#include "proxy/links_fixture.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>
#include <random>

namespace moor::testing {
namespace {

using esphome::DeviceRequestType;
using ::testing::IsEmpty;

// What the last 81 said is what there is; every request has had one answer.
class RandomOrders {
public:
  RandomOrders(uint64_t seed, VirtualClock& clock, DeskRadio& radio, std::unique_ptr<proxy::Links>& links)
      : random_(seed), clock_(clock), radio_(radio), links_(links), ask_(links) {}

  awaitable<void> play(int steps) {
    new_client();
    for (int i = 0; i < steps; ++i) {
      step();
      co_await clock_.wait_for(std::chrono::milliseconds(pick(4) == 0 ? 0 : pick(800)));
      co_await settle();
    }
    co_await links_->close_all(clock_.now() + 1min);
    co_await settle();
    EXPECT_THAT(radio_.busy(), IsEmpty());
    EXPECT_EQ(links_->counts().stuck, 0U);
    if (!client_) co_return;
    EXPECT_EQ(client_->slots.free, client_->slots.limit);
    EXPECT_EQ(asked_, answered()) << "each request has one answer";
  }

private:
  uint64_t pick(uint64_t below) { return std::uniform_int_distribution<uint64_t>(0, below - 1)(random_); }

  awaitable<void> settle() {
    co_await clock_.wait_for(1us);  // what was begun at this moment has run
    if (!client_) co_return;
    const auto busy = radio_.busy();
    const std::set<uint64_t> said(client_->slots.allocated.begin(), client_->slots.allocated.end());
    EXPECT_EQ(said, busy);
    EXPECT_EQ(client_->slots.free, 3 - busy.size());
  }
  void new_client() {
    client_ = std::make_shared<RecordingClient>();
    links_->set_client(client_);
    asked_ = 0;
  }
  size_t answered() const {
    size_t count = 0;
    for (const int type : {74, 82, 83, 84, 85, 146}) count += client_->of(type).size();
    // Requests for services have handle 0 where they are refused, and are not counted.
    return count -
           static_cast<size_t>(std::ranges::count_if(client_->of(82), [](const std::string& each) { return each[2] == '0'; }));
  }

  void step() {
    const uint64_t device = address(1 + pick(5));
    switch (pick(16)) {
      case 0:
      case 1:
      case 2: radio_.scripts[device] = script(); return ask_.connect(device);
      case 3:
      case 4: return ask_.connect_with_cache(device);
      case 5:
      case 6: return ask_.disconnect(device);
      case 7:
        if (radio_.at(device).close) radio_.at(device).close(CloseReason::peer);
        return;
      case 8: return pick(4) == 0 ? change_client() : ask_.services(device);
      case 9:
        radio_.at(device).closing = std::chrono::milliseconds(pick(3000));
        radio_.at(device).latency = std::chrono::milliseconds(pick(500));
        return;
      default: return request(device);
    }
  }
  DeskRadio::Script script() {
    DeskRadio::Script made{.after = std::chrono::milliseconds(pick(3000))};
    if (pick(4) == 0) made.lets_go = std::chrono::milliseconds(pick(2000));
    if (pick(4) == 0) made.fails = static_cast<ConnectReason>(pick(connect_reason_count));
    return made;
  }
  void change_client() {
    if (pick(2) == 0) {
      client_.reset();
      links_->set_client(nullptr);
    } else {
      new_client();
    }
  }
  void request(uint64_t device) {
    if (client_) ++asked_;
    const auto handle = static_cast<uint32_t>(3 + pick(4));
    switch (pick(8)) {
      case 0: return ask_.read(device, handle);
      case 1: return ask_.write(device, handle, {1, 2}, pick(2) == 0);
      case 2: return ask_.read_descriptor(device, handle);
      case 3: return ask_.write_descriptor(device, handle, {static_cast<uint8_t>(pick(3)), 0});
      case 4: return ask_.notify(device, handle, true);
      case 5: return ask_.notify(device, handle, false);
      case 6: return ask_.device(device, DeviceRequestType::pair);
      default: ask_.message(esphome::SetConnectionParameters{device, 24, 40, 0, 420}); return;
    }
  }

  std::mt19937_64 random_;
  VirtualClock& clock_;
  DeskRadio& radio_;
  std::unique_ptr<proxy::Links>& links_;
  Asking ask_;
  std::shared_ptr<RecordingClient> client_;
  size_t asked_ = 0;
};

TEST(LinksModel, WhatIsToldOfSlotsIsTrueInAnyOrder) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    VirtualClock clock(TimePoint(1h));
    boost::asio::io_context context;
    DeskRadio radio(clock);
    radio.can.parameters = true;
    const proxy::Options options;
    auto links = std::make_unique<proxy::Links>(clock, context.get_executor(), radio, options);
    RandomOrders orders(seed, clock, radio, links);
    play(clock, context, orders.play(120));
    links.reset();
    play(clock, context, [](VirtualClock& its_clock) { return its_clock.wait_for(1s); }(clock));
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace moor::testing
