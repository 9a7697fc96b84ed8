// What a client is answered, and when it has to go.

#include "proxy/client_machine.hpp"

#include "proxy/about.hpp"

#include <gmock/gmock.h>

namespace moor::proxy {
namespace {

using namespace std::chrono_literals;
using esphome::MessageType;
using ::testing::IsEmpty;
using End = ClientMachine::End;

const Identity identity{
    .name = "hall", .friendly_name = "Hall", .mac = "02:00:00:00:00:AA", .bluetooth_mac = {}, .area = "Cellar"};
const TimePoint start{1h};

ServerFacts facts() {
  return {.identity = identity, .features = 0x61, .encrypted = true, .wall = WallTime(1700000000s)};
}

ClientMachine::Actions give(ClientMachine& machine, MessageType type, TimePoint now = start, Bytes payload = {}) {
  return machine.on_message({type, payload}, facts(), now);
}

ClientMachine::Actions say_hello(ClientMachine& machine, TimePoint now = start) {
  std::vector<uint8_t> payload;
  esphome::encode(esphome::HelloRequest{.client_info = "a \x1b[31mtest", .api_version_major = 1, .api_version_minor = 12},
                  payload);
  return give(machine, MessageType::hello_request, now, payload);
}

ClientMachine logged_in() {
  ClientMachine machine(start, 30s);
  (void)say_hello(machine);
  return machine;
}

template <typename Action>
const Action* first(const ClientMachine::Actions& actions) {
  return actions.empty() ? nullptr : std::get_if<Action>(&actions.front());
}

End closed_with(const ClientMachine::Actions& actions) {
  return std::get<ClientMachine::Close>(actions.back()).why;
}

TEST(ClientMachine, AnswersHello) {
  ClientMachine machine(start, 30s);
  EXPECT_FALSE(machine.is_logged_in());
  const auto actions = say_hello(machine);
  ASSERT_EQ(actions.size(), 1U);
  const auto& sent = std::get<ClientMachine::Send>(actions[0]);
  EXPECT_EQ(sent.type, MessageType::hello_response);
  const auto answer = esphome::decode<esphome::HelloResponse>(sent.payload);
  EXPECT_EQ(answer.message.api_version_major, 1U);
  EXPECT_EQ(answer.message.api_version_minor, 15U);
  EXPECT_EQ(answer.message.server_info, "moor " + std::string(version));
  EXPECT_EQ(answer.message.name, "hall");
  EXPECT_TRUE(machine.is_logged_in());
  EXPECT_EQ(machine.api_minor(), 12U);
  EXPECT_EQ(machine.info().find('\x1b'), std::string::npos);
  EXPECT_EQ(say_hello(machine).size(), 1U) << "again: answered again";
}

TEST(ClientMachine, AnswersEachRequest) {
  struct Case {
    MessageType asked;
    MessageType answered;
  };
  const Case cases[] = {
      {MessageType::authentication_request, MessageType::authentication_response},
      {MessageType::device_info_request, MessageType::device_info_response},
      {MessageType::list_entities_request, MessageType::list_entities_done},
      {MessageType::device_capabilities_request, MessageType::device_capabilities_response},
      {MessageType::ping_request, MessageType::ping_response},
      {MessageType::get_time_request, MessageType::get_time_response},
      {MessageType::set_noise_key_request, MessageType::set_noise_key_response},
  };
  ClientMachine machine = logged_in();
  for (const Case& each : cases) {
    const auto actions = give(machine, each.asked);
    ASSERT_EQ(actions.size(), 1U) << static_cast<int>(each.asked);
    EXPECT_EQ(std::get<ClientMachine::Send>(actions[0]).type, each.answered);
  }
}

TEST(ClientMachine, SaysWhatItIs) {
  ClientMachine machine = logged_in();
  const auto actions = give(machine, MessageType::device_info_request);
  const auto decoded = esphome::decode<esphome::DeviceInfoResponse>(std::get<ClientMachine::Send>(actions[0]).payload);
  const auto& info = decoded.message;
  EXPECT_FALSE(info.uses_password);
  EXPECT_EQ(info.name, "hall");
  EXPECT_EQ(info.friendly_name, "Hall");
  EXPECT_EQ(info.mac_address, "02:00:00:00:00:AA");
  EXPECT_EQ(info.bluetooth_mac_address, "02:00:00:00:00:AA") << "where the radio has none of its own";
  EXPECT_EQ(info.suggested_area, "Cellar");
  EXPECT_EQ(info.bluetooth_proxy_feature_flags, 0x61U);
  EXPECT_EQ(info.project_name, "moor.proxy");
  EXPECT_TRUE(info.api_encryption_supported);
  const auto more = give(machine, MessageType::device_capabilities_request);
  const auto capabilities = esphome::decode<esphome::DeviceCapabilitiesResponse>(std::get<ClientMachine::Send>(more[0]).payload);
  EXPECT_TRUE(capabilities.message.has_bluetooth_proxy);
  EXPECT_EQ(capabilities.message.bluetooth_proxy.feature_flags, 0x61U);
  EXPECT_EQ(capabilities.message.bluetooth_proxy.mac_address, "02:00:00:00:00:AA");
}

TEST(ClientMachine, TellsTheTimeAndKeepsItsKey) {
  ClientMachine machine = logged_in();
  const auto time = give(machine, MessageType::get_time_request);
  EXPECT_EQ(esphome::decode<esphome::GetTimeResponse>(std::get<ClientMachine::Send>(time[0]).payload).message.epoch_seconds,
            1700000000U);
  const auto key = give(machine, MessageType::set_noise_key_request);
  EXPECT_FALSE(esphome::decode<esphome::SetNoiseKeyResponse>(std::get<ClientMachine::Send>(key[0]).payload).message.success);
}

TEST(ClientMachine, IgnoresWhatAProxyHasNoUseFor) {
  ClientMachine machine = logged_in();
  for (const int type : {20, 28, 34, 38, 2, 10, 37, 69, 81, 93, 126, 151, 1000, 65535})
    EXPECT_THAT(give(machine, static_cast<MessageType>(type)), IsEmpty()) << type;
  EXPECT_FALSE(machine.is_closed());
}

TEST(ClientMachine, HandsOnWhatConcernsTheRadio) {
  ClientMachine machine = logged_in();
  EXPECT_TRUE(first<ClientMachine::Subscribe>(give(machine, MessageType::subscribe_advertisements)));
  EXPECT_TRUE(first<ClientMachine::Unsubscribe>(give(machine, MessageType::unsubscribe_advertisements)));
  for (const int type : {68, 70, 73, 75, 76, 77, 78, 80, 145})
    EXPECT_TRUE(first<ClientMachine::ForLinks>(give(machine, static_cast<MessageType>(type)))) << type;
  const std::array<uint8_t, 2> active{0x08, 1};
  const std::array<uint8_t, 2> unknown{0x08, 7};
  const std::array<uint8_t, 1> cut{0x08};
  const auto passive_mode = give(machine, MessageType::scanner_set_mode);
  ASSERT_EQ(passive_mode.size(), 1U);
  EXPECT_EQ(std::get<ClientMachine::SetMode>(passive_mode[0]).mode, esphome::ScannerMode::passive);
  const auto active_mode = give(machine, MessageType::scanner_set_mode, start, active);
  ASSERT_EQ(active_mode.size(), 1U);
  EXPECT_EQ(std::get<ClientMachine::SetMode>(active_mode[0]).mode, esphome::ScannerMode::active);
  EXPECT_THAT(give(machine, MessageType::scanner_set_mode, start, unknown), IsEmpty());
  EXPECT_THAT(give(machine, MessageType::scanner_set_mode, start, cut), IsEmpty());
}

TEST(ClientMachine, NothingButLifeAndLeaveBeforeHello) {
  for (const int type : {3, 9, 11, 66, 68, 80, 149, 4711}) {
    ClientMachine machine(start, 30s);
    EXPECT_EQ(closed_with(give(machine, static_cast<MessageType>(type))), End::not_hello) << type;
    EXPECT_TRUE(machine.is_closed());
    EXPECT_THAT(say_hello(machine), IsEmpty()) << "it is too late";
  }
  ClientMachine machine(start, 30s);
  EXPECT_TRUE(first<ClientMachine::Send>(give(machine, MessageType::ping_request)));
  EXPECT_EQ(closed_with(give(machine, MessageType::disconnect_request)), End::goodbye);
}

TEST(ClientMachine, AHelloThatCannotBeRead) {
  ClientMachine machine(start, 30s);
  const std::array<uint8_t, 2> cut{0x0a, 9};
  EXPECT_EQ(closed_with(give(machine, MessageType::hello_request, start, cut)), End::bad_hello);
}

TEST(ClientMachine, HelloHasToComeInTime) {
  ClientMachine machine(start, 30s);
  EXPECT_EQ(machine.next_deadline(), start + 30s);
  EXPECT_THAT(machine.on_time(start + 29s), IsEmpty());
  (void)give(machine, MessageType::ping_request, start + 29s);
  EXPECT_EQ(machine.next_deadline(), start + 30s) << "signs of life are no hello";
  EXPECT_EQ(closed_with(machine.on_time(start + 30s)), End::no_hello);
  EXPECT_EQ(machine.next_deadline(), TimePoint::max());
}

TEST(ClientMachine, SilenceIsAskedAboutOnceAndThenTheEnd) {
  ClientMachine machine = logged_in();
  EXPECT_EQ(machine.next_deadline(), start + 60s);
  EXPECT_THAT(machine.on_time(start + 59s), IsEmpty());
  const auto asked = machine.on_time(start + 60s);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(std::get<ClientMachine::Send>(asked[0]).type, MessageType::ping_request);
  EXPECT_THAT(machine.on_time(start + 61s), IsEmpty());
  EXPECT_EQ(machine.next_deadline(), start + 150s);
  EXPECT_EQ(closed_with(machine.on_time(start + 150s)), End::silent);
}

TEST(ClientMachine, AnyMessageIsASignOfLife) {
  ClientMachine machine = logged_in();
  (void)machine.on_time(start + 60s);
  (void)give(machine, static_cast<MessageType>(4711), start + 140s);
  EXPECT_EQ(machine.next_deadline(), start + 200s);
  EXPECT_THAT(machine.on_time(start + 150s), IsEmpty());
}

TEST(ClientMachine, LeaveIsAnsweredThenClosed) {
  ClientMachine machine = logged_in();
  const auto actions = give(machine, MessageType::disconnect_request);
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(std::get<ClientMachine::Send>(actions[0]).type, MessageType::disconnect_response);
  EXPECT_EQ(closed_with(actions), End::goodbye);
  ClientMachine other = logged_in();
  EXPECT_EQ(closed_with(give(other, MessageType::disconnect_response)), End::goodbye);
}

}  // namespace
}  // namespace moor::proxy
