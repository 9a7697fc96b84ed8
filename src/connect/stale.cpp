#include "moor/stale.hpp"

#include "core/within.hpp"

namespace moor {

namespace {

namespace asio = boost::asio;

bool succeeded(bool done) {
  return done;
}
bool succeeded(const std::optional<bool>& result) {
  return result.value_or(false);
}

// To the deadline at most. What fails has not been done; only a cancellation goes on.
template <typename Result>
awaitable<bool> attempt(Clock& clock, TimePoint deadline, awaitable<Result> work) {
  std::exception_ptr failed;
  bool done = false;
  try {
    done = succeeded(co_await within(clock, deadline, std::move(work)));
  } catch (...) {
    failed = std::current_exception();
  }
  const auto state = co_await asio::this_coro::cancellation_state;
  if (failed && state.cancelled() != asio::cancellation_type::none) std::rethrow_exception(failed);
  co_return done;
}

}  // namespace

awaitable<size_t> close_stale_connections(PathSource& paths, FoundDevice device, StaleScope scope) {
  size_t ended = 0;
  for (const FoundDevice& each : connected_devices(paths, device.device.address)) {
    if (scope == StaleScope::only_other_radios && each.radio == device.radio) continue;
    const TimePoint deadline = paths.clock().now() + stale_disconnect_timeout;
    if (co_await attempt(paths.clock(), deadline, each.radio->close_connection(each.device.address, deadline))) ++ended;
  }
  co_return ended;
}

awaitable<size_t> close_stale_connections(PathSource& paths, Target target, StaleScope scope) {
  return close_stale_connections_by_address(paths, target.address, scope);
}

awaitable<size_t> close_stale_connections_by_address(PathSource& paths, Address address, StaleScope scope) {
  const auto found = find_device(paths, address);
  if (!found) co_return 0;
  co_return co_await close_stale_connections(paths, *found, scope);
}

awaitable<bool> clear_cache(PathSource& paths, Address address, ServiceCache* cache) {
  bool forgotten = cache != nullptr && cache->forget(address);
  if (!find_device(paths, address)) co_return forgotten;
  for (Radio* radio : paths.radios()) {
    const TimePoint deadline = paths.clock().now() + stale_disconnect_timeout;
    if (co_await attempt(paths.clock(), deadline, radio->forget(address, false, deadline))) forgotten = true;
  }
  co_return forgotten;
}

size_t restore_discoveries(Scanner& scanner, const Radio& radio) {
  size_t added = 0;
  for (const KnownDevice& device : radio.known_devices())
    if (scanner.restore(device, radio.info().id)) ++added;
  return added;
}

}  // namespace moor
