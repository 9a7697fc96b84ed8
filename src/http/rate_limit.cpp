#include "http/rate_limit.hpp"

#include "core/require.hpp"

#include <algorithm>

namespace moor::http {

RateLimit::RateLimit(double per_s, double burst, size_t max_addresses)
    : per_s_(per_s), burst_(burst), max_addresses_(max_addresses) {
  require(per_s > 0 && burst >= 1, "a rate is above 0, with one at a time at least");
  others_.tokens = burst;
}

void RateLimit::fill(Bucket& bucket, TimePoint now) const noexcept {
  if (now > bucket.at) bucket.tokens = std::min(burst_, bucket.tokens + to_seconds(now - bucket.at) * per_s_);
  bucket.at = now;
}

// A full bucket says no more than none. Looked at once in the time in which an empty one fills.
void RateLimit::forget_full(TimePoint now) {
  if (now < next_forgetting_) return;
  next_forgetting_ = now + from_seconds(burst_ / per_s_);
  boost::unordered::erase_if(buckets_, [&](auto& each) {
    fill(each.second, now);
    return each.second.tokens >= burst_;
  });
}

RateLimit::Bucket& RateLimit::bucket(const std::string& address, TimePoint now) {
  auto found = buckets_.find(address);
  if (found == buckets_.end() && buckets_.size() >= max_addresses_) forget_full(now);
  Bucket* result = &others_;
  if (found != buckets_.end())
    result = &found->second;
  else if (buckets_.size() < max_addresses_)
    result = &buckets_.emplace(address, Bucket{burst_, now}).first->second;
  fill(*result, now);
  return *result;
}

std::optional<Duration> RateLimit::wait_of(const Bucket& bucket) const noexcept {
  if (bucket.tokens >= 1) return std::nullopt;
  return from_seconds((1 - bucket.tokens) / per_s_);
}

std::optional<Duration> RateLimit::take(const std::string& address, TimePoint now) {
  Bucket& mine = bucket(address, now);
  const auto left = wait_of(mine);
  if (!left) mine.tokens -= 1;
  return left;
}

std::optional<Duration> RateLimit::wait(const std::string& address, TimePoint now) {
  return wait_of(bucket(address, now));
}

}  // namespace moor::http
