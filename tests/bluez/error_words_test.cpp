#include "radio/bluez/error_words.hpp"

#include <gmock/gmock.h>

namespace moor::bluez {
namespace {

TEST(ErrorWords, OfConnecting) {
  struct Row {
    const char* name;
    const char* text;
    ConnectReason reason;
  };
  const Row rows[] = {
      {"org.bluez.Error.Failed", "le-connection-abort-by-local", ConnectReason::aborted_by_local},
      {"org.bluez.Error.Failed", "br-connection-canceled", ConnectReason::canceled},
      {"org.bluez.Error.Failed", "br-connection-aborted-by-local", ConnectReason::aborted_by_local},
      {"org.bluez.Error.Failed", "le-connection-abort-by-remote", ConnectReason::closed_by_peer},
      {"org.bluez.Error.Failed", "le-connection-concurrent-connection-limit", ConnectReason::out_of_slots},
      {"org.bluez.Error.Failed", "le-connection-link-layer-protocol-error", ConnectReason::stack_error},
      {"org.bluez.Error.Failed", "le-connection-adapter-not-powered", ConnectReason::radio_unavailable},
      {"org.bluez.Error.Failed", "Software caused connection abort", ConnectReason::closed_by_local},
      {"org.bluez.Error.Failed", "Connection timed out", ConnectReason::supervision_timeout},
      {"org.bluez.Error.Failed", "Input/output error", ConnectReason::unknown},
      {"org.bluez.Error.NotReady", "Resource Not Ready", ConnectReason::radio_unavailable},
      {"org.bluez.Error.InProgress", "In Progress", ConnectReason::unknown},
      {"org.bluez.Error.DoesNotExist", "Does Not Exist", ConnectReason::device_not_found},
      {"org.bluez.Error.AuthenticationFailed", "Authentication Failed", ConnectReason::att_error},
      {"org.bluez.Error.ConnectionAttemptFailed", "Page Timeout", ConnectReason::timed_out},
      {"org.freedesktop.DBus.Error.UnknownObject", "no such object", ConnectReason::device_not_found},
      {"org.freedesktop.DBus.Error.UnknownMethod", "Method \"Connect\" doesn't exist", ConnectReason::device_not_found},
      {"org.freedesktop.DBus.Error.ServiceUnknown", "not provided", ConnectReason::system_gone},
      {"org.freedesktop.DBus.Error.NoReply", "recipient disconnected", ConnectReason::system_gone},
      {"org.freedesktop.DBus.Error.AccessDenied", "rejected", ConnectReason::radio_unavailable},
      {"", "", ConnectReason::unknown},
  };
  for (const Row& row : rows) {
    const ConnectCause cause = connect_cause(row.name, row.text);
    EXPECT_EQ(cause.reason, row.reason) << row.name << ": " << row.text;
    EXPECT_EQ(cause.text, std::string(row.name) + ": " + row.text);
  }
}

// The Python package sorts by exception type first: a missing object is its typed BleakDeviceNotFoundError, all other replies are D-Bus errors.
TEST(ErrorWords, OriginOfACause) {
  EXPECT_EQ(connect_cause("org.freedesktop.DBus.Error.UnknownObject", "").origin, CauseOrigin::lookup);
  EXPECT_EQ(connect_cause("org.bluez.Error.Failed", "le-connection-abort-by-local").origin, CauseOrigin::system_call);
}

TEST(ErrorWords, OfOperations) {
  struct Row {
    GattStep step;
    const char* name;
    const char* text;
    std::optional<uint8_t> code;
  };
  const Row rows[] = {
      {GattStep::read, "org.bluez.Error.NotPermitted", "Read not permitted", 0x02},
      {GattStep::write, "org.bluez.Error.NotPermitted", "Write not permitted", 0x03},
      {GattStep::read, "org.bluez.Error.NotPermitted", "something else", 0x02},
      {GattStep::write, "org.bluez.Error.NotPermitted", "something else", 0x03},
      {GattStep::subscribe, "org.bluez.Error.NotPermitted", "Notify acquired", std::nullopt},
      {GattStep::read, "org.bluez.Error.NotPermitted", "Not paired", 0x05},
      {GattStep::read, "org.bluez.Error.NotSupported", "Operation is not supported", 0x06},
      {GattStep::subscribe, "org.bluez.Error.NotSupported", "Operation is not supported", 0x06},
      {GattStep::read, "org.bluez.Error.InvalidArguments", "Invalid offset", 0x07},
      {GattStep::write, "org.bluez.Error.InvalidArguments", "Invalid Length", 0x0D},
      {GattStep::write, "org.bluez.Error.InvalidArguments", "Invalid arguments in method call", std::nullopt},
      {GattStep::read, "org.bluez.Error.NotAuthorized", "Operation Not Authorized", 0x08},
      {GattStep::subscribe, "org.bluez.Error.ImproperlyConfigured", "", 0xFD},
      {GattStep::read, "org.bluez.Error.Failed", "Operation failed with ATT error: 0x80", 0x80},
      {GattStep::write, "org.bluez.Error.Failed", "Operation failed with ATT error: 0x0e", 0x0E},
      {GattStep::write, "org.bluez.Error.Failed", "Operation failed with ATT error: 0xzz", std::nullopt},
      {GattStep::write, "org.bluez.Error.Failed", "Operation failed with ATT error: 0x100", std::nullopt},
      {GattStep::write, "org.bluez.Error.Failed", "Operation failed with ATT error: 0x", std::nullopt},
      {GattStep::read, "org.bluez.Error.Failed", "Not connected", std::nullopt},
      {GattStep::read, "org.bluez.Error.InProgress", "In Progress", std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(att_code(row.step, row.name, row.text), row.code) << row.name << ": " << row.text;
}

TEST(ErrorWords, EachAttCodeComesThrough) {
  for (unsigned code = 1; code <= 0xFF; ++code) {
    char text[64];
    std::snprintf(text, sizeof text, "Operation failed with ATT error: 0x%02x", code);
    EXPECT_EQ(att_code(GattStep::read, "org.bluez.Error.Failed", text), static_cast<uint8_t>(code));
  }
}

TEST(ErrorWords, OfLostLinksAndObjects) {
  EXPECT_TRUE(is_not_connected("org.bluez.Error.Failed", "Not connected"));
  EXPECT_TRUE(is_not_connected("org.bluez.Error.NotConnected", "Not Connected"));
  EXPECT_FALSE(is_not_connected("org.bluez.Error.Failed", "Operation failed with ATT error: 0x80"));
  EXPECT_TRUE(is_missing_object("org.freedesktop.DBus.Error.UnknownObject"));
  EXPECT_FALSE(is_missing_object("org.bluez.Error.DoesNotExist"));
}

TEST(ErrorWords, OfPairing) {
  struct Row {
    const char* name;
    PairingProblem problem;
  };
  const Row rows[] = {
      {"org.bluez.Error.AuthenticationFailed", PairingProblem::refused},
      {"org.bluez.Error.AuthenticationRejected", PairingProblem::rejected},
      {"org.bluez.Error.AuthenticationCanceled", PairingProblem::canceled},
      {"org.bluez.Error.AuthenticationTimeout", PairingProblem::timed_out},
      {"org.bluez.Error.InProgress", PairingProblem::busy},
      {"org.bluez.Error.NotSupported", PairingProblem::refused},
      {"org.bluez.Error.Failed", PairingProblem::unknown},
  };
  for (const Row& row : rows) EXPECT_EQ(pairing_problem(row.name, ""), row.problem) << row.name;
  EXPECT_EQ(pairing_problem("org.bluez.Error.ConnectionAttemptFailed", "Page Timeout"), PairingProblem::timed_out);
}

}  // namespace
}  // namespace moor::bluez
