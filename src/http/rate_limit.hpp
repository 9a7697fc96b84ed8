#pragma once
// How often an address may ask: a bucket of tokens for each, filled at a steady rate. A machine without I/O, bounded in memory: addresses beyond its table share one
// bucket.

#include "moor/time.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <string>

namespace moor::http {

class RateLimit {
public:
  /// @param per_s  above 0. @param burst  at least 1: as many at once.
  RateLimit(double per_s, double burst, size_t max_addresses = 4096);

  /// @returns nothing, and takes a token; or how long it takes until there is one.
  [[nodiscard]] std::optional<Duration> take(const std::string& address, TimePoint now);
  /// The same without taking it.
  [[nodiscard]] std::optional<Duration> wait(const std::string& address, TimePoint now);
  [[nodiscard]] size_t addresses() const noexcept { return buckets_.size(); }

private:
  struct Bucket {
    double tokens = 0;
    TimePoint at;
  };
  Bucket& bucket(const std::string& address, TimePoint now);
  void fill(Bucket& bucket, TimePoint now) const noexcept;
  void forget_full(TimePoint now);
  [[nodiscard]] std::optional<Duration> wait_of(const Bucket& bucket) const noexcept;

  double per_s_;
  double burst_;
  size_t max_addresses_;
  TimePoint next_forgetting_;
  Bucket others_;
  boost::unordered_flat_map<std::string, Bucket> buckets_;
};

}  // namespace moor::http
