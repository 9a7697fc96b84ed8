#include "radio/controller/reasons.hpp"

namespace moor::controller {

using hci::HciStatus;

HciStatus status_of(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::local:
    case CloseReason::other_host: return HciStatus::local_host;
    case CloseReason::peer: return HciStatus::remote_user;
    case CloseReason::supervision_timeout:
    case CloseReason::radio_lost: return HciStatus::connection_timeout;
    case CloseReason::not_established: return HciStatus::not_established;
    case CloseReason::encryption_failed: return HciStatus::mic_failure;
    case CloseReason::unknown: break;
  }
  return HciStatus::unspecified;
}

FailedConnecting outcome_of(ConnectReason reason) noexcept {
  using How = FailedConnecting::How;
  switch (reason) {
    case ConnectReason::timed_out:
    case ConnectReason::device_not_found:
    case ConnectReason::radio_unavailable:
    case ConnectReason::system_gone:
    case ConnectReason::pipe_broken: return {How::goes_on, HciStatus::success};
    case ConnectReason::closed_by_peer: return {How::made_and_lost, HciStatus::remote_user};
    case ConnectReason::supervision_timeout:
    case ConnectReason::disconnected: return {How::made_and_lost, HciStatus::connection_timeout};
    case ConnectReason::aborted_by_local:
    case ConnectReason::canceled:
    case ConnectReason::closed_by_local: return {How::made_and_lost, HciStatus::local_host};
    case ConnectReason::not_established:
    case ConnectReason::out_of_slots:
    case ConnectReason::stack_error:
    case ConnectReason::services_incomplete:
    case ConnectReason::att_error:
    case ConnectReason::unknown: break;
  }
  return {How::made_and_lost, HciStatus::not_established};
}

}  // namespace moor::controller
