#include "proxy/error_codes.hpp"

namespace moor::proxy {

namespace {

// esp_gatt_conn_reason_t, as clients name them.
constexpr int32_t supervision_timeout = 0x08;
constexpr int32_t peer_ended = 0x13;
constexpr int32_t local_ended = 0x16;
constexpr int32_t not_established = 0x3E;
constexpr int32_t failed = 0x85;
constexpr int32_t canceled = 0x100;  // read as "out of slots" by clients, which then wait for 4 s

}  // namespace

int32_t connection_code(ConnectReason reason) noexcept {
  switch (reason) {
    case ConnectReason::timed_out:
    case ConnectReason::device_not_found:
    case ConnectReason::not_established:
    case ConnectReason::disconnected: return not_established;
    case ConnectReason::out_of_slots:
    case ConnectReason::canceled: return canceled;
    case ConnectReason::aborted_by_local:
    case ConnectReason::closed_by_local: return local_ended;
    case ConnectReason::closed_by_peer: return peer_ended;
    case ConnectReason::supervision_timeout: return supervision_timeout;
    case ConnectReason::stack_error:
    case ConnectReason::services_incomplete:
    case ConnectReason::att_error:
    case ConnectReason::radio_unavailable:
    case ConnectReason::system_gone:
    case ConnectReason::pipe_broken:
    case ConnectReason::unknown: break;
  }
  return failed;
}

int32_t connection_code(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::local:
    case CloseReason::other_host:
    case CloseReason::radio_lost: return local_ended;
    case CloseReason::peer: return peer_ended;
    case CloseReason::supervision_timeout: return supervision_timeout;
    case CloseReason::not_established: return not_established;
    case CloseReason::encryption_failed:  // HCI's 0x05, 0x06 and 0x3D are none of the numbers that clients know
    case CloseReason::unknown: break;
  }
  return failed;
}

int32_t connection_code(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const ConnectError& thrown) {
    return connection_code(thrown.cause().reason);
  } catch (const LinkClosed& thrown) {
    return connection_code(thrown.closed().reason);
  } catch (const TimedOut&) {
    return connection_code(ConnectReason::timed_out);
  } catch (...) {
    return failed;
  }
}

// esp_ble_auth_fail_rsn_t, which firmware sends in message 85.
int32_t request_code(PairingProblem problem) noexcept {
  constexpr int32_t passkey_failed = 78;
  constexpr int32_t authentication_failed = 80;
  constexpr int32_t not_supported = 82;
  constexpr int32_t unknown = 85;
  constexpr int32_t busy = 96;
  constexpr int32_t no_response = 99;
  switch (problem) {
    case PairingProblem::refused: return not_supported;
    case PairingProblem::rejected: return authentication_failed;
    case PairingProblem::wrong_passkey: return passkey_failed;
    case PairingProblem::timed_out: return no_response;
    case PairingProblem::busy: return busy;
    case PairingProblem::canceled:
    case PairingProblem::unknown: break;
  }
  return unknown;
}

int32_t request_code(const std::exception_ptr& error) noexcept {
  constexpr int32_t not_found = 10;
  try {
    std::rethrow_exception(error);
  } catch (const GattError& thrown) {
    return thrown.code() == 0 ? gatt_code::error : thrown.code();  // 0 would be no error
  } catch (const LinkClosed&) {
    return gatt_code::not_connected;
  } catch (const PairingFailed& thrown) {
    return request_code(thrown.problem());
  } catch (const AttributeNotFound&) {
    return not_found;
  } catch (const UsageError&) {
    return gatt_code::illegal_parameter;
  } catch (const RadioNotAvailable&) {
    return gatt_code::not_supported;
  } catch (...) {
    return gatt_code::error;
  }
}

}  // namespace moor::proxy
