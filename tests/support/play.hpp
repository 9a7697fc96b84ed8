#pragma once
// A coroutine in virtual time, to its end.

#include "moor/clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

namespace moor::testing {

/// Runs the work and all that it started; what the work throws comes out.
inline void play(VirtualClock& clock, boost::asio::io_context& context, awaitable<void> work) {
  std::exception_ptr error;
  context.restart();
  boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown) { error = thrown; });
  clock.run(context);
  if (error) std::rethrow_exception(error);
}

}  // namespace moor::testing
