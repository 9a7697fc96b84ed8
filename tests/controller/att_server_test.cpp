// A host's client against devices of a simulated world, in virtual time.

#include "radio/controller/att_server.hpp"

#include "sim/link_fixture.hpp"

namespace moor::testing {
namespace {

using controller::AttServer;

class AttServerTest : public LinkTest {
protected:
  struct Sent {
    std::string pdu;
    Duration at;
  };
  awaitable<void> serve() {
    co_await connect();
    begin();
  }
  void begin() {
    server_.emplace(context_.get_executor(), clock_, *link_,
                    [this](std::vector<uint8_t> pdu) { sent_.push_back({to_hex(pdu), elapsed()}); });
  }
  void receive(std::string_view pdu) { server_->receive(*from_hex(pdu)); }
  /// The answer to a request; "silence" where none comes in a minute.
  awaitable<std::string> ask(std::string_view pdu, Duration patience = 1min) {
    const size_t before = sent_.size();
    receive(pdu);
    const TimePoint give_up = clock_.now() + patience;
    while (sent_.size() == before && clock_.now() < give_up) co_await clock_.wait_for(1ms);
    co_return sent_.size() == before ? "silence" : sent_[before].pdu;
  }
  Sent sent(size_t number) const { return number < sent_.size() ? sent_[number] : Sent{"none", {}}; }
  static std::string bytes(std::string_view text) { return to_hex(*from_hex(text)); }
  template <typename Coroutine>
  void play(Coroutine coroutine) {
    LinkTest::play([&]() -> awaitable<void> {
      struct End {
        std::optional<AttServer>& server;
        ~End() { server.reset(); }
      };
      const End end{server_};
      co_await coroutine();
    });
  }

  std::vector<Sent> sent_;
  std::optional<AttServer> server_;
};

TEST_F(AttServerTest, ExchangesTheMtuAsTheDeviceDoes) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    EXPECT_EQ(server_->mtu(), 23);
    EXPECT_EQ(co_await ask("020502"), "03f700") << "247, although the link did not know it yet";
    EXPECT_EQ(server_->mtu(), 247);
    EXPECT_EQ(co_await ask("026400"), "03f700");
    EXPECT_EQ(server_->mtu(), 100);
    EXPECT_EQ(co_await ask("020500"), "03f700");
    EXPECT_EQ(server_->mtu(), 23) << "never less";
  });
}

TEST_F(AttServerTest, ADeviceOfTheSmallestMtuSaysSoASecondAfterTheLinkIsMade) {
  sim::DeviceEntry device = gatt_device();
  device.mtu = 23;
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await serve();
    EXPECT_EQ(co_await ask("020502"), "031700");
    EXPECT_LE(clock_.now() - link_->info().since, 1010ms);
  });
}

// What a host finds, request by request, is the table that the link discovers.
TEST_F(AttServerTest, IsDiscoveredAsTheLinkIs) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    (void)co_await ask("020502");
    EXPECT_EQ(co_await ask("100100ffff0028"), bytes("1106 010005000018 06000b000118 0c001d001a18 1e002100f0ff"));
    EXPECT_EQ(co_await ask("102200ffff0028"), "011022000a");
    EXPECT_EQ(co_await ask("0801000500 0328"), bytes("0907 0200 02 0300 002a 0400 02 0500 012a"));
    EXPECT_EQ(co_await ask("0801000500 0228"), "010801000a");
    EXPECT_EQ(co_await ask("040f001000"), bytes("0501 0f00 0229 1000 0129"));
    EXPECT_EQ(co_await ask("0601 00ffff00281a18"), "070c001d00");
    services_ = co_await link_->services(in(30s));
    EXPECT_EQ(handle(plain), 14);
  });
}

TEST_F(AttServerTest, ReadsAndWrites) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    (void)co_await ask("02 0502");
    EXPECT_EQ(co_await ask("0a 0300"), bytes("0b") + to_hex(Bytes(reinterpret_cast<const uint8_t*>("device 1"), 8)));
    EXPECT_EQ(co_await ask("08 0100 ffff 002a"), bytes("09 0a 0300") + "6465766963652031") << "by type, as a client reads a name";
    EXPECT_EQ(co_await ask("0a 0e00"), "0b010203");
    EXPECT_EQ(co_await ask("12 0e00 0708"), "13");
    EXPECT_EQ(co_await ask("0a 0e00"), "0b0708");
    EXPECT_EQ(co_await ask("0a 1000"), "0b6869") << "a description";
    EXPECT_EQ(co_await ask("12 1000 6f"), "13");
    EXPECT_EQ(co_await ask("0a 1000"), "0b6f");
    EXPECT_EQ(co_await ask("0a 0d00"), bytes("0b 1a 0e00 01ff")) << "a declaration";
    receive("52 1500 99");
    EXPECT_EQ(co_await ask("0a 1500"), "0b99") << "a command has no answer, and keeps its place";
    EXPECT_EQ(co_await ask("0e 0e00 1500"), "0f070899");
    EXPECT_EQ(co_await ask("20 0e00 1500"), bytes("21 0200 0708 0100 99"));
  });
}

TEST_F(AttServerTest, RefusesAsTheDeviceDoes) {
  make(proxy_world({gatt_device()}));
  const std::pair<const char*, const char*> rows[] = {
      {"0a 0000", "01 0a 0000 01"},
      {"0a ff00", "01 0a ff00 01"},
      {"0a 1d00", "01 0a 1d00 02"},
      {"12 0300 01", "01 12 0300 03"},
      {"12 0d00 01", "01 12 0d00 03"},
      {"12 1d00 0102030405", "01 12 1d00 0d"},
      {"0a 1a00", "01 0a 1a00 80"},
      {"12 1a00 01", "01 12 1a00 81"},
      {"12 1b00 0100", "01 12 1b00 82"},
      {"0a 1700", "01 0a 1700 05"},
      {"12 1700 01", "01 12 1700 05"},
      {"12 1800 0100", "01 12 1800 05"},
      {"0c 0e00 0400", "01 0c 0e00 07"},
      {"12 0f00 01", "01 12 0f00 0d"},
      {"12 0f00 0200", "01 12 0f00 06"},
      {"0e 0e00 1a00", "01 0e 1a00 80"},
      {"0a 0e", "01 0a 0000 04"},
      {"22", "01 22 0000 06"},
      {"10 0100 ffff 0328", "01 10 0100 10"},
      {"08 0100 ffff 05ff", "01 08 1a00 80"},
      {"08 0100 ffff 06ff", "01 08 1d00 02"},
  };
  play([&]() -> awaitable<void> {
    co_await serve();
    for (const auto& [request, response] : rows) EXPECT_EQ(co_await ask(request), bytes(response)) << request;
    receive("52 0300 01");
    receive("52 ff00 01");
    receive("d2 0e00 01");
    receive("1e");
    receive("");
    EXPECT_EQ(co_await ask("0a 0e00"), "0b010203") << "what gets no answer got none";
  });
}

TEST_F(AttServerTest, ALongValueIsReadOnceAndWrittenInParts) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    std::string parts;
    for (int i = 0; i < 4; ++i) {
      const std::array<uint8_t, 2> offset = {static_cast<uint8_t>(18 * i), 0};
      std::string hex;
      for (int j = 0; j < 18; ++j) hex += "a" + std::to_string(i);
      parts += hex;
      EXPECT_EQ(co_await ask("16 0e00 " + to_hex(offset) + hex), "170e00" + to_hex(offset) + hex);
    }
    EXPECT_EQ(co_await ask("18 01"), "19");
    EXPECT_EQ(to_hex(world_->value(device_address(1), CharacteristicName(plain))), parts);
    EXPECT_EQ(co_await ask("0a 0e00"), "0b" + parts.substr(0, 44));
    world_->set_value(device_address(1), CharacteristicName(plain), std::vector<uint8_t>(72, 0xEE));
    EXPECT_EQ(co_await ask("0c 0e00 1600"), "0d" + parts.substr(44, 44)) << "of the value that was begun";
    EXPECT_EQ(co_await ask("0c 0e00 2c00"), "0d" + parts.substr(88, 44));
    EXPECT_EQ(co_await ask("0c 0e00 4200"), "0d" + parts.substr(132));
    EXPECT_EQ(co_await ask("0c 0e00 4800"), "0d");
    EXPECT_EQ(co_await ask("0c 0e00 4900"), bytes("01 0c 0e00 07"));
    EXPECT_EQ(co_await ask("0c 0e00 0000"), "0deeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
    EXPECT_EQ(co_await ask("16 0e00 0000 01"), bytes("17 0e00 0000 01"));
    EXPECT_EQ(co_await ask("18 00"), "19") << "thrown away";
    EXPECT_EQ(co_await ask("18 01"), "19") << "nothing to write";
    EXPECT_EQ(co_await ask("16 0e00 0100 01"), bytes("17 0e00 0100 01"));
    EXPECT_EQ(co_await ask("18 01"), bytes("01 18 0e00 07")) << "a gap";
    EXPECT_EQ(co_await ask("16 0300 0000 01"), bytes("01 16 0300 03"));
    EXPECT_EQ(co_await ask("16 ff00 0000 01"), bytes("01 16 ff00 01"));
  });
}

TEST_F(AttServerTest, NotifiesThoseWhoConfigureIt) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    (void)co_await ask("02 0502");
    EXPECT_EQ(co_await ask("0a 1300"), "0b0000");
    EXPECT_EQ(co_await ask("12 1300 0300"), "13") << "both at once";
    EXPECT_EQ(co_await ask("0a 1300"), "0b0300");
    sent_.clear();
    co_await clock_.wait_for(3s);
    EXPECT_EQ(sent_.size(), 3U);
    EXPECT_EQ(sent(2).pdu.substr(0, 6), "1b1200");
    EXPECT_EQ(sent(2).at - sent(1).at, 1s);
    EXPECT_EQ(co_await ask("12 1300 0000"), "13");
    EXPECT_EQ(co_await ask("0a 1300"), "0b0000");
    sent_.clear();
    co_await clock_.wait_for(3s);
    EXPECT_TRUE(sent_.empty());
  });
}

TEST_F(AttServerTest, CutsNotificationsToTheMtu) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    EXPECT_EQ(co_await ask("12 0f00 0100"), "13");
    sent_.clear();
    world_->set_value(device_address(1), CharacteristicName(plain), std::vector<uint8_t>(100, 0x11));
    co_await clock_.wait_for(1s);
    EXPECT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent(0).pdu.size(), 2 * 23U);
  });
}

TEST_F(AttServerTest, ANotificationBeforeTheWritesResponseComesBeforeIt) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    EXPECT_EQ(co_await ask("12 0f00 0100"), "13");
    sent_.clear();
    receive("12 0e00 05");
    co_await clock_.wait_for(interval() / 4);
    world_->set_value(device_address(1), CharacteristicName(plain), {7});
    co_await clock_.wait_for(1s);
    EXPECT_GE(sent_.size(), 2U);
    EXPECT_EQ(sent(0).pdu, "1b0e0007");
    EXPECT_EQ(sent(1).pdu, "13");
  });
}

TEST_F(AttServerTest, IndicatesOneAfterTheOther) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    EXPECT_EQ(co_await ask("12 2100 0200"), "13");
    EXPECT_EQ(co_await ask("0a 2100"), "0b0200");
    sent_.clear();
    for (uint8_t i = 1; i <= 3; ++i) world_->set_value(device_address(1), CharacteristicName(indicating), {i});
    co_await clock_.wait_for(1s);
    EXPECT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent(0).pdu, "1d200001");
    receive("1e");
    EXPECT_EQ(sent_.size(), 2U) << "at once, also where a request is under way";
    EXPECT_EQ(sent(1).pdu, "1d200002");
    co_await clock_.wait_for(31s);
    receive("1e");
    EXPECT_EQ(sent_.size(), 2U) << "too late";
    world_->set_value(device_address(1), CharacteristicName(indicating), {9});
    co_await clock_.wait_for(1s);
    EXPECT_EQ(sent_.size(), 2U);
    EXPECT_EQ(server_->dropped(), 2U);
  });
}

TEST_F(AttServerTest, TellsThatTheServicesHaveChangedAndThenWhatTheyAre) {
  sim::DeviceEntry device = gatt_device();
  device.faults.push_back({.kind = sim::DeviceFault::Kind::services_changed, .at = 10s, .times = 1, .every = 20s});
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await serve();
    EXPECT_EQ(co_await ask("12 0900 0200"), "13");
    EXPECT_EQ(co_await ask("12 0f00 0100"), "13");
    EXPECT_EQ(co_await ask("0a 0f00"), "0b0100");
    sent_.clear();
    co_await clock_.wait_for(40s);
    EXPECT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent(0).pdu, bytes("1d 0800 0100 ffff"));
    receive("1e");
    EXPECT_EQ(co_await ask("10 0c00 ffff 0028"), bytes("11 06 1c00 2d00 1a18")) << "moved by 16, and the last one is gone";
    EXPECT_EQ(co_await ask("0a 1f00"), "0b0000") << "a new configuration";
    EXPECT_EQ(co_await ask("0a 0900"), "0b0200");
  });
}

TEST_F(AttServerTest, IsSilentWhereTheDeviceHangs) {
  sim::DeviceEntry device = gatt_device();
  device.faults.push_back({.kind = sim::DeviceFault::Kind::operation_hang, .at = 5s, .times = 1});
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await serve();
    EXPECT_EQ(co_await ask("0a 0e00"), "0b010203");
    co_await clock_.wait_for(5s);
    EXPECT_EQ(co_await ask("0a 0e00", 10s), "silence");
    EXPECT_EQ(co_await ask("0a 0300", 10s), "silence") << "nor what comes after it";
    co_await clock_.wait_for(20s);
    EXPECT_TRUE(link_->closed());
    EXPECT_EQ(co_await ask("0a 0300", 10s), "silence");
  });
}

TEST_F(AttServerTest, IsSilentWhenTheLinkCloses) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    receive("0a 0e00");
    world_->drop_link(device_address(1), CloseReason::peer);
    co_await clock_.wait_for(1s);
    EXPECT_TRUE(sent_.empty());
  });
}

TEST_F(AttServerTest, AServerThatEndsDropsWhatIsUnderWay) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    EXPECT_EQ(co_await ask("12 1300 0100"), "13");
    sent_.clear();
    receive("0a 0e00");
    server_.reset();
    co_await clock_.wait_for(5s);
    EXPECT_TRUE(sent_.empty());
    begin();
    EXPECT_EQ(co_await ask("0a 0e00"), "0b010203") << "another one may take its place";
  });
}

TEST_F(AttServerTest, AnUnlikelyErrorWhereTheTableCannotBeRead) {
  sim::DeviceEntry device = gatt_device();
  device.faults.push_back({.kind = sim::DeviceFault::Kind::services_missing, .times = 1});
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await serve();
    EXPECT_EQ(co_await ask("0a 0e00"), bytes("01 0a 0000 0e"));
    EXPECT_EQ(co_await ask("0a 0e00"), "0b010203") << "the next one tries again";
  });
}

TEST_F(AttServerTest, AFloodOfCommandsIsBoundedAndCounted) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await serve();
    const std::string command = "521500" + std::string(400, '7');
    for (int i = 0; i < 2000; ++i) receive(command);
    EXPECT_GT(server_->dropped(), 500U);
    EXPECT_LT(server_->dropped(), 1000U);
    co_return;
  });
}

}  // namespace
}  // namespace moor::testing
