#pragma once
// Names are looked up on threads, since the system's function blocks, perhaps for a minute. Who waits can be cancelled; the thread then ends when it likes, and nobody
// hears of it.

#include "http/client.hpp"

#include <atomic>
#include <memory>

namespace moor::http {

class LookupDesk {
public:
  static constexpr int max_threads = 8;

  /// Addresses as they are need no thread. @throws HttpError with name_not_found, also while too many threads hang. Cancellation: total.
  [[nodiscard]] awaitable<std::vector<std::string>> find(boost::asio::any_io_executor executor, Clock& clock, Lookup lookup,
                                                         std::string host);

private:
  std::shared_ptr<std::atomic<int>> threads_ = std::make_shared<std::atomic<int>>(0);
};

/// Of the field Retry-After (RFC 9110, 10.2.3): seconds, or a date as "Fri, 21 Nov 2026 10:00:00 GMT". @returns nothing for what is neither; at most a day.
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view text, WallTime now);

}  // namespace moor::http
