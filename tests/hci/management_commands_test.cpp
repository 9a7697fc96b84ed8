#include "hci/management_commands.hpp"

#include "hci/management_events.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace moor::hci {
namespace {

using ::testing::ElementsAre;

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

const Address device(0xC00000000001, true);

TEST(ManagementCommands, ParametersAreLaidOutAsTheKernelReadsThem) {
  const std::array services{Uuid(0x180F)};
  const std::array pattern_bytes{uint8_t{0x4C}, uint8_t{0x00}};
  const std::array patterns{MonitorPattern{0xFF, 0, pattern_bytes}};
  const std::array loaded{LoadedParameters{device, {{24}, {40}, 1, {420}}}};
  const std::vector<std::pair<ManagementParameters, std::string>> cases{
      {discovery_parameters(), "06"},
      {service_discovery_parameters(127, services),
       "067f0100"
       "fb349b5f80000080001000000f180000"},
      {service_discovery_parameters(-80, {}), "06b00000"},
      {powered_parameters(true), "01"},
      {powered_parameters(false), "00"},
      {monitor_parameters({}), "00"},
      {monitor_parameters(patterns),
       "01"
       "ff0002"
       "4c00" +
           std::string(58, '0')},
      {remove_monitor_parameters(0x1234), "3412"},
      {device_parameters(device), "0100000000c002"},
      {device_parameters(Address(0xA4CF12345678, false)), "78563412cfa401"},
      {load_parameters(loaded),
       "0100"
       "0100000000c002"
       "1800"
       "2800"
       "0100"
       "a401"},
  };
  for (const auto& [parameters, expected] : cases) EXPECT_EQ(to_hex(parameters), expected);
}

TEST(ManagementCommands, APatternIsCutToWhatThereIsRoomFor) {
  const std::vector<uint8_t> much(40, 1);
  const std::array patterns{MonitorPattern{0x16, 2, much}};
  const auto parameters = monitor_parameters(patterns);
  EXPECT_EQ(parameters.size(), 1U + 34);
  EXPECT_EQ(parameters[3], 31);
}

// Recorded from Linux 6.1 with one LE controller.
TEST(ManagementCommands, ReadsWhatTheKernelAnswered) {
  const auto version = parse_version(bytes("011600"));
  ASSERT_TRUE(version.has_value());
  EXPECT_EQ(version->version, 1);
  EXPECT_EQ(version->revision, 22);
  EXPECT_THAT(*parse_index_list(bytes("01000000")), ElementsAre(0));
  const auto list =
      parse_extended_index_list(bytes("0200"
                                      "00000001"
                                      "03000103"));
  ASSERT_TRUE(list && list->size() == 2);
  EXPECT_EQ(list->at(0).bus, 1);
  EXPECT_EQ(list->at(1).kind, ExtendedIndex::Kind::unconfigured);
  std::vector<uint8_t> answer = bytes("010203aabb0009f1051bbe0100010a0000000000");
  answer.insert(answer.end(), {'h', 'a', 'l', 'l'});
  answer.resize(280);
  const auto info = parse_info(answer);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->address.to_string(), "00:BB:AA:03:02:01");
  EXPECT_EQ(info->hci_version, 9);
  EXPECT_EQ(info->manufacturer, 0x05F1);
  EXPECT_EQ(info->current_settings & management_setting::powered, management_setting::powered);
  EXPECT_EQ(info->current_settings & management_setting::low_energy, management_setting::low_energy);
  EXPECT_EQ(info->name, "hall");
  const auto features =
      parse_monitor_features(bytes("00000000"
                                   "00000000"
                                   "2000"
                                   "10"
                                   "0100"
                                   "0100"));
  ASSERT_TRUE(features.has_value());
  EXPECT_EQ(features->supported, 0U);
  EXPECT_THAT(features->handles, ElementsAre(1));
  EXPECT_EQ(parse_monitor_handle(bytes("0100")), 1);
  const auto connection =
      parse_connection_info(bytes("0100000000c002"
                                  "c8"
                                  "04"
                                  "0a"));
  ASSERT_TRUE(connection.has_value());
  EXPECT_EQ(connection->rssi_dbm, -56);
  EXPECT_EQ(connection->tx_power_dbm, 4);
  EXPECT_EQ(connection->max_tx_power_dbm, 10);
  EXPECT_THAT(*parse_connections(bytes("0200"
                                       "0100000000c002"
                                       "0200000000c000")),
              ElementsAre(device));
}

TEST(ManagementCommands, AnswersThatAreTooShortAreNone) {
  EXPECT_FALSE(parse_version(bytes("0116")));
  EXPECT_FALSE(parse_index_list(bytes("02000000")));
  EXPECT_FALSE(parse_index_list({}));
  EXPECT_FALSE(parse_extended_index_list(bytes("0100000001")));
  EXPECT_FALSE(parse_info(std::vector<uint8_t>(279)));
  EXPECT_FALSE(parse_monitor_features(bytes("0000000000000000200010ffff0100")));
  EXPECT_FALSE(parse_monitor_handle(bytes("01")));
  EXPECT_FALSE(parse_connection_info(bytes("0100000000c002c804")));
  EXPECT_FALSE(parse_connections(bytes("01000100000000c0")));
}

TEST(ManagementCommands, NamesForPeople) {
  EXPECT_EQ(to_string(ManagementCommand::start_discovery), "Start Discovery");
  EXPECT_EQ(to_string(static_cast<ManagementCommand>(0x0099)), "command 0x0099");
  EXPECT_EQ(management_status_text(management_status::busy), "busy");
  EXPECT_EQ(management_status_text(management_status::blocked), "blocked by rfkill");
  EXPECT_EQ(management_status_text(management_status::permission_denied), "permission denied");
  EXPECT_EQ(management_status_text(0x42), "status 0x42");
}

TEST(ManagementFrames, ADatagramIsExactlyOneFrame) {
  const auto datagram = bytes("1300 0100 0200 0601");
  const auto frame = parse_management_frame(datagram);
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->code, management_event::discovering);
  EXPECT_EQ(frame->controller, 1);
  EXPECT_EQ(parse_discovering(frame->parameters), true);
  EXPECT_FALSE(parse_management_frame(bytes("1300 0100 0200 06")));
  EXPECT_FALSE(parse_management_frame(bytes("1300 0100 0200 060100")));
  EXPECT_FALSE(parse_management_frame(bytes("1300 0100 02")));
  EXPECT_FALSE(parse_management_frame({}));
}

TEST(ManagementEvents, ReadsAnswersAndWhatHappensToControllersAndLinks) {
  const auto busy = bytes("23000a06");
  const auto answer = parse_command_answer(busy);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->command, static_cast<uint16_t>(ManagementCommand::start_discovery));
  EXPECT_EQ(answer->status, management_status::busy);
  EXPECT_EQ(to_hex(answer->data), "06");
  EXPECT_EQ(parse_new_settings(bytes("010a0000")), 0x0A01U);
  EXPECT_EQ(parse_discovering(bytes("0600")), false);
  EXPECT_EQ(parse_monitor_event(bytes("0000")), 0);
  const auto connected =
      parse_device_connected(bytes("0100000000c002"
                                   "08000000"
                                   "0300"
                                   "020106"));
  ASSERT_TRUE(connected.has_value());
  EXPECT_EQ(connected->device.address, device);
  EXPECT_TRUE(connected->by_us);
  EXPECT_EQ(connected->data.size(), 3U);
  const auto disconnected =
      parse_device_disconnected(bytes("0100000000c002"
                                      "03"));
  ASSERT_TRUE(disconnected.has_value());
  EXPECT_EQ(disconnected->reason, DeviceDisconnected::Reason::by_remote);
  EXPECT_EQ(parse_device_disconnected(bytes("0100000000c002"
                                            "77"))
                ->reason,
            DeviceDisconnected::Reason::unknown);
  const auto fresh =
      parse_new_connection_parameters(bytes("0100000000c002"
                                            "01"
                                            "1800"
                                            "2800"
                                            "0100"
                                            "a401"));
  ASSERT_TRUE(fresh.has_value());
  EXPECT_TRUE(fresh->store);
  EXPECT_EQ(fresh->parameters, (ConnectionParameters{{24}, {40}, 1, {420}}));
}

TEST(ManagementEvents, ThoseThatAreTooShortAreNone) {
  EXPECT_FALSE(parse_command_answer(bytes("2300")));
  EXPECT_FALSE(parse_new_settings(bytes("010a00")));
  EXPECT_FALSE(parse_discovering(bytes("06")));
  EXPECT_FALSE(parse_monitor_event({}));
  EXPECT_FALSE(
      parse_device_connected(bytes("0100000000c002"
                                   "08000000"
                                   "0400"
                                   "020106")));
  EXPECT_FALSE(parse_device_disconnected(bytes("0100000000c002")));
  EXPECT_FALSE(
      parse_new_connection_parameters(bytes("0100000000c002"
                                            "01"
                                            "1800"
                                            "2800"
                                            "0100"
                                            "a4")));
}

RC_GTEST_PROP(ManagementEventsProperty, AnyBytesMayCome, (const std::vector<uint8_t>& any)) {
  (void)parse_management_frame(any);
  (void)parse_command_answer(any);
  (void)parse_device_connected(any);
  (void)parse_device_disconnected(any);
  (void)parse_new_connection_parameters(any);
  (void)parse_index_list(any);
  (void)parse_extended_index_list(any);
  (void)parse_connections(any);
  (void)parse_info(any);
  (void)parse_monitor_features(any);
}

}  // namespace
}  // namespace moor::hci
