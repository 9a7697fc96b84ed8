// A simulated world as a controller, and a host of a script that uses it, in virtual time.

#include "radio/controller/controller.hpp"

#include "controller/scripted_host.hpp"
#include "sim/link_fixture.hpp"

namespace moor::testing {
namespace {

using controller::Controller;
using hci::EventCode;
using hci::Fields;
using hci::HciStatus;
using hci::LeEvent;
using hci::Opcode;
using ::testing::SizeIs;

class ControllerTest : public SimTest {
protected:
  void start(sim::WorldSpec spec, controller::ControllerOptions options = {}) {
    controller_.reset();
    make(std::move(spec));
    controller_ = std::make_unique<Controller>(context_.get_executor(), clock_, *radios_[0], std::move(options),
                                               [this](Bytes packet) { host_.on_packet(packet); });
  }
  void TearDown() override {
    if (controller_) run([&]() -> awaitable<void> { co_await controller_->stop(); });
    controller_.reset();
  }
  /// Until the work is done; what goes on beside it, such as a scan, waits for the next call.
  template <typename Work>
  void run(Work work) {
    std::exception_ptr error;
    context_.restart();
    boost::asio::co_spawn(context_, work(), [&](std::exception_ptr thrown) {
      error = thrown;
      context_.stop();
    });
    clock_.run(context_);
    if (error) std::rethrow_exception(error);
  }
  void tell(const hci::Packet& packet) { controller_->receive(packet); }
  void tell(Opcode opcode, const Fields& parameters = {}) { tell(ScriptedHost::command(opcode, parameters)); }
  /// Lets so much time pass with what the host has said.
  void pass(Duration time) {
    run([&]() -> awaitable<void> { co_await clock_.wait_for(time); });
  }
  /// Says it, and lets the time pass.
  void say(const hci::Packet& packet, Duration time = 1ms) {
    run([&]() -> awaitable<void> {
      tell(packet);
      co_await clock_.wait_for(time);
    });
  }
  void say(Opcode opcode, const Fields& parameters = {}, Duration time = 1ms) {
    say(ScriptedHost::command(opcode, parameters), time);
  }
  void hear_all() {
    say(scan_parameters(false));
    say(scan_enable(true, false), 3s);
    say(scan_enable(false, false));
  }
  /// Makes a link and returns its handle.
  uint16_t connect(uint64_t number = 1) {
    hear_all();
    host_.clear();
    say(create_connection(device_address(number)), 5s);
    const auto complete = host_.events(LeEvent::connection_complete);
    EXPECT_THAT(complete, SizeIs(1));
    if (complete.empty()) return 0;
    EXPECT_EQ(complete[0][0], 0) << "status";
    return load_le16(complete[0].data() + 1);
  }
  void say_frame(uint16_t handle, uint16_t channel, const hci::Packet& payload, Duration time = 2s, size_t max_data = 251) {
    run([&]() -> awaitable<void> {
      hci::send_frame(handle, channel, payload, max_data, [&](Bytes packet) { controller_->receive(packet); });
      co_await clock_.wait_for(time);
    });
  }

  ScriptedHost host_;
  std::unique_ptr<Controller> controller_;
};

TEST_F(ControllerTest, ScansForTheHost) {
  start(plain_world({device_at(1, 2)}));
  say(scan_parameters(true));
  say(scan_enable(true, false), 10s);
  const size_t heard = host_.reports().size();
  EXPECT_GE(heard, 16U) << "once a second, each with an answer";
  EXPECT_EQ(host_.reports().at(0).address, device_address(1));
  EXPECT_LT(host_.reports().at(0).rssi_dbm, -50);
  say(scan_enable(false, false));
  pass(5s);
  EXPECT_EQ(host_.reports().size(), heard);
  EXPECT_EQ(controller_->counters().reports, heard);
}

TEST_F(ControllerTest, TellsOfADeviceOnce) {
  start(plain_world({device_at(1, 2)}));
  say(scan_parameters(true));
  say(scan_enable(true, true), 10s);
  EXPECT_THAT(host_.reports(), SizeIs(2)) << "its advertisement and its answer";
  EXPECT_GT(controller_->counters().duplicates_filtered, 10U);
}

TEST_F(ControllerTest, AnExtendedScanEndsByItself) {
  start(plain_world({device_at(1, 2)}));
  say(extended_scan_parameters(false));
  say(extended_scan_enable(true, false, 300), 5s);
  EXPECT_THAT(host_.events(LeEvent::scan_timeout), SizeIs(1));
  const size_t heard = host_.events(LeEvent::extended_advertising_report).size();
  EXPECT_GE(heard, 2U);
  EXPECT_LE(heard, 4U);
}

TEST_F(ControllerTest, PassesFromOneKindOfScanToAnother) {
  start(plain_world({device_at(1, 2)}));
  say(scan_parameters(false));
  say(scan_enable(true, false), 3s);
  say(scan_enable(false, false));
  say(scan_parameters(true));
  host_.clear();
  say(scan_enable(true, false), 3s);
  const auto heard = host_.reports();
  EXPECT_TRUE(std::any_of(heard.begin(), heard.end(), [](const auto& each) { return each.properties == hci::scan_rsp; }));
}

TEST_F(ControllerTest, ConnectsAndDisconnects) {
  start(plain_world({device_at(1, 2)}));
  const uint16_t handle = connect();
  EXPECT_EQ(world_->truth(device_address(1)).connects, 1U);
  host_.clear();
  say(Opcode::disconnect, Fields().u16(handle).u8(0x13), 2s);
  EXPECT_EQ(host_.status_of(Opcode::disconnect), HciStatus::success);
  const auto ended = host_.events(EventCode::disconnection_complete);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(to_hex(ended[0]), "00010016");
  EXPECT_FALSE(world_->truth(device_address(1)).connected);
  EXPECT_EQ(connect(), 2) << "a handle of its own";
}

TEST_F(ControllerTest, FindsADeviceThatItHasNotHeardYet) {
  start(plain_world({device_at(1, 2)}));
  say(create_connection(device_address(1)), 10s);
  EXPECT_THAT(host_.events(LeEvent::connection_complete), SizeIs(1));
}

TEST_F(ControllerTest, ConnectsToWhoeverOfTheAcceptListIsHeard) {
  start(plain_world({device_at(1, 2), device_at(2, 3)}));
  say(Opcode::le_add_to_accept_list, Fields().u8(1).address(device_address(2)));
  say(create_connection(std::nullopt), 10s);
  const auto complete = host_.events(LeEvent::connection_complete);
  ASSERT_THAT(complete, SizeIs(1));
  EXPECT_EQ(Address::from_le(complete[0].data() + 5, true), device_address(2));
}

TEST_F(ControllerTest, TriesUntilTheHostCancels) {
  start(plain_world({}));
  say(create_connection(device_address(9)), 1h);
  EXPECT_THAT(host_.events(LeEvent::connection_complete), SizeIs(0));
  say(Opcode::le_create_connection_cancel, {}, 1s);
  const auto complete = host_.events(LeEvent::connection_complete);
  ASSERT_THAT(complete, SizeIs(1));
  EXPECT_EQ(complete[0][0], static_cast<uint8_t>(HciStatus::unknown_connection));
  say(create_connection(device_address(9)));
  EXPECT_EQ(host_.status_of(Opcode::le_create_connection), HciStatus::success) << "and may be asked again";
}

TEST_F(ControllerTest, ADeviceThatWakesIsConnectedThen) {
  start(plain_world({device_at(1, 2)}));
  world_->set_present(device_address(1), false);
  say(create_connection(device_address(1)), 1min);
  EXPECT_THAT(host_.events(LeEvent::connection_complete), SizeIs(0));
  world_->set_present(device_address(1), true);
  pass(10s);
  EXPECT_THAT(host_.events(LeEvent::connection_complete), SizeIs(1));
}

// Core 5.4, Vol 6, Part B, 4.5.2: there is a link as soon as one end believes so, and it ends when no packet comes.
TEST_F(ControllerTest, ALinkThatIsNotEstablishedIsMadeAndLost) {
  sim::DeviceEntry device = device_at(1, 2);
  device.faults.push_back({.kind = sim::DeviceFault::Kind::connect_error, .reason = ConnectReason::not_established, .times = 1});
  start(plain_world({device}));
  EXPECT_NE(connect(), 0);
  const auto ended = host_.events(EventCode::disconnection_complete);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0][3], static_cast<uint8_t>(HciStatus::not_established));
  EXPECT_NE(connect(), 0) << "the second time it works";
  EXPECT_THAT(host_.events(EventCode::disconnection_complete), SizeIs(0));
}

TEST_F(ControllerTest, ALinkMoreThanTheRadioHasSlotsForIsRefused) {
  sim::WorldSpec spec = plain_world({device_at(1, 2), device_at(2, 2)});
  spec.radios[0].slots = 1;
  start(std::move(spec));
  (void)connect(1);
  host_.clear();
  say(create_connection(device_address(2)), 5s);
  EXPECT_EQ(host_.status_of(Opcode::le_create_connection), HciStatus::connection_limit);
  EXPECT_THAT(host_.events(LeEvent::connection_complete), SizeIs(0));
}

TEST_F(ControllerTest, SaysWhyALinkEnded) {
  const std::pair<CloseReason, HciStatus> reasons[] = {
      {CloseReason::peer, HciStatus::remote_user},
      {CloseReason::supervision_timeout, HciStatus::connection_timeout},
      {CloseReason::not_established, HciStatus::not_established},
  };
  start(plain_world({device_at(1, 2)}));
  for (const auto& [reason, status] : reasons) {
    (void)connect();
    host_.clear();
    world_->drop_link(device_address(1), reason);
    pass(10s);
    const auto ended = host_.events(EventCode::disconnection_complete);
    ASSERT_THAT(ended, SizeIs(1)) << to_string(reason);
    EXPECT_EQ(ended[0][3], static_cast<uint8_t>(status)) << to_string(reason);
  }
}

TEST_F(ControllerTest, UpdatesAndReadsALink) {
  start(plain_world({device_at(1, 2)}));
  const uint16_t handle = connect();
  say(Opcode::le_connection_update, Fields().u16(handle).u16(6).u16(6).u16(0).u16(1000).u16(0).u16(0), 10s);
  const auto updated = host_.events(LeEvent::connection_update_complete);
  ASSERT_THAT(updated, SizeIs(1));
  EXPECT_EQ(to_hex(updated[0]), "00010006000000e803");
  say(Opcode::read_rssi, Fields().u16(handle), 2s);
  const hci::Packet rssi = host_.result_of(Opcode::read_rssi);
  ASSERT_THAT(rssi, SizeIs(4));
  EXPECT_LT(static_cast<int8_t>(rssi[3]), -40);
}

TEST_F(ControllerTest, CarriesAttributesInFragmentsAndReturnsBuffers) {
  start(plain_world({gatt_device()}));
  const uint16_t handle = connect();
  host_.clear();
  say_frame(handle, hci::att_channel, {0x02, 0x05, 0x02}, 2s);
  auto answers = host_.frames(hci::att_channel);
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].at(0), 0x03) << "Exchange MTU Response";

  host_.clear();
  say_frame(handle, hci::att_channel, {0x10, 0x01, 0x00, 0xFF, 0xFF, 0x00, 0x28}, 10s, 3);
  answers = host_.frames(hci::att_channel);
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].at(0), 0x11) << "Read By Group Type Response";
  EXPECT_THAT(host_.events(EventCode::number_of_completed_packets), SizeIs(4)) << "one for each packet";
}

TEST_F(ControllerTest, RejectsSignalsAndIgnoresOtherChannels) {
  start(plain_world({gatt_device()}));
  const uint16_t handle = connect();
  host_.clear();
  say_frame(handle, hci::le_signaling_channel, {0x14, 0x01, 0x0A, 0x00, 0x80, 0x00, 0x40, 0x00, 0, 2, 0, 1, 1, 0});
  ASSERT_THAT(host_.frames(hci::le_signaling_channel), SizeIs(1));
  say_frame(handle, 0x0040, {1, 2, 3});
  EXPECT_EQ(controller_->counters().malformed, 0U);
}

TEST_F(ControllerTest, AKeyThatNobodyHasIsMissing) {
  start(plain_world({gatt_device()}));
  const uint16_t handle = connect();
  say(Opcode::le_start_encryption, Fields().u16(handle).zeros(26), 5s);
  const auto changed = host_.events(EventCode::encryption_change);
  ASSERT_THAT(changed, SizeIs(1));
  EXPECT_EQ(to_hex(changed[0]), "06010000");
  EXPECT_THAT(host_.events(EventCode::disconnection_complete), SizeIs(0)) << "and the link stays";
}

TEST_F(ControllerTest, AResetEndsEverythingSilently) {
  start(plain_world({device_at(1, 2), device_at(2, 2)}));
  (void)connect(1);
  say(scan_enable(true, false), 1s);
  say(create_connection(device_address(9)));
  host_.clear();
  say(Opcode::reset, {}, 10s);
  EXPECT_THAT(host_.packets, SizeIs(1)) << "its own answer";
  EXPECT_FALSE(world_->truth(device_address(1)).connected);
  EXPECT_NE(connect(2), 0);
}

TEST_F(ControllerTest, AResetAfterUseMendsARadioThatIsSilent) {
  sim::WorldSpec spec = plain_world({device_at(1, 2)});
  spec.radios[0].faults.push_back({.kind = sim::RadioFault::Kind::silent});
  start(std::move(spec));
  say(Opcode::reset, {}, 10s);
  say(scan_parameters(false));
  say(scan_enable(true, false), 20s);
  EXPECT_TRUE(host_.reports().empty()) << "a host that begins does not mend it";
  say(scan_enable(false, false));
  say(scan_enable(true, false), 20s);
  EXPECT_TRUE(host_.reports().empty()) << "nor does another scan";
  say(Opcode::reset, {}, 10s);
  say(scan_parameters(false));
  say(scan_enable(true, false), 20s);
  EXPECT_FALSE(host_.reports().empty());
}

TEST_F(ControllerTest, ARadioThatIsUnpluggedHearsNothingAndComesBack) {
  sim::WorldSpec spec = plain_world({device_at(1, 2)});
  spec.radios[0].faults.push_back({.kind = sim::RadioFault::Kind::dead, .at = 10s, .lasts = 60s});
  start(std::move(spec));
  say(scan_parameters(false));
  say(scan_enable(true, false), 9s);
  EXPECT_FALSE(host_.reports().empty());
  pass(5s);
  host_.clear();
  pass(50s);
  EXPECT_TRUE(host_.reports().empty());
  pass(20s);
  EXPECT_FALSE(host_.reports().empty());
}

TEST_F(ControllerTest, PacketsThatContradictThemselvesAreCounted) {
  start(plain_world({gatt_device()}));
  const uint16_t handle = connect();
  std::vector<hci::Packet> whole = {create_connection(device_address(9)), scan_parameters(true), extended_scan_parameters(true)};
  hci::send_frame(handle, hci::att_channel, hci::Packet{0x02, 0x05, 0x02}, 251,
                  [&](Bytes packet) { whole.emplace_back(packet.begin(), packet.end()); });
  uint64_t cuts = 0;
  for (const hci::Packet& packet : whole)
    for (size_t size = 1; size < packet.size(); ++size, ++cuts)
      say(hci::Packet(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size)), 0ms);
  EXPECT_EQ(controller_->counters().malformed, cuts);
  say({});
  say({0x03, 1, 2, 3});
  EXPECT_EQ(controller_->counters().malformed, cuts + 1) << "of another type";
  hci::send_frame(0x0123, hci::att_channel, hci::Packet{0x02, 0x05, 0x02}, 251,
                  [&](Bytes packet) { controller_->receive(packet); });
  EXPECT_EQ(controller_->counters().malformed, cuts + 1) << "a link that has just ended is nobody's fault";
}

}  // namespace
}  // namespace moor::testing
