// The names of ESP errors, and what the retry rules make of them (bleak-retry-connector 4.6.3, its tables by substring).

#include "connect/retry_policy.hpp"
#include "radio/esphome/link_state.hpp"

#include <gmock/gmock.h>

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct Row {
  int32_t error;
  const char* text;
  ConnectReason reason;
  CloseReason close;
  AttemptBudget budget;
  Duration backoff;
};
const Row rows[] = {
    {0x100, "ESP_GATT_CONN_CONN_CANCEL (0x100)", ConnectReason::out_of_slots, CloseReason::unknown, AttemptBudget::transient, 4s},
    {0x0D, "HCI_ERR_HOST_REJECT_RESOURCES (0x0d)", ConnectReason::out_of_slots, CloseReason::unknown, AttemptBudget::transient,
     4s},
    {0x3E, "ESP_GATT_CONN_FAIL_ESTABLISH (0x3e)", ConnectReason::not_established, CloseReason::not_established,
     AttemptBudget::transient, 500ms},
    {0x13, "ESP_GATT_CONN_TERMINATE_PEER_USER (0x13)", ConnectReason::closed_by_peer, CloseReason::peer, AttemptBudget::transient,
     250ms},
    {0x16, "ESP_GATT_CONN_TERMINATE_LOCAL_HOST (0x16)", ConnectReason::closed_by_local, CloseReason::other_host,
     AttemptBudget::transient, 250ms},
    {0x08, "ESP_GATT_CONN_TIMEOUT (0x08)", ConnectReason::supervision_timeout, CloseReason::supervision_timeout,
     AttemptBudget::errors, 500ms},
    {0x85, "ESP_GATT_ERROR (0x85)", ConnectReason::stack_error, CloseReason::unknown, AttemptBudget::errors, 1s},
    {0x22, "ESP_GATT_CONN_LMP_TIMEOUT (0x22)", ConnectReason::unknown, CloseReason::unknown, AttemptBudget::errors, 100ms},
    {0x01, "ESP_GATT_CONN_L2C_FAILURE (0x01)", ConnectReason::unknown, CloseReason::unknown, AttemptBudget::errors, 100ms},
    {0x00, "ESP_GATT_CONN_UNKNOWN (0x00)", ConnectReason::unknown, CloseReason::unknown, AttemptBudget::errors, 100ms},
    {0x101, "ESP_GATT_CONN_NONE (0x101)", ConnectReason::unknown, CloseReason::unknown, AttemptBudget::errors, 100ms},
    {-1, "ESP_GATT_NOT_CONNECTED (-1)", ConnectReason::disconnected, CloseReason::unknown, AttemptBudget::errors, 100ms},
    {0x05, "HCI_ERR_AUTH_FAILURE (0x05)", ConnectReason::unknown, CloseReason::encryption_failed, AttemptBudget::errors, 100ms},
    {0x3D, "HCI_ERR_CONN_FAILED_DUE_TO_MIC_FAILURE (0x3d)", ConnectReason::unknown, CloseReason::encryption_failed,
     AttemptBudget::errors, 100ms},
    {0x84, "ESP_GATT_BUSY (0x84)", ConnectReason::unknown, CloseReason::unknown, AttemptBudget::errors, 100ms},
    {0x77, "error 0x77", ConnectReason::unknown, CloseReason::unknown, AttemptBudget::errors, 100ms},
    {-1000, "error -1000", ConnectReason::unknown, CloseReason::unknown, AttemptBudget::errors, 100ms},
};

TEST(EsphomeConnectionErrors, HaveTheNamesOfTheFirmwareAndTheRightClass) {
  for (const Row& row : rows) {
    const ConnectCause cause = connect_cause(row.error);
    EXPECT_EQ(cause.text, row.text);
    EXPECT_EQ(connection_error_name(row.error), row.text);
    EXPECT_EQ(cause.reason, row.reason) << row.text;
    EXPECT_EQ(cause.origin, CauseOrigin::radio) << row.text;
    EXPECT_EQ(close_reason(row.error), row.close) << row.text;
    const RetryRule rule = retry_rule(cause, RetryProfile::standard);
    EXPECT_EQ(rule.budget, row.budget) << row.text;
    EXPECT_EQ(rule.backoff, row.backoff) << row.text;
  }
}

// What the text names is what the reason says, so that both profiles agree.
TEST(EsphomeConnectionErrors, TheTextNamesNoOtherReason) {
  for (int32_t error = -2; error <= 0x110; ++error) {
    const ConnectCause cause = connect_cause(error);
    const ConnectReason named = reason_in(cause.text);
    if (named != ConnectReason::unknown) {
      EXPECT_EQ(named, cause.reason) << cause.text;
    }
  }
}

TEST(EsphomeConnectionErrors, OperationsHaveNamesOfTheirOwn) {
  EXPECT_EQ(gatt_error_name(5), "ESP_GATT_INSUF_AUTHENTICATION (0x05)");
  EXPECT_EQ(gatt_error_name(0x0D), "ESP_GATT_INVALID_ATTR_LEN (0x0d)");
  EXPECT_EQ(gatt_error_name(133), "ESP_GATT_ERROR (0x85)");
  EXPECT_EQ(gatt_error_name(143), "ESP_GATT_CONGESTED (0x8f)");
  EXPECT_EQ(gatt_error_name(0xFD), "ESP_GATT_CCC_CFG_ERR (0xfd)");
  EXPECT_EQ(gatt_error_name(0x9F), "error 0x9f");
  EXPECT_EQ(gatt_error_name(INT32_MIN), "error -2147483648");
}

TEST(EsphomeConnectionErrors, PairingProblems) {
  EXPECT_EQ(pairing_problem(82), PairingProblem::refused);
  EXPECT_EQ(pairing_problem(81), PairingProblem::wrong_passkey);
  EXPECT_EQ(pairing_problem(96), PairingProblem::busy);
  EXPECT_EQ(pairing_problem(99), PairingProblem::timed_out);
  EXPECT_EQ(pairing_problem(1), PairingProblem::unknown);
  EXPECT_EQ(pairing_error_name(82), "ESP_AUTH_SMP_PAIR_NOT_SUPPORT (0x52)");
  EXPECT_EQ(pairing_error_name(-1), "error -1");
}

}  // namespace
}  // namespace moor::esphome_radio
