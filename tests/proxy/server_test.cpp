// A proxy's server with clients, in virtual time: sessions, subscribers, batches, the scanner.

#include "server_stage.hpp"

#include "support/allocation_counter.hpp"

namespace moor::proxy {
namespace {

using namespace moor::testing;
using esphome::MessageType;
using esphome::ScannerMode;
using Kind = esphome::ScannerStateKind;
using ::testing::ElementsAre;
using ::testing::SizeIs;

std::shared_ptr<const crypto::SecretKey> key(uint8_t with = 7) {
  std::array<uint8_t, 32> bytes{};
  bytes.fill(with);
  return std::make_shared<crypto::SecretKey>(std::span<const uint8_t, 32>(bytes));
}

Sighting sighting(uint64_t address) {
  Sighting made;
  made.address = Address(0xC00000000000 + address, true);
  made.rssi_dbm = -60;
  made.set_legacy_payload(std::vector<uint8_t>{2, 1, 6});
  return made;
}

size_t count_of(const ClientEnd::Received& batch) {
  size_t count = 0;
  EXPECT_FALSE(esphome::for_each_advertisement(batch.payload, [&](const esphome::RawAdvertisement&) { ++count; }));
  return count;
}

std::vector<Kind> states_until(const std::vector<ClientEnd::Received>& all) {
  std::vector<Kind> states;
  for (const auto& each : all)
    if (each.type == MessageType::scanner_state) states.push_back(read<esphome::ScannerState>(each).state);
  return states;
}

awaitable<std::vector<ClientEnd::Received>> all_within(ClientEnd& client, Clock& clock, Duration time) {
  const TimePoint deadline = clock.now() + time;
  std::vector<ClientEnd::Received> all;
  while (clock.now() < deadline) {
    auto next = co_await client.next(deadline - clock.now());
    if (!next) break;
    all.push_back(std::move(*next));
  }
  co_return all;
}

awaitable<void> check_session(ServerStage& on, ClientEnd& client, bool encrypted) {
  const bool open = co_await client.shake_hands();
  EXPECT_TRUE(open);
  client.send(esphome::HelloRequest{.client_info = "a test", .api_version_major = 1, .api_version_minor = 15});
  const auto hello = co_await client.expect(MessageType::hello_response);
  EXPECT_EQ(read<esphome::HelloResponse>(hello).name, "hall");
  EXPECT_EQ(read<esphome::HelloResponse>(hello).api_version_minor, 15U);
  client.send(MessageType::device_info_request);
  const auto info = co_await client.expect(MessageType::device_info_response);
  EXPECT_EQ(read<esphome::DeviceInfoResponse>(info).mac_address, "02:00:00:00:00:AA");
  EXPECT_EQ(read<esphome::DeviceInfoResponse>(info).api_encryption_supported, encrypted);
  const Status status = on.status();
  EXPECT_THAT(status.clients, SizeIs(1));
  EXPECT_EQ(status.clients.at(0).info, "a test");
  EXPECT_EQ(status.clients.at(0).peer, "client 1");
  EXPECT_EQ(status.clients.at(0).encrypted, encrypted);
  EXPECT_FALSE(status.clients.at(0).subscriber);
}

TEST(ProxyServer, ServesAPlainClient) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await check_session(on, client, false);
  });
}

TEST(ProxyServer, ServesAnEncryptedClient) {
  ServerStage stage(proxy_options(key()));
  stage.play([](ServerStage& on) -> awaitable<void> {
    const auto mine = key();
    ClientEnd client = on.connect(mine.get());
    co_await check_session(on, client, true);
    EXPECT_EQ(client.stream().server_name(), "hall");
    EXPECT_EQ(client.stream().server_mac(), "0200000000aa");
  });
}

// Some clients wait for the server's hello before they go on.
TEST(ProxyServer, AnswersAClientHelloByItself) {
  ServerStage stage(proxy_options(key()));
  stage.play([](ServerStage& on) -> awaitable<void> {
    const auto mine = key();
    ClientEnd client = on.connect(mine.get());
    const std::vector<uint8_t> bytes = client.take_output();
    client.write(Bytes(bytes).first(3));
    co_await on.settle();
    (void)co_await client.next(1ms);
    EXPECT_EQ(client.stream().server_name(), "hall");
    EXPECT_FALSE(client.stream().is_open());
    client.write(Bytes(bytes).subspan(3));
    co_await check_session(on, client, true);
  });
}

TEST(ProxyServer, TakesBytesOneByOne) {
  for (const bool encrypted : {false, true}) {
    ServerStage stage(proxy_options(encrypted ? key() : nullptr));
    stage.play([encrypted](ServerStage& on) -> awaitable<void> {
      const auto mine = key();
      ClientEnd client = on.connect(encrypted ? mine.get() : nullptr);
      const std::vector<uint8_t> first = client.take_output();
      for (const uint8_t& each : first) {
        client.write(Bytes(&each, 1));
        co_await on.settle();
      }
      co_await check_session(on, client, encrypted);
    });
  }
}

TEST(ProxyServer, AWrongKeyIsToldAfterTheServersHello) {
  ServerStage stage(proxy_options(key()));
  stage.play([](ServerStage& on) -> awaitable<void> {
    const auto wrong = key(8);
    ClientEnd client = on.connect(wrong.get());
    const bool open = co_await client.shake_hands();
    EXPECT_FALSE(open);
    EXPECT_EQ(client.stream().server_name(), "hall");
    EXPECT_EQ(client.stream().failure().value().problem, esphome::StreamProblem::wrong_key);
    const bool closed = co_await client.wait_closed();
    EXPECT_TRUE(closed);
    client.close();
    co_await on.settle();
    EXPECT_THAT(on.status().clients, SizeIs(0));
    EXPECT_EQ(on.status().refused, 1U);
  });
}

TEST(ProxyServer, TheOtherModeIsRefusedInAWayThatTells) {
  {
    ServerStage stage(proxy_options(key()));
    stage.play([](ServerStage& on) -> awaitable<void> {
      ClientEnd client = on.connect();
      client.send(MessageType::ping_request);
      const bool closed = co_await client.wait_closed();
      EXPECT_TRUE(closed);
      EXPECT_EQ(client.stream().failure().value().problem, esphome::StreamProblem::peer_is_encrypted);
    });
  }
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    const auto mine = key();
    ClientEnd client = on.connect(mine.get());
    const bool open = co_await client.shake_hands();
    EXPECT_FALSE(open);
    EXPECT_EQ(client.stream().failure().value().problem, esphome::StreamProblem::peer_is_plaintext);
    EXPECT_EQ(on.status().refused, 1U);
  });
}

TEST(ProxyServer, ASubscriberIsToldTheScannersStateAndTheSlotsAtOnce) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.say_hello();
    EXPECT_FALSE(on.radio.is_scanning());
    client.send(esphome::SubscribeAdvertisements{});
    const auto state = co_await client.next(0s);
    EXPECT_EQ(read<esphome::ScannerState>(state.value()).configured_mode, ScannerMode::active);
    const auto slots = co_await client.expect(MessageType::connections_free, 0s);
    (void)slots;
    co_await on.settle();
    EXPECT_TRUE(on.radio.is_scanning());
    EXPECT_TRUE(on.status().clients.at(0).subscriber);
    client.send(esphome::SubscribeAdvertisements{.flags = 1});
    (void)co_await client.expect(MessageType::scanner_state, 0s);
    (void)co_await client.expect(MessageType::connections_free, 0s);
    EXPECT_THAT(on.radio.scans_at, SizeIs(1)) << "the second time changes nothing";
    client.send(MessageType::unsubscribe_advertisements);
    co_await on.settle();
    EXPECT_FALSE(on.radio.is_scanning());
    EXPECT_FALSE(on.status().clients.at(0).subscriber);
  });
}

TEST(ProxyServer, ABatchGoesWhenItIsFullOrHasWaited) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.subscribe();
    co_await on.settle();
    const TimePoint began = on.clock.now();
    for (uint64_t i = 0; i < 20; ++i) on.radio.hears(sighting(i));
    const auto full = co_await client.expect(MessageType::raw_advertisements);
    EXPECT_EQ(count_of(full), 16U);
    EXPECT_EQ(full.at, began);
    co_await on.clock.wait_for(60ms);
    on.radio.hears(sighting(20));
    const auto rest = co_await client.expect(MessageType::raw_advertisements);
    EXPECT_EQ(count_of(rest), 5U);
    EXPECT_EQ(rest.at, began + 100ms) << "the first has waited, the last has not";
    co_await on.clock.wait_for(1s);
    on.radio.hears(sighting(21));
    const auto one = co_await client.expect(MessageType::raw_advertisements);
    EXPECT_EQ(one.at, began + 1100ms + 100ms);
    EXPECT_EQ(on.status().clients.at(0).advertisements, 22U);
    EXPECT_EQ(on.status().clients.at(0).advertisements_dropped, 0U);
  });
}

TEST(ProxyServer, ExtendedAdvertisementsPass) {
  ServerStage stage(proxy_options(key()));
  stage.play([](ServerStage& on) -> awaitable<void> {
    const auto mine = key();
    ClientEnd client = on.connect(mine.get());
    co_await client.subscribe();
    co_await on.settle();
    PayloadRing ring;
    Sighting longest = sighting(1);
    longest.set_payload(std::vector<uint8_t>(extended_payload_size, 9), ring);
    for (int i = 0; i < 16; ++i) on.radio.hears(longest);
    const auto batch = co_await client.expect(MessageType::raw_advertisements, 0s);
    EXPECT_EQ(count_of(batch), 16U);
  });
}

TEST(ProxyServer, ALostPayloadIsCountedNotSent) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.subscribe();
    co_await on.settle();
    PayloadRing ring(extended_payload_size);
    Sighting longest = sighting(1);
    longest.set_payload(std::vector<uint8_t>(1000, 9), ring);
    for (int i = 0; i < 3; ++i) (void)ring.put(std::vector<uint8_t>(1000, 1));
    on.radio.hears(longest);
    on.radio.hears(sighting(2));
    const auto batch = co_await client.expect(MessageType::raw_advertisements);
    EXPECT_EQ(count_of(batch), 1U);
    EXPECT_EQ(on.status().clients.at(0).advertisements_dropped, 1U);
  });
}

TEST(ProxyServer, TheNewestSubscriberHasTheRadio) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd first = on.connect();
    co_await first.subscribe();
    (void)co_await first.expect(MessageType::connections_free);
    ClientEnd second = on.connect();
    co_await second.subscribe();
    (void)co_await second.expect(MessageType::connections_free);
    co_await on.settle();
    (void)co_await all_within(first, on.clock, 1ms);
    EXPECT_FALSE(on.status().clients.at(0).subscriber);
    EXPECT_TRUE(on.status().clients.at(1).subscriber);
    EXPECT_THAT(on.radio.scans_at, SizeIs(1));
    on.radio.hears(sighting(1));
    const auto heard = co_await second.expect(MessageType::raw_advertisements);
    EXPECT_EQ(count_of(heard), 1U);
    first.send(MessageType::unsubscribe_advertisements);
    const auto to_first = co_await all_within(first, on.clock, 200ms);
    EXPECT_THAT(to_first, SizeIs(0));
    EXPECT_TRUE(on.radio.is_scanning()) << "it is not the first one's to end";
    second.close();
    co_await on.settle();
    EXPECT_FALSE(on.radio.is_scanning());
    EXPECT_THAT(on.status().clients, SizeIs(1));
  });
}

TEST(ProxyServer, WhoHasNotSubscribedHasNoConnections) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.say_hello();
    client.send(MessageType::subscribe_connections_free);
    (void)co_await client.expect(MessageType::connections_free, 0s);
    client.send(esphome::DeviceRequest{
        .address = 0xA4CF12345678, .request_type = esphome::DeviceRequestType::connect_without_cache, .has_address_type = true});
    const auto refused = co_await client.expect(MessageType::device_connection, 0s);
    EXPECT_EQ(read<esphome::DeviceConnection>(refused).address, 0xA4CF12345678U);
    EXPECT_FALSE(read<esphome::DeviceConnection>(refused).connected);
  });
}

TEST(ProxyServer, AnotherModeRestartsTheScanAndIsTold) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.subscribe();
    co_await on.settle();
    on.radio.hears(sighting(1));
    (void)co_await all_within(client, on.clock, 200ms);
    client.send(esphome::ScannerSetMode{.mode = ScannerMode::passive});
    const auto told = co_await all_within(client, on.clock, 2s);
    EXPECT_THAT(states_until(told), ElementsAre(Kind::running, Kind::stopping, Kind::idle, Kind::starting, Kind::running));
    EXPECT_EQ(read<esphome::ScannerState>(told.back()).mode, ScannerMode::passive);
    EXPECT_THAT(on.radio.scans_at, SizeIs(2));
    EXPECT_TRUE(on.radio.is_scanning());
  });
}

TEST(ProxyServer, AFailingRadioIsToldAndTriedAgain) {
  ServerStage stage;
  stage.radio.fails_to_scan = 3;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.say_hello();
    client.send(esphome::SubscribeAdvertisements{.flags = 1});
    co_await on.settle();
    const auto told = co_await all_within(client, on.clock, 500ms);
    EXPECT_EQ(states_until(told).back(), Kind::failed);
    EXPECT_EQ(on.status().radio.state, RadioHealth::State::unavailable);
    EXPECT_EQ(on.status().radio.problem, "no adapter fake:one; Plug it in.");
    (void)co_await all_within(client, on.clock, 20s);
    const TimePoint first = on.radio.scans_at.at(0);
    EXPECT_THAT(on.radio.scans_at, ElementsAre(first, first + 1s, first + 3s, first + 7s));
    EXPECT_TRUE(on.radio.is_scanning());
    EXPECT_EQ(on.status().radio.problem, "");
  });
}

TEST(ProxyServer, ARecordingEndsAsAStoppedScanner) {
  ServerStage stage(proxy_options(), false);
  stage.radio.ends_well = true;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.subscribe();
    co_await on.settle();
    on.radio.hears(sighting(1));
    on.radio.breaks();
    const auto told = co_await all_within(client, on.clock, 50ms);
    EXPECT_EQ(states_until(told).back(), Kind::stopped);
    EXPECT_EQ(told.at(told.size() - 2).type, MessageType::raw_advertisements) << "what it heard last does not wait";
    client.send(MessageType::device_info_request);
    const auto info = co_await client.expect(MessageType::device_info_response);
    EXPECT_EQ(read<esphome::DeviceInfoResponse>(info).bluetooth_proxy_feature_flags, 0x61U);
    co_await on.clock.wait_for(10min);
    EXPECT_THAT(on.radio.scans_at, SizeIs(1));
  });
}

TEST(ProxyServer, SaysGoodbyeWhenItStops) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.subscribe();
    ClientEnd stranger = on.connect();
    co_await on.settle();
    const TimePoint began = on.clock.now();
    Activities beside(on.context.get_executor());
    beside.start(on.proxy.stop(), [](std::exception_ptr) {});
    const auto goodbye = co_await client.expect(MessageType::disconnect_request);
    EXPECT_EQ(goodbye.at, began);
    client.send(MessageType::disconnect_response);
    const bool closed = co_await client.wait_closed();
    EXPECT_TRUE(closed);
    EXPECT_EQ(on.clock.now(), began);
    const bool stranger_closed = co_await stranger.wait_closed();
    EXPECT_TRUE(stranger_closed);
    client.close();
    co_await on.settle();
    EXPECT_EQ(beside.running(), 0U);
  });
}

TEST(ProxyServer, AnswersALeaveAndCloses) {
  ServerStage stage;
  stage.play([](ServerStage& on) -> awaitable<void> {
    ClientEnd client = on.connect();
    co_await client.subscribe();
    client.send(esphome::DisconnectRequest{});
    (void)co_await client.expect(MessageType::disconnect_response, 0s);
    const bool closed = co_await client.wait_closed(0s);
    EXPECT_TRUE(closed);
    co_await on.settle();
    EXPECT_FALSE(on.radio.is_scanning());
    EXPECT_EQ(on.status().refused, 0U);
  });
}

TEST(ProxyServer, AllocatesNothingPerAdvertisement) {
  for (const bool encrypted : {false, true}) {
    ServerStage stage(proxy_options(encrypted ? key() : nullptr));
    stage.play([encrypted](ServerStage& on) -> awaitable<void> {
      const auto mine = key();
      ClientEnd client = on.connect(encrypted ? mine.get() : nullptr);
      co_await client.subscribe();
      co_await on.settle();
      const Sighting one = sighting(1);
      for (int i = 0; i < 64; ++i) on.radio.hears(one);
      const size_t before = allocations();
      for (int i = 0; i < 160; ++i) on.radio.hears(one);
      EXPECT_EQ(allocations() - before, 0U);
      (void)co_await all_within(client, on.clock, 200ms);
    });
  }
}

}  // namespace
}  // namespace moor::proxy
