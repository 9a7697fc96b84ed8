#pragma once
// What every example does around its own lines: opens the radios that the first argument names, and runs a coroutine to its end.
//
//   discover replay:capture.btsnoop                      a recording, as fast as it goes, on its own time
//   connect 'sim:world.toml?speed=max' A4:CF:12:34:56:78 a simulated world, in virtual time
//   discover bluez                                       this machine's adapter, once moor has one
//
// A connection needs more than one radio's scan: which radios reach the device. `run_paths` gives the plain answer, `run_hub` scans all the
// while beside the program, which is what one wants that stays connected for long.

#include "moor/connect.hpp"
#include "moor/hub.hpp"
#include "moor/radio.hpp"
#include "moor/scanner.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

namespace examples {

inline std::unique_ptr<moor::Clock> clock_for(const moor::RadioSpec& spec) {
  if (spec.is_virtual_time()) return std::make_unique<moor::VirtualClock>();
  return std::make_unique<moor::RealClock>(spec.kind == moor::RadioSpec::Kind::sim ? spec.speed.value_or(1) : 1);
}

/// @param program  int(const moor::RadioSpec&), for the first argument.
/// @returns the program's exit status; 1, with what is wrong and what to do on stderr, for an error of moor.
template <typename Program>
int report(int argc, char** argv, Program program) {
  try {
    return program(moor::RadioSpec::parse(argc > 1 ? argv[1] : "bluez"));
  } catch (const moor::Error& error) {
    std::fprintf(stderr, "%s\n%s\n", error.what(), error.advice().c_str());
    return 1;
  }
}

/// Runs the work to its end, or until Ctrl-C cancels it: links are closed then too. @returns 0, or 130 after Ctrl-C.
/// @throws what the work throws.
inline int finish(boost::asio::io_context& context, moor::Clock& clock, moor::awaitable<void> work) {
  std::exception_ptr error;
  bool interrupted = false;
  boost::asio::cancellation_signal stop;
  boost::asio::signal_set interrupt(context, SIGINT, SIGTERM);
  interrupt.async_wait([&](boost::system::error_code failed, int) {
    if (failed) return;
    interrupted = true;
    stop.emit(boost::asio::cancellation_type::all);
  });
  boost::asio::co_spawn(context, std::move(work),
                        boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr thrown) {
                          error = thrown;
                          interrupt.cancel();
                        }));
  clock.run(context);
  if (interrupted) return 130;
  if (error) std::rethrow_exception(error);
  return 0;
}

/// One radio. @param work  awaitable<void>(moor::Clock&, moor::Radio&)
template <typename Work>
int run(int argc, char** argv, Work work) {
  return report(argc, argv, [&](const moor::RadioSpec& spec) {
    const auto clock = clock_for(spec);
    const auto radio = moor::open_radio(spec, 0, *clock);
    boost::asio::io_context context;
    return finish(context, *clock, work(*clock, *radio));
  });
}

/// All radios of the spec, as ways to a device. @param work  awaitable<void>(moor::PathSource&)
template <typename Work>
int run_paths(int argc, char** argv, Work work) {
  return report(argc, argv, [&](const moor::RadioSpec& spec) {
    const auto clock = clock_for(spec);
    const auto radios = moor::open_radios({spec}, *clock);
    std::vector<moor::Radio*> all;
    for (const auto& radio : radios) all.push_back(radio.get());
    moor::RadioPaths paths(*clock, all);
    boost::asio::io_context context;
    return finish(context, *clock, work(paths));
  });
}

inline moor::Target target_of(const moor::Device& device) {
  return {.address = device.address, .name = device.data.name().value_or("")};
}

inline moor::DeviceNotFound not_heard(moor::Address address) {
  return moor::DeviceNotFound(address.to_string() + " was not heard within 30 s",
                              {.device = address, .advice = "Is it switched on, awake, and near?"});
}

/// Scans until the device is heard, 30 s at most, as one does before a connection: a system knows no device that it has not heard, and forgets
/// it half a minute later. @throws DeviceNotFound.
inline moor::awaitable<moor::Target> find(moor::PathSource& paths, moor::Address address) {
  const moor::Radios radios(paths.radios());
  const auto device = co_await moor::find_device_by_address(paths.clock(), radios, address, std::chrono::seconds(30));
  if (!device) throw not_heard(address);
  co_return target_of(*device);
}

/// The same with a hub, which scans already.
inline moor::awaitable<moor::Target> find(moor::Hub& hub, moor::Address address) {
  const bool heard = co_await hub.wait_heard(address, hub.clock().now() + std::chrono::seconds(30));
  if (!heard) throw not_heard(address);
  co_return target_of(*hub.find(address));
}

/// The address that an argument is. @throws UsageError where there is none.
inline moor::Address address_argument(int argc, char** argv, int place) {
  const auto address = argc > place ? moor::Address::parse(argv[place]) : std::nullopt;
  if (!address) throw moor::UsageError("argument " + std::to_string(place) + " must be an address, such as A4:CF:12:34:56:78");
  return *address;
}

/// The device that the second argument names by its address. @param work  awaitable<void>(moor::PathSource&, moor::Target)
template <typename Work>
int run_device(int argc, char** argv, Work work) {
  const auto find_then_work = [&](moor::PathSource& paths) -> moor::awaitable<void> {
    const moor::Target device = co_await find(paths, address_argument(argc, argv, 2));
    co_await work(paths, device);
  };
  return run_paths(argc, argv, find_then_work);
}

/// All radios of the spec as one, which scan as long as the work runs. @param work  awaitable<void>(moor::Hub&)
template <typename Work>
int run_hub(int argc, char** argv, Work work) {
  return report(argc, argv, [&](const moor::RadioSpec& spec) {
    const auto clock = clock_for(spec);
    const auto radios = moor::open_radios({spec}, *clock);
    boost::asio::io_context context;
    moor::Hub hub(context.get_executor(), *clock, radios);
    boost::asio::cancellation_signal scans_end;
    boost::asio::co_spawn(context, hub.run(), boost::asio::bind_cancellation_slot(scans_end.slot(), boost::asio::detached));
    const auto work_then_end = [&]() -> moor::awaitable<void> {
      std::exception_ptr error;
      try {
        co_await work(hub);
      } catch (...) {
        error = std::current_exception();
      }
      scans_end.emit(boost::asio::cancellation_type::all);
      if (error) std::rethrow_exception(error);
    };
    return finish(context, *clock, work_then_end());
  });
}

}  // namespace examples
