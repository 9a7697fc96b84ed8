#include "proxy/error_codes.hpp"

#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace moor::proxy {
namespace {

template <typename Thrown>
std::exception_ptr thrown(Thrown error) {
  return std::make_exception_ptr(std::move(error));
}

TEST(ErrorCodes, OfAnAttempt) {
  const std::vector<std::pair<ConnectReason, int32_t>> table = {
      {ConnectReason::unknown, 0x85},
      {ConnectReason::timed_out, 0x3E},
      {ConnectReason::device_not_found, 0x3E},
      {ConnectReason::out_of_slots, 0x100},
      {ConnectReason::aborted_by_local, 0x16},
      {ConnectReason::canceled, 0x100},
      {ConnectReason::not_established, 0x3E},
      {ConnectReason::closed_by_peer, 0x13},
      {ConnectReason::closed_by_local, 0x16},
      {ConnectReason::supervision_timeout, 0x08},
      {ConnectReason::stack_error, 0x85},
      {ConnectReason::disconnected, 0x3E},
      {ConnectReason::services_incomplete, 0x85},
      {ConnectReason::att_error, 0x85},
      {ConnectReason::radio_unavailable, 0x85},
      {ConnectReason::system_gone, 0x85},
      {ConnectReason::pipe_broken, 0x85},
  };
  ASSERT_EQ(table.size(), connect_reason_count);
  for (const auto& [reason, code] : table) {
    EXPECT_EQ(connection_code(reason), code) << to_string(reason);
    EXPECT_EQ(connection_code(thrown(ConnectionFailed("no", {}, {.reason = reason}))), code) << to_string(reason);
  }
}

TEST(ErrorCodes, OfALinkThatEnded) {
  const std::vector<std::pair<CloseReason, int32_t>> table = {
      {CloseReason::local, 0x16},           {CloseReason::peer, 0x13},       {CloseReason::supervision_timeout, 0x08},
      {CloseReason::not_established, 0x3E}, {CloseReason::other_host, 0x16}, {CloseReason::encryption_failed, 0x85},
      {CloseReason::radio_lost, 0x16},      {CloseReason::unknown, 0x85},
  };
  for (const auto& [reason, code] : table) {
    EXPECT_EQ(connection_code(reason), code) << to_string(reason);
    EXPECT_EQ(connection_code(thrown(LinkClosed("gone", {.reason = reason, .at = {}}))), code) << to_string(reason);
  }
}

TEST(ErrorCodes, OfWhateverConnectingThrows) {
  EXPECT_EQ(connection_code(thrown(TimedOut("late"))), 0x3E);
  EXPECT_EQ(connection_code(thrown(RadioNotAvailable("off"))), 0x85);
  EXPECT_EQ(connection_code(thrown(GattError(5, "no"))), 0x85);
  EXPECT_EQ(connection_code(thrown(std::runtime_error("no"))), 0x85);
}

TEST(ErrorCodes, OfPairing) {
  const std::vector<std::pair<PairingProblem, int32_t>> table = {
      {PairingProblem::unknown, 85},       {PairingProblem::refused, 82},  {PairingProblem::rejected, 80},
      {PairingProblem::wrong_passkey, 78}, {PairingProblem::canceled, 85}, {PairingProblem::timed_out, 99},
      {PairingProblem::busy, 96},
  };
  for (const auto& [problem, code] : table) {
    EXPECT_EQ(request_code(problem), code) << to_string(problem);
    EXPECT_EQ(request_code(thrown(PairingFailed("no", problem))), code) << to_string(problem);
  }
}

TEST(ErrorCodes, OfARequestAreThoseOfTheDeviceAndOnesOfOurOwn) {
  for (int code = 1; code <= 0xFF; ++code)
    EXPECT_EQ(request_code(thrown(GattError(static_cast<uint8_t>(code), "no"))), code) << "as the device has said it";
  EXPECT_EQ(request_code(thrown(GattError(0, "no"))), 133) << "0 would be no error";
  EXPECT_EQ(request_code(thrown(LinkClosed("gone", {.reason = CloseReason::peer, .at = {}}))), -1);
  EXPECT_EQ(request_code(thrown(TimedOut("late"))), 133);
  EXPECT_EQ(request_code(thrown(AttributeNotFound("none"))), 10);
  EXPECT_EQ(request_code(thrown(UsageError("too much"))), 135);
  EXPECT_EQ(request_code(thrown(RadioNotAvailable("cannot"))), 6);
  EXPECT_EQ(request_code(thrown(std::runtime_error("?"))), 133);
}

}  // namespace
}  // namespace moor::proxy
