// What programs ask of a proxy, which first must have a session.

#include "core/within.hpp"
#include "radio/esphome/proxy_state.hpp"

#include <fmt/format.h>

namespace moor::esphome_radio {

namespace asio = boost::asio;

namespace {

constexpr Duration ready_time = std::chrono::seconds(10);  // that a connection waits for a session which was lost
constexpr Duration state_time = std::chrono::seconds(2);   // for the scanner's state, which comes at once, or never
constexpr Duration slots_time = std::chrono::seconds(2);   // for the first word on slots, which comes at once

}  // namespace

awaitable<void> ProxyState::wait_login(uint64_t after, TimePoint deadline) {
  Event changed(co_await asio::this_coro::executor);
  const Bell::Listener listener(state_changed_, changed);
  for (;;) {
    if (shut_down_ || has_permanent_problem()) throw unavailable();
    if (is_ready() && logins_ > after) co_return;
    changed.reset();
    const bool in_time = co_await within(clock_, deadline, changed.wait());
    if (in_time) continue;
    if (session_ && session_->status().problem != SessionProblem::none) throw unavailable();
    throw TimedOut(fmt::format("{} has not logged us in in time", proxy_name()),
                   {.radio = info_.name, .advice = "Is it switched on, and is that its address?"});
  }
}

awaitable<void> ProxyState::wait_ready(TimePoint deadline) {
  return wait_login(0, deadline);
}

// Requests that are sent before the proxy serves us are answered to another program.
awaitable<void> ProxyState::wait_subscribed(TimePoint deadline) {
  Event changed(co_await asio::this_coro::executor);
  const Bell::Listener listener(state_changed_, changed);
  while (is_ready() && !machine_.is_held_by_another() && !machine_.is_answered()) {
    changed.reset();
    const bool in_time = co_await within(clock_, deadline, changed.wait());
    if (!in_time) break;
  }
  if (machine_.is_held_by_another()) throw held();
}

awaitable<void> ProxyState::open(TimePoint deadline) {
  const auto keep = shared_from_this();
  begin(co_await asio::this_coro::executor);
  const Use use(*this);
  co_await wait_ready(deadline);
  if (!info_.can_connect) co_return;
  deadline = std::min(deadline, clock_.now() + slots_time);
  Event changed(co_await asio::this_coro::executor);
  const Bell::Listener listener(state_changed_, changed);
  while (is_ready() && slots().limit == 0) {
    changed.reset();
    const bool in_time = co_await within(clock_, deadline, changed.wait());
    if (!in_time) co_return;
  }
}

awaitable<void> ProxyState::scan(ScanOptions options, SightingSink& sink) {
  const auto keep = shared_from_this();
  const auto executor = co_await asio::this_coro::executor;
  begin(executor);
  Event changed(executor);
  const Bell::Listener listener(state_changed_, changed);
  Scan scan{options.active ? esphome::ScannerMode::active : esphome::ScannerMode::passive, &sink};
  const Use use(*this, &scan);
  for (;;) {
    if (scan.thrown) std::rethrow_exception(scan.thrown);
    if (has_permanent_problem() && !last_heard_) throw unavailable();
    changed.reset();
    co_await changed.wait();
  }
}

awaitable<std::unique_ptr<Link>> ProxyState::connect(Address device, LinkOptions options) {
  const auto keep = shared_from_this();
  begin(co_await asio::this_coro::executor);
  const TimePoint deadline = clock_.now() + options.timeout;
  const Use use(*this, nullptr, true);
  co_await wait_ready(std::min(deadline, clock_.now() + ready_time));
  co_await wait_subscribed(std::min(deadline, clock_.now() + state_time));
  options.timeout = std::max(deadline - clock_.now(), Duration(1));
  if (options.label.empty()) options.label = "moor";
  co_return co_await connections_->connect(device, std::move(options));
}

awaitable<void> ProxyState::close_connection(Address device, TimePoint deadline) {
  const auto keep = shared_from_this();
  if (!is_ready()) co_return;
  const Use use(*this, nullptr, true);
  co_await connections_->close_connection(device, deadline);
}

awaitable<bool> ProxyState::forget(Address device, bool bond_too, TimePoint deadline) {
  const auto keep = shared_from_this();
  begin(co_await asio::this_coro::executor);
  const Use use(*this, nullptr, true);
  co_await wait_ready(deadline);
  co_return co_await connections_->forget(device, bond_too, deadline);
}

awaitable<bool> ProxyState::clear_services(Address device, TimePoint deadline) {
  const auto keep = shared_from_this();
  begin(co_await asio::this_coro::executor);
  const Use use(*this, nullptr, true);
  co_await wait_ready(deadline);
  co_return co_await connections_->clear_services(device, deadline);
}

awaitable<void> ProxyState::recover(bool hard, TimePoint deadline) {
  const auto keep = shared_from_this();
  begin(co_await asio::this_coro::executor);
  const Use use(*this);
  if (machine_.is_held_by_another()) throw held();
  if (!hard) {
    if (!is_ready()) throw unavailable();
    (void)machine_.renew();
    pump();
    co_return;
  }
  const uint64_t before = logins_;
  if (is_ready())
    session_->restart();
  else if (session_ && !has_permanent_problem())
    session_->retry_now();
  co_await wait_login(before, deadline);
}

awaitable<void> ProxyState::device_changed() {
  const auto keep = shared_from_this();
  Event changed(co_await asio::this_coro::executor);
  const Bell::Listener listener(device_changed_, changed);
  co_await changed.wait();
}

}  // namespace moor::esphome_radio
