#include "publish/webhook_policy.hpp"

namespace moor::publish {

WebhookPolicy::Next WebhookPolicy::on_attempt(std::optional<unsigned> status, std::optional<Duration> retry_after) {
  constexpr unsigned request_timeout = 408;
  constexpr unsigned too_many_requests = 429;
  if (status && *status >= 200 && *status < 300) {
    pause_.reset();
    refusals_ = 0;
    return {.done = true};
  }
  const Duration wait = retry_after ? std::clamp(*retry_after, shortest_wait, longest_wait) : pause_.next();
  const bool says_no = status && *status >= 300 && *status < 500 && *status != request_timeout && *status != too_many_requests;
  if (!says_no || ++refusals_ < tries_if_refused) return {.wait = wait};
  refusals_ = 0;
  pause_.reset();
  return {.done = true, .refused = true};
}

}  // namespace moor::publish
