// What clients ask of links over a simulated world, and what devices refuse.

#include "proxy/links_world.hpp"

namespace moor::testing {
namespace {

using esphome::DeviceRequestType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using LinksRequestTest = LinksWorldTest;

TEST_F(LinksRequestTest, ReadsAndWrites) {
  play([&]() -> awaitable<void> {
    co_await connect();
    ask_.read(address(1), handle(plain));
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ElementsAre("74 " + at(plain) + " 010203"));
    ask_.write(address(1), handle(plain), {9, 8});
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ElementsAre("83 " + at(plain)));
    EXPECT_EQ(world_->value(device_address(1), plain), (std::vector<uint8_t>{9, 8}));
    ask_.write(address(1), handle(commands), {7}, false);
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ElementsAre("83 " + at(commands)));
    ask_.read_descriptor(address(1), descriptor(plain, user_description));
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ElementsAre(fmt::format("74 1/{} 6869", descriptor(plain, user_description))));
  });
}

TEST_F(LinksRequestTest, GivesTheCodesThatDevicesGive) {
  play([&]() -> awaitable<void> {
    co_await connect();
    ask_.read(address(1), handle(refusing));
    ask_.write(address(1), handle(refusing), {1});
    ask_.read(address(1), handle(secret));
    ask_.read(address(1), handle(unreadable));
    ask_.write(address(1), handle(unreadable), {1, 2, 3, 4, 5});
    ask_.read(address(1), 999);
    co_await wait(5s);
    EXPECT_THAT(client_->of(82), ::testing::UnorderedElementsAre(at(refusing) + " 128", at(refusing) + " 129", at(secret) + " 5",
                                                                 at(unreadable) + " 2", at(unreadable) + " 13", "1/999 1"));
    client_->lines.clear();
    ask_.write(address(1), handle(commands), std::vector<uint8_t>(300), false);
    ask_.write(address(1), handle(plain), std::vector<uint8_t>(513));
    ask_.read(address(1), 0x10003);
    co_await wait(1s);
    EXPECT_THAT(client_->of(82), ::testing::UnorderedElementsAre(at(commands) + " 13", at(plain) + " 13", "1/65539 1"));
  });
}

TEST_F(LinksRequestTest, SubscribesWhenTheDescriptorIsWrittenAndEndsWhenTheWishIsTakenBack) {
  play([&]() -> awaitable<void> {
    co_await connect();
    ask_.notify(address(1), handle(ticking), true);
    co_await wait(3s);
    EXPECT_THAT(client_->take(), ElementsAre("84 " + at(ticking))) << "no value before the descriptor is written";
    ask_.write_descriptor(address(1), descriptor(ticking), {1, 0});
    co_await wait(4500ms);
    EXPECT_THAT(client_->of(83), ElementsAre(fmt::format("1/{}", descriptor(ticking))));
    EXPECT_THAT(client_->of(79), SizeIs(4));
    client_->lines.clear();
    ask_.read_descriptor(address(1), descriptor(ticking));
    co_await wait(200ms);
    EXPECT_THAT(client_->of(74), ElementsAre(fmt::format("1/{} 0100", descriptor(ticking))));
    ask_.notify(address(1), handle(ticking), false);
    co_await wait(200ms);
    EXPECT_THAT(client_->of(84), ElementsAre(at(ticking)));
    client_->lines.clear();
    co_await wait(5s);
    EXPECT_THAT(client_->take(), IsEmpty());
  });
}

TEST_F(LinksRequestTest, SubscribesWithoutTheWishAndEndsByTheDescriptorToo) {
  play([&]() -> awaitable<void> {
    co_await connect();
    ask_.write_descriptor(address(1), descriptor(indicating), {2, 0});
    co_await wait(1s);
    world_->set_value(device_address(1), indicating, {5});
    co_await wait(1s);
    EXPECT_THAT(client_->of(79), ElementsAre(at(indicating) + " 05"));
    ask_.write_descriptor(address(1), descriptor(indicating), {0, 0});
    co_await wait(1s);
    world_->set_value(device_address(1), indicating, {6});
    co_await wait(1s);
    EXPECT_THAT(client_->of(79), SizeIs(1));
    EXPECT_THAT(client_->of(83), SizeIs(2));
    client_->lines.clear();
    ask_.write_descriptor(address(1), descriptor(indicating), {1});
    ask_.write_descriptor(address(1), descriptor(refusing), {1, 0});
    ask_.notify(address(1), 999, true);
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ::testing::UnorderedElementsAre(fmt::format("82 1/{} 13", descriptor(indicating)),
                                                                 fmt::format("82 1/{} 130", descriptor(refusing)), "82 1/999 1"));
  });
}

TEST_F(LinksRequestTest, SubscribesOnALinkMadeWithCacheThatWasNeverAskedForServices) {
  play([&]() -> awaitable<void> {
    co_await connect();
    const uint32_t configuration = descriptor(ticking);
    ask_.disconnect(address(1));
    co_await wait(2s);
    ask_.connect_with_cache(address(1));
    co_await wait(5s);
    client_->lines.clear();
    ask_.notify(address(1), handle(ticking), true);
    ask_.write_descriptor(address(1), configuration, {1, 0});
    co_await wait(3s);
    EXPECT_THAT(client_->of(84), SizeIs(1));
    EXPECT_THAT(client_->of(83), SizeIs(1));
    EXPECT_GE(client_->of(79).size(), 2U);
    client_->lines.clear();
    ask_.write_descriptor(address(1), configuration, {0, 0});
    ask_.write_descriptor(address(1), configuration, {1, 0});
    ask_.notify(address(1), handle(ticking), false);
    co_await wait(1s);
    client_->lines.clear();
    co_await wait(5s);
    EXPECT_THAT(client_->take(), IsEmpty()) << "in the order of asking";
  });
}

TEST_F(LinksRequestTest, PairsSetsParametersForgets) {
  play([&]() -> awaitable<void> {
    co_await connect();
    ask_.device(address(1), DeviceRequestType::clear_cache, false);
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ElementsAre("88 1 yes"));
    ask_.device(address(1), DeviceRequestType::pair);
    co_await wait(2s);
    EXPECT_THAT(client_->take(), ElementsAre("85 1 yes"));
    ask_.read(address(1), handle(secret));
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ElementsAre("74 " + at(secret) + " 010203"));
    ask_.device(address(1), DeviceRequestType::clear_cache);
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ElementsAre("88 1 no 6")) << "bonded";
    ask_.message(esphome::SetConnectionParameters{address(1), 24, 40, 0, 420});
    ask_.message(esphome::SetConnectionParameters{address(1), 40, 24, 0, 420});
    ask_.message(esphome::SetConnectionParameters{address(1), 24, 70000, 0, 420});
    co_await wait(2s);
    EXPECT_THAT(client_->take(), ::testing::UnorderedElementsAre("146 1 0", "146 1 135", "146 1 135"));
    ask_.device(address(1), DeviceRequestType::unpair, false);
    co_await wait(2s);
    EXPECT_THAT(client_->take(), ::testing::UnorderedElementsAre("86 1 yes", "69 1 down 0x16", "81 3/3"));
    EXPECT_FALSE(radios_[0]->find_device(device_address(1))->bonded);
  });
}

TEST_F(LinksRequestTest, ForgetsWithoutALinkToo) {
  play([&]() -> awaitable<void> {
    ask_.device(address(1), DeviceRequestType::unpair, false);
    ask_.device(address(2), DeviceRequestType::clear_cache, false);
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ::testing::UnorderedElementsAre("86 1 yes", "88 2 yes"));
  });
}

TEST_F(LinksRequestTest, ADeviceThatDoesNotPairSaysSo) {
  sim::DeviceEntry unwilling = gatt_device(1);
  unwilling.bonds = false;
  make(proxy_world({unwilling}));
  play([&]() -> awaitable<void> {
    co_await connect();
    ask_.device(address(1), DeviceRequestType::pair);
    co_await wait(2s);
    EXPECT_THAT(client_->take(), ElementsAre("85 1 no 82"));
  });
}

}  // namespace
}  // namespace moor::testing
