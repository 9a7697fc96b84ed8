#pragma once
// How a call over the bus ended, as one word or line, so that a test compares text.

#include "dbus/bus.hpp"

#include <boost/system/system_error.hpp>
#include <string>

namespace moor::testing {

[[nodiscard]] inline awaitable<std::string> outcome(awaitable<dbus::Message> call) {
  try {
    const dbus::Message answer = co_await std::move(call);
    co_return "answered " + std::string(answer.signature());
  } catch (const dbus::CallFailed& failed) {
    co_return failed.name() + ": " + failed.what();
  } catch (const dbus::BusLost& lost) {
    co_return lost.denied() ? "denied" : "lost";
  } catch (const TimedOut&) {
    co_return "timed out";
  } catch (const boost::system::system_error&) {
    co_return "cancelled";
  }
}

/// The same for the opening of a bus.
[[nodiscard]] inline awaitable<std::string> outcome(awaitable<std::unique_ptr<dbus::Bus>> opening) {
  try {
    (void)co_await std::move(opening);
    co_return "open";
  } catch (const dbus::BusLost& lost) {
    co_return lost.denied() ? "denied" : "lost";
  } catch (const TimedOut&) {
    co_return "timed out";
  }
}

}  // namespace moor::testing
