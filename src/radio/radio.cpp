#include "moor/radio.hpp"

#include "core/event.hpp"

#include <boost/asio/this_coro.hpp>

namespace moor {

std::string_view to_string(RadioHealth::State state) noexcept {
  switch (state) {
    case RadioHealth::State::idle: return "idle";
    case RadioHealth::State::scanning: return "scanning";
    case RadioHealth::State::silent: return "silent";
    case RadioHealth::State::unavailable: break;
  }
  return "unavailable";
}

awaitable<void> Radio::open(TimePoint) {
  co_return;
}

awaitable<std::unique_ptr<Link>> Radio::connect(Address, LinkOptions) {
  throw RadioNotAvailable("radio " + info().name + " cannot connect",
                          {.radio = info().name, .advice = "Use an adapter, a proxy or a simulated world."},
                          Unavailable::cannot_connect);
  co_return nullptr;
}

awaitable<void> Radio::device_changed(Address) {
  Event never(co_await boost::asio::this_coro::executor);
  co_await never.wait();
}

awaitable<void> Radio::close_connection(Address, TimePoint) {
  co_return;
}

awaitable<bool> Radio::forget(Address, bool, TimePoint) {
  co_return false;
}

awaitable<bool> Radio::clear_services(Address, TimePoint) {
  co_return false;
}

awaitable<void> Radio::recover(bool, TimePoint) {
  co_return;
}

}  // namespace moor
