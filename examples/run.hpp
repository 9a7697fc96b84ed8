#pragma once
// What every example does around its own lines: opens the radio that the first argument names, and runs a coroutine to its end.
//
//   discover replay:capture.btsnoop        a recording, as fast as it goes, on its own time
//   discover bluez                         this machine's adapter, once moor has one

#include "moor/error.hpp"
#include "moor/radio.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>

namespace examples {

/// @param work  awaitable<void>(moor::Clock&, moor::Radio&)
/// @returns the program's exit status.
template <typename Work>
int run(int argc, char** argv, Work work) {
  try {
    const auto spec = moor::RadioSpec::parse(argc > 1 ? argv[1] : "bluez");
    std::unique_ptr<moor::Clock> clock;
    if (spec.is_virtual_time())
      clock = std::make_unique<moor::VirtualClock>();
    else
      clock = std::make_unique<moor::RealClock>();
    const auto radio = moor::open_radio(spec, 0, *clock);

    boost::asio::io_context context;
    std::exception_ptr error;
    boost::asio::co_spawn(context, work(*clock, *radio), [&](std::exception_ptr thrown) { error = thrown; });
    clock->run(context);
    if (error) std::rethrow_exception(error);
    return 0;
  } catch (const moor::Error& error) {
    std::fprintf(stderr, "%s\n%s\n", error.what(), error.advice().c_str());
    return 1;
  }
}

}  // namespace examples
