#pragma once
// Work that is given up when something else happens first.

#include "moor/clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace moor {

/// @returns whether the work ended before `other` did. What is not done then is cancelled, and its end awaited. What the work throws goes on to the
/// caller; work that was cancelled returns false whatever it throws then. What `other` throws without having been cancelled goes on too.
/// Cancellation: as that of the work.
[[nodiscard]] inline awaitable<bool> unless(awaitable<void> other, awaitable<void> work) {
  namespace asio = boost::asio;
  const auto executor = co_await asio::this_coro::executor;
  const auto [order, work_error, other_error] =
      co_await asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(work), asio::deferred),
                                                       asio::co_spawn(executor, std::move(other), asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  const bool work_was_first = order[0] == 0;
  if (!work_was_first && other_error == nullptr && work_error != nullptr) co_return false;
  if (work_error) std::rethrow_exception(work_error);
  co_return true;
}

}  // namespace moor
