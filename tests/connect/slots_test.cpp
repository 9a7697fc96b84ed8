#include "moor/slots.hpp"

#include "connect/virtual_time.hpp"
#include "moor/connect.hpp"
#include "support/fake_adapter.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::FakeAdapter;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Address first(0xAABBCCDDEE01, false);
const Address second(0xAABBCCDDEE02, false);
const Address third(0xAABBCCDDEE03, false);

class SlotTableTest : public ::testing::Test {
protected:
  SlotTableTest() {
    told_ = table_.on_change([&](const AllocationChange& change) {
      changes_.push_back(std::string(to_string(change.kind)) + " " + change.radio + " " + change.device.to_string().substr(15));
    });
  }
  SlotTable table_;
  std::vector<std::string> changes_;
  SlotTable::Subscription told_;
};

TEST_F(SlotTableTest, CountsWhatIsAllocated) {
  table_.register_radio("hci0", 2);
  EXPECT_TRUE(table_.allocate("hci0", first));
  EXPECT_TRUE(table_.allocate("hci0", first)) << "it has its slot";
  EXPECT_TRUE(table_.allocate("hci0", second));
  EXPECT_FALSE(table_.allocate("hci0", third));
  EXPECT_EQ(table_.allocations("hci0"), (Allocations{"hci0", 2, 0, {first, second}}));
  EXPECT_THAT(changes_, ElementsAre("allocated hci0 01", "allocated hci0 02"));
}

TEST_F(SlotTableTest, WhatIsConnectedHasASlotEvenWhereThereAreTooFew) {
  table_.register_radio("hci0", 1, {first, second});
  EXPECT_EQ(table_.allocations("hci0").free, -1);
  EXPECT_FALSE(table_.allocate("hci0", third));
  table_.on_disconnected("hci0", first);
  EXPECT_EQ(table_.allocations("hci0").free, 0);
  EXPECT_FALSE(table_.allocate("hci0", third));
  table_.on_disconnected("hci0", second);
  EXPECT_TRUE(table_.allocate("hci0", third));
}

TEST_F(SlotTableTest, ARadioThatIsNotRegisteredGrantsAll) {
  EXPECT_TRUE(table_.allocate("proxy", first));
  EXPECT_EQ(table_.allocations("proxy"), (Allocations{"proxy", 0, 0, {}}));
  table_.on_disconnected("proxy", first);
  EXPECT_THAT(changes_, IsEmpty());
}

TEST_F(SlotTableTest, AReleaseIsRefusedWhileConnectedAndToldOtherwise) {
  table_.register_radio("hci0", 1);
  (void)table_.allocate("hci0", first);
  changes_.clear();
  EXPECT_FALSE(table_.release("hci0", first, true));
  EXPECT_EQ(table_.allocations("hci0").free, 0);
  EXPECT_TRUE(table_.release("hci0", first, false));
  EXPECT_TRUE(table_.release("hci0", first, false)) << "which was not held any more";
  EXPECT_THAT(changes_, ElementsAre("released hci0 01", "released hci0 01"));
}

TEST_F(SlotTableTest, RegisteringAnewAndRemovingForgetWithoutAWord) {
  table_.register_radio("hci0", 1, {first});
  changes_.clear();
  table_.register_radio("hci0", 3, {second});
  EXPECT_THAT(table_.allocations("hci0").allocated, ElementsAre(second));
  EXPECT_THAT(changes_, ElementsAre("allocated hci0 02"));
  table_.remove_radio("hci0");
  table_.on_disconnected("hci0", second);
  EXPECT_EQ(changes_.size(), 1U);
  EXPECT_TRUE(table_.allocate("hci0", third));
  EXPECT_THROW(table_.register_radio("hci0", -1), UsageError);
}

TEST_F(SlotTableTest, ACallbackThatThrowsOrUnsubscribesDisturbsNobody) {
  SlotTable::Subscription other;
  int calls = 0;
  other = table_.on_change([&](const AllocationChange&) {
    ++calls;
    other.reset();
    throw std::runtime_error("a fault of the program");
  });
  const SlotTable::Subscription last = table_.on_change([&](const AllocationChange&) { ++calls; });
  table_.register_radio("hci0", 2, {first, second});
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(changes_.size(), 2U);
  EXPECT_EQ(table_.diagnostics(),
            R"({"radios":[{"radio":"hci0","slots":2,"free":0,"allocated":["AA:BB:CC:DD:EE:01","AA:BB:CC:DD:EE:02"]}],)"
            R"("allocations":2,"releases":0,"refusals":0,"failed_callbacks":1})");
}

class SlotManagerTest : public moor::testing::VirtualTime {
protected:
  SlotManagerTest() { adapter_.known = {{.address = first, .connected = true}, {.address = second}}; }
  Path path(const Address& device) { return {.radio = &adapter_, .device = device}; }

  FakeAdapter adapter_{"bluez:hci0"};
  RadioPaths paths_{clock_, {&adapter_}};
};

TEST_F(SlotManagerTest, SeesLinksGo) {
  play([&]() -> awaitable<> {
    SlotManager slots(context_.get_executor(), paths_);
    slots.register_radio("bluez:hci0", 2);
    EXPECT_EQ(slots.allocations("bluez:hci0").free, 1);
    EXPECT_TRUE(slots.allocate(path(second)));
    EXPECT_EQ(slots.allocations("bluez:hci0").free, 0);
    co_await clock_.wait_for(1s);
    adapter_.changed();  // for no reason
    co_await clock_.wait_for(1s);
    EXPECT_EQ(slots.allocations("bluez:hci0").free, 0) << "its link is being made";
    adapter_.set_connected(second, true);
    co_await clock_.wait_for(1s);
    EXPECT_FALSE(slots.release(path(second)));
    adapter_.set_connected(second, false);
    adapter_.set_connected(first, false);
    co_await clock_.wait_for(1s);
    EXPECT_EQ(slots.allocations("bluez:hci0").free, 2);
  });
}

TEST_F(SlotManagerTest, ARadioIsNamedByTheLastPartOfItsName) {
  SlotManager slots(context_.get_executor(), paths_);
  slots.register_radio("hci0", 2);
  EXPECT_EQ(slots.allocations("hci0"), slots.allocations("bluez:hci0"));
  EXPECT_EQ(slots.allocations("hci0"), (Allocations{"bluez:hci0", 2, 1, {first}}));
  EXPECT_TRUE(slots.allocate(path(second)));
  EXPECT_FALSE(slots.allocate(path(third)));
  slots.remove_radio("hci0");
  EXPECT_TRUE(slots.allocate(path(third))) << "it is not registered any more";
}

TEST_F(SlotManagerTest, GivesASlotBackAfterAnAttemptThatFailed) {
  play([&]() -> awaitable<> {
    SlotManager slots(context_.get_executor(), paths_);
    slots.register_radio("bluez:hci0", 2);
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(slots.allocate(path(second)));
      EXPECT_FALSE(slots.allocate(path(third)));
      EXPECT_TRUE(slots.release(path(second)));
    }
    co_await clock_.wait_for(1s);
    EXPECT_TRUE(slots.allocate(path(third)));
    slots.remove_radio("bluez:hci0");
    EXPECT_TRUE(slots.allocate(path(second)));
  });
}

TEST_F(SlotManagerTest, TakesAsManySlotsAsTheRadioHas) {
  SlotManager slots(context_.get_executor(), paths_);
  slots.register_radio("bluez:hci0");
  EXPECT_EQ(slots.allocations("bluez:hci0").slots, default_connection_slots);
  adapter_.slot_limit = 7;
  slots.register_radio("bluez:hci0");
  EXPECT_EQ(slots.allocations("bluez:hci0").slots, 7);
  EXPECT_THROW(slots.register_radio("bluez:hci7"), UsageError);
}

}  // namespace
}  // namespace moor
