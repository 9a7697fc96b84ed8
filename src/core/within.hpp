#pragma once
// Work that has a deadline. At the deadline the work is cancelled, and its end awaited, so that nothing of it is left when the caller goes on.

#include "moor/clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>

namespace moor {

/// @returns whether the work ended by itself. What it throws goes on to the caller; work that was cancelled at the deadline returns false whatever
/// it throws then, unless it was done in the same moment.
/// Cancellation: as that of the work.
[[nodiscard]] inline awaitable<bool> within(Clock& clock, TimePoint deadline, awaitable<void> work) {
  namespace asio = boost::asio;
  const auto executor = co_await asio::this_coro::executor;
  const auto [order, work_error, clock_error] =
      co_await asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(work), asio::deferred),
                                                       asio::co_spawn(executor, clock.wait_until(deadline), asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  const bool work_was_first = order[0] == 0;
  if (!work_was_first && clock_error == nullptr && work_error != nullptr) co_return false;
  if (work_error) std::rethrow_exception(work_error);
  co_return true;
}

/// The same for work with a result. @returns nothing where the deadline came first.
template <typename Result>
[[nodiscard]] awaitable<std::optional<Result>> within(Clock& clock, TimePoint deadline, awaitable<Result> work) {
  std::optional<Result> result;
  auto keep = [](awaitable<Result> inner, std::optional<Result>& into) -> awaitable<void> {
    into.emplace(co_await std::move(inner));
  };
  if (!co_await within(clock, deadline, keep(std::move(work), result))) co_return std::nullopt;
  co_return result;
}

}  // namespace moor
