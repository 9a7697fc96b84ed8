#include "radio/device_watch.hpp"

#include "core/activities.hpp"

#include <boost/asio/this_coro.hpp>

namespace moor {

namespace asio = boost::asio;

awaitable<void> wait_changed(std::vector<Radio*> radios, Address device, Event& changed) {
  Activities watchers(co_await asio::this_coro::executor);
  for (Radio* radio : radios)
    watchers.start(radio->device_changed(device), [&changed](std::exception_ptr error) {
      if (!error) changed.set();
    });
  std::exception_ptr cancelled;
  try {
    co_await changed.wait();
  } catch (...) {
    cancelled = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await watchers.stop();
  if (cancelled) std::rethrow_exception(cancelled);
}

}  // namespace moor
