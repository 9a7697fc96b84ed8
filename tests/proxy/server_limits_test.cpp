// What a proxy's server does not put up with: silence, strangers, clients that do not read, frames that cannot be.

#include "server_stage.hpp"

#include <random>

namespace moor::proxy {
namespace {

using namespace moor::testing;
using esphome::MessageType;
using ::testing::SizeIs;

Sighting sighting(uint64_t address) {
  Sighting made;
  made.address = Address(0xC00000000000 + address, true);
  made.rssi_dbm = -60;
  made.set_legacy_payload(std::vector<uint8_t>(31, 0));
  return made;
}

TEST(ProxyServerLimits, HelloHasToComeInTime) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd silent = on.connect();
    const TimePoint began = on.clock.now();
    const bool closed = co_await silent.wait_closed(1min);
    EXPECT_TRUE(closed);
    EXPECT_EQ(on.clock.now() - began, 30s);
    EXPECT_EQ(on.status().refused, 1U);
  });
}

TEST(ProxyServerLimits, AHandshakeThatStopsHalfwayEndsInTime) {
  std::array<uint8_t, 32> bytes{};
  const auto key = std::make_shared<crypto::SecretKey>(std::span<const uint8_t, 32>(bytes));
  ServerStage stage(proxy_options(key));
  stage.play([&key](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect(key.get());
    const std::vector<uint8_t> first = client.take_output();
    client.write(Bytes(first).first(20));
    const TimePoint began = on.clock.now();
    const bool closed = co_await client.wait_closed(1min);
    EXPECT_TRUE(closed);
    EXPECT_EQ(on.clock.now() - began, 30s);
  });
}

TEST(ProxyServerLimits, ASilentClientIsAskedAndThenClosed) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.say_hello();
    const TimePoint began = on.clock.now();
    const auto ping = co_await client.expect(MessageType::ping_request, 2min);
    EXPECT_EQ(ping.at - began, 60s);
    const bool closed = co_await client.wait_closed(2min);
    EXPECT_TRUE(closed);
    EXPECT_EQ(on.clock.now() - began, 150s);
  });
}

TEST(ProxyServerLimits, AClientThatAnswersStays) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.say_hello();
    for (int i = 0; i < 20; ++i) {
      (void)co_await client.expect(MessageType::ping_request, 61s);
      client.send(MessageType::ping_response);
    }
    EXPECT_FALSE(client.is_closed());
  });
}

TEST(ProxyServerLimits, SomethingElseBeforeHelloIsTheEnd) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    client.send(MessageType::subscribe_advertisements);
    const bool closed = co_await client.wait_closed();
    EXPECT_TRUE(closed);
    EXPECT_FALSE(on.radio.is_scanning());
    EXPECT_EQ(on.status().refused, 1U);
  });
}

TEST(ProxyServerLimits, StrangersTakeHalfThePlacesAtMost) {
  Options options = proxy_options();
  options.max_clients = 4;
  ServerStage stage(options);
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd first = on.connect();
    co_await on.clock.wait_for(1s);
    ClientEnd second = on.connect();
    co_await on.clock.wait_for(1s);
    ClientEnd third = on.connect();
    const bool first_closed = co_await first.wait_closed();
    EXPECT_TRUE(first_closed) << "the oldest goes";
    EXPECT_EQ(on.status().refused, 1U);
    co_await second.say_hello();
    co_await third.say_hello();
    EXPECT_THAT(on.status().clients, SizeIs(2));
    ClientEnd fourth = on.connect();
    co_await fourth.say_hello();
    ClientEnd fifth = on.connect();
    co_await fifth.say_hello();
    EXPECT_THAT(on.status().clients, SizeIs(4));
    ClientEnd sixth = on.connect();
    const bool sixth_closed = co_await sixth.wait_closed();
    EXPECT_TRUE(sixth_closed) << "there is no room";
    EXPECT_EQ(on.status().refused, 2U);
    EXPECT_FALSE(second.is_closed());
  });
}

TEST(ProxyServerLimits, AStalledSubscriberLosesTheOldestAdvertisementsAndNothingElse) {
  Options options = proxy_options();
  options.max_queued_advertisements = 4096;
  ServerStage stage(options);
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.subscribe();
    co_await on.settle();
    const uint64_t heard = 50'000;
    for (uint64_t i = 0; i < heard; ++i) on.radio.hears(sighting(i));
    const ClientStatus stalled = on.status().clients.at(0);
    EXPECT_GT(stalled.advertisements_dropped, 10'000U);
    EXPECT_EQ(stalled.advertisements + stalled.advertisements_dropped, heard);
    EXPECT_LT(stalled.queued, 4096U + 16 * 1024 + 4096);
    EXPECT_GT(stalled.queued, 2048U);
    client.send(MessageType::ping_request);
    co_await on.settle();
    uint64_t received = 0;
    uint64_t last = 0;
    bool ordered = true;
    bool answered = false;
    while (received < stalled.advertisements) {
      const auto next = co_await client.next();
      if (!next) break;
      answered |= next->type == MessageType::ping_response;
      if (next->type != MessageType::raw_advertisements) continue;
      EXPECT_FALSE(esphome::for_each_advertisement(next->payload, [&](const esphome::RawAdvertisement& each) {
        ordered &= received == 0 || each.address > last;
        last = each.address;
        ++received;
      }));
    }
    EXPECT_TRUE(answered) << "before the last batch";
    EXPECT_TRUE(ordered);
    EXPECT_EQ(received, stalled.advertisements);
    EXPECT_EQ(last, 0xC00000000000 + heard - 1) << "the newest is there";
    EXPECT_EQ(on.status().clients.at(0).queued, 0U);
  });
}

TEST(ProxyServerLimits, AClientThatTakesNoAnswersIsClosedAndDelaysNobody) {
  Options options = proxy_options();
  options.max_queued_control = 64 * 1024;
  ServerStage stage(options);
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd greedy = on.connect();
    co_await greedy.say_hello();
    ClientEnd other = on.connect();
    co_await other.say_hello();
    for (int i = 0; i < 200 && on.status().clients.size() == 2; ++i) {
      for (int j = 0; j < 100; ++j) greedy.send(MessageType::device_info_request);
      other.send(MessageType::ping_request);
      const auto answer = co_await other.next(0s);
      EXPECT_TRUE(answer.has_value());
      co_await on.settle();
    }
    EXPECT_THAT(on.status().clients, SizeIs(1));
    const bool closed = co_await greedy.wait_closed();
    EXPECT_TRUE(closed);
    EXPECT_FALSE(other.is_closed());
  });
}

TEST(ProxyServerLimits, NothingThatAClientSendsEndsTheServer) {
  std::array<uint8_t, 32> bytes{};
  const auto key = std::make_shared<crypto::SecretKey>(std::span<const uint8_t, 32>(bytes));
  for (const bool encrypted : {false, true}) {
    ServerStage stage(proxy_options(encrypted ? key : nullptr));
    stage.play([&key, encrypted](ServerStage& on) -> awaitable<void> {
      std::mt19937 random(1);
      for (int round = 0; round < 300; ++round) {
        ClientEnd client = on.connect(encrypted ? key.get() : nullptr);
        if (round % 2 == 0) co_await client.say_hello();
        std::vector<uint8_t> noise(random() % 300);
        for (uint8_t& each : noise) each = static_cast<uint8_t>(random());
        if (round % 3 == 0 && !noise.empty()) noise[0] = encrypted ? 1 : 0;
        client.write(noise);
        if (round % 5 != 0) (void)co_await client.next(1ms);
      }
      co_await on.clock.wait_for(5s);
      ClientEnd honest = on.connect(encrypted ? key.get() : nullptr);
      co_await honest.say_hello();
    });
  }
}

// Each message of the API with a payload of anything.
TEST(ProxyServerLimits, MessagesOfAnythingDoNoHarm) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    std::mt19937 random(2);
    for (uint16_t type = 1; type < 200; ++type) {
      if (type == 5 || type == 6) continue;
      ClientEnd client = on.connect();
      co_await client.subscribe();
      for (int i = 0; i < 5; ++i) {
        std::vector<uint8_t> payload(random() % 40);
        for (uint8_t& each : payload) each = static_cast<uint8_t>(random());
        client.send(static_cast<MessageType>(type), payload);
      }
      (void)co_await client.next(1ms);
      client.close();
      co_await on.settle();
    }
    ClientEnd honest = on.connect();
    co_await honest.say_hello();
  });
}

TEST(ProxyServerLimits, AServerThatEndsFirstClosesItsClients) {
  VirtualClock clock(TimePoint(1h));
  boost::asio::io_context context;
  ScriptedRadio radio(clock, 0, "fake:one");
  auto server = std::make_unique<Server>(clock, context.get_executor(), radio, proxy_options());
  auto [here, there] = make_socket_pair(context.get_executor());
  ClientEnd client(clock, std::move(here));
  bool served = false;
  boost::asio::co_spawn(context, server->serve(std::move(there), "somebody"), [&](std::exception_ptr) { served = true; });
  play(clock, context, [](ClientEnd& with, std::unique_ptr<Server>& of) -> awaitable<void> {
    co_await with.say_hello();
    of.reset();
    const bool closed = co_await with.wait_closed();
    EXPECT_TRUE(closed);
  }(client, server));
  EXPECT_TRUE(served);
}

}  // namespace
}  // namespace moor::proxy
