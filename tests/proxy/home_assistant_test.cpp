// Home Assistant's rules for a Bluetooth proxy that it accepts, keeps and does not nag about.

#include "proxy/about.hpp"
#include "server_stage.hpp"
#include "sim/link_fixture.hpp"

namespace moor::proxy {
namespace {

using namespace moor::testing;
using esphome::Feature;
using esphome::MessageType;

struct Said {
  std::vector<uint8_t> payload;  // of the device info
  uint32_t capabilities = 0;
  std::string server_mac;
  [[nodiscard]] esphome::DeviceInfoResponse info() const { return esphome::decode<esphome::DeviceInfoResponse>(payload).message; }
};

awaitable<Said> ask(ClientEnd& client) {
  co_await client.say_hello();
  client.send(MessageType::device_info_request);
  auto info = co_await client.expect(MessageType::device_info_response);
  client.send(MessageType::device_capabilities_request);
  const auto capabilities = co_await client.expect(MessageType::device_capabilities_response);
  const auto decoded = read<esphome::DeviceCapabilitiesResponse>(capabilities);
  EXPECT_TRUE(decoded.has_bluetooth_proxy);
  co_return Said{std::move(info.payload), decoded.bluetooth_proxy.feature_flags, client.stream().server_mac()};
}

/// Of a server over a radio.
Said said(VirtualClock& clock, boost::asio::io_context& context, Radio& radio, const Options& options) {
  ProxyStage stage(clock, context.get_executor(), radio, options);
  stage.start();
  Said result;
  play(clock, context, [](ProxyStage& on, Clock& on_clock, const Options& with, Said& into) -> awaitable<void> {
    ClientEnd client(on_clock, on.connect(), with.key.get());
    into = co_await ask(client);
    client.close();
    co_await on.stop();
  }(stage, clock, options, result));
  return result;
}

class HomeAssistant : public SimTest {
protected:
  Said said_of_world(const Options& options) {
    (void)make(proxy_world({gatt_device()}));
    return said(clock_, context_, *radios_[0], options);
  }
};

Options encrypted() {
  return proxy_options(std::make_shared<crypto::SecretKey>(crypto::SecretKey::random()));
}

// The TXT record's mac is the unique id of its discovery: the two must be the same device.
TEST_F(HomeAssistant, FindsTheSameMacEverywhere) {
  const Said all = said_of_world(encrypted());
  const std::string_view mac = all.info().mac_address;
  EXPECT_EQ(mac, "02:00:00:00:00:AA");
  EXPECT_EQ(compact_mac(mac), "0200000000aa") << "as in the TXT record";
  EXPECT_EQ(all.server_mac, compact_mac(mac)) << "and in Noise's hello, which it reads with a wrong key too";
  EXPECT_EQ(all.info().bluetooth_mac_address, "02:00:00:00:00:AB") << "names the source of advertisements";
}

// Its repair issue is for ESPHome's own projects, and for releases before 2025.11.0.
TEST_F(HomeAssistant, HasNothingToRepair) {
  const Said all = said_of_world(encrypted());
  EXPECT_EQ(all.info().project_name, "moor.proxy");
  EXPECT_EQ(std::ranges::count(all.info().project_name, '.'), 1) << "it shows the halves as maker and model";
  EXPECT_EQ(all.info().project_version, version);
  EXPECT_FALSE(all.info().project_name.starts_with("esphome."));
  const std::string release(all.info().esphome_version);
  int year = 0;
  int month = 0;
  ASSERT_EQ(std::sscanf(release.c_str(), "%d.%d.", &year, &month), 2);
  EXPECT_GE(year * 100 + month, 202511);
}

// Without remote caching it refuses to connect.
TEST_F(HomeAssistant, MayConnectThroughARadioThatCan) {
  const Said all = said_of_world(encrypted());
  const uint32_t flags = all.info().bluetooth_proxy_feature_flags;
  for (const Feature feature : {Feature::passive_scan, Feature::active_connections, Feature::remote_caching, Feature::pairing,
                                Feature::cache_clearing, Feature::raw_advertisements, Feature::scanner_state_and_mode})
    EXPECT_TRUE(has(flags, feature)) << static_cast<uint32_t>(feature);
  EXPECT_EQ(flags, 0xFFU) << "a simulated radio can do all";
  EXPECT_EQ(all.capabilities, flags);
}

TEST_F(HomeAssistant, IsToldWhenARadioOnlyHears) {
  Options options = encrypted();
  options.active_connections = false;
  const Said all = said_of_world(options);
  EXPECT_EQ(all.info().bluetooth_proxy_feature_flags, 0x61U);
  EXPECT_EQ(all.capabilities, 0x61U);
  ServerStage recording(proxy_options(), false);
  EXPECT_EQ(said(recording.clock, recording.context, recording.radio, proxy_options()).capabilities, 0x61U);
}

// It pushes a key to plain devices that say they can keep one; this one keeps its own.
TEST_F(HomeAssistant, IsOfferedNoKey) {
  EXPECT_TRUE(said_of_world(encrypted()).info().api_encryption_supported);
}

TEST_F(HomeAssistant, IsOfferedNoKeyInPlainText) {
  EXPECT_FALSE(said_of_world(proxy_options()).info().api_encryption_supported);
}

TEST(HomeAssistantVersions, ApiIsThatOfTheCapabilities) {
  EXPECT_EQ(api_major, 1U);
  EXPECT_EQ(api_minor, 15U);
}

}  // namespace
}  // namespace moor::proxy
