#include "moor/session.hpp"

#include "connect/notifications.hpp"
#include "connect/session_machine.hpp"
#include "core/activities.hpp"
#include "core/within.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/post.hpp>

namespace moor {

namespace asio = boost::asio;

std::string_view to_string(SessionEvent::Kind kind) noexcept {
  switch (kind) {
    case SessionEvent::Kind::connected: return "connected";
    case SessionEvent::Kind::value: return "value";
    case SessionEvent::Kind::operation_failed: return "operation_failed";
    case SessionEvent::Kind::disconnected: return "disconnected";
    case SessionEvent::Kind::connect_failed: return "connect_failed";
    case SessionEvent::Kind::waiting: break;
  }
  return "waiting";
}

double SessionReport::uptime() const noexcept {
  return until > started ? to_seconds(up) / to_seconds(until - started) : 1.0;
}

struct Session::State {
  using Self = std::shared_ptr<State>;
  using Kind = SessionEvent::Kind;
  using Action = SessionMachine::Action;

  State(PathSource& paths, Target target, SessionOptions options)
      : paths(paths), target(std::move(target)), options(std::move(options)) {}

  static awaitable<void> run(Self self);
  static awaitable<void> stay_connected(Self self);
  static awaitable<Action> connect_and_hold(Self self);
  static awaitable<std::string> hold(Self self);
  static awaitable<void> work(Self self);
  static awaitable<void> subscribe(Self self, size_t index);
  static awaitable<void> read(Self self, size_t index);
  static awaitable<void> deliver(Self self);
  bool deliver_next();
  void notice_ended_subscriptions();
  void end_link(std::string why);
  void refused(const Uuid& characteristic, const std::string& cause);
  void emit(SessionEvent event);
  [[nodiscard]] TimePoint now() const { return paths.clock().now(); }

  PathSource& paths;
  Target target;
  SessionOptions options;
  std::shared_ptr<EventCallback> callback{};
  std::optional<SessionMachine> machine{};
  std::optional<Client> client{};
  std::vector<std::shared_ptr<Notifications::Queue>> queues{};  // of the subscriptions in place, by their place in the options
  bool running = false;
  bool stopping = false;
  std::exception_ptr thrown_by_callback{};

  // What the coroutines of one link tell each other; null where nobody waits.
  Event* end = nullptr;            // of `run`
  Event* link_over = nullptr;      // `hold` waits for it
  Event* arrived = nullptr;        // `deliver`
  Event* subscriptions = nullptr;  // `work`: one of them has ended
  std::string why_over{};
  TimePoint over_at{};
};

namespace {

// For as long as somebody waits for the event, others find it there.
class Shown {
public:
  Shown(Event*& place, Event& event) : place_(place) { place_ = &event; }
  ~Shown() { place_ = nullptr; }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

private:
  Event*& place_;
};

std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "unknown error";
  }
}

std::string text_of(const Closed& closed) {
  const std::string_view reason = to_string(closed.reason);
  return closed.text.empty() || closed.text == reason ? std::string(reason) : fmt::format("{} ({})", reason, closed.text);
}

awaitable<void> until_closed(Client& client) {
  (void)co_await client.wait_closed();
}

}  // namespace

Session::Session(PathSource& paths, Target target, SessionOptions options)
    : state_(std::make_shared<State>(paths, std::move(target), std::move(options))) {}

Session::~Session() {
  state_->callback = nullptr;
  stop();
}

void Session::on_event(EventCallback callback) {
  state_->callback = std::make_shared<EventCallback>(std::move(callback));
}

awaitable<void> Session::run() {
  return State::run(state_);
}

void Session::stop() noexcept {
  state_->stopping = true;
  if (state_->end != nullptr) state_->end->set();
}

Client* Session::client() noexcept {
  return state_->client && state_->client->is_connected() ? &*state_->client : nullptr;
}

SessionReport Session::report() const {
  if (!state_->machine) return {.started = state_->now(), .until = state_->now()};
  return state_->machine->report(state_->now());
}

awaitable<void> Session::State::run(Self self) {
  if (self->running) throw UsageError("the session runs already");
  self->machine.emplace(self->options);
  const auto executor = co_await asio::this_coro::executor;
  Event end(executor);
  Activities activities(executor);
  const Shown shown(self->end, end);
  self->running = true;
  self->stopping = false;
  self->thrown_by_callback = nullptr;
  std::exception_ptr failure;
  activities.start(stay_connected(self), [&](std::exception_ptr error) {
    if (!self->stopping) failure = error;
    end.set();
  });

  std::exception_ptr cancelled;
  try {
    co_await end.wait();
  } catch (...) {
    cancelled = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  self->stopping = true;
  const TimePoint stopped = self->now();  // closing the link is no part of the session
  co_await activities.stop();
  self->machine->on_stopped(stopped);
  self->running = false;
  if (cancelled) std::rethrow_exception(cancelled);
  if (self->thrown_by_callback) std::rethrow_exception(self->thrown_by_callback);
  if (failure) std::rethrow_exception(failure);
}

awaitable<void> Session::State::stay_connected(Self self) {
  Action next = self->machine->on_start(self->now());
  while (!self->stopping) {
    if (const auto* const wait = std::get_if<SessionMachine::Wait>(&next)) {
      self->emit({.kind = Kind::waiting, .wait = wait->how_long});
      co_await self->paths.clock().wait_for(wait->how_long);
      next = self->machine->on_waited();
    } else {
      next = co_await connect_and_hold(self);
    }
  }
}

awaitable<Session::State::Action> Session::State::connect_and_hold(Self self) {
  ConnectOptions options = self->options.connect;
  options.client.on_disconnected = nullptr;
  std::exception_ptr failure;
  try {
    Client made = co_await establish_connection(self->paths, self->target, options);
    self->client.emplace(std::move(made));
  } catch (const UsageError&) {
    throw;
  } catch (...) {
    if (self->stopping) throw;
    failure = std::current_exception();
  }
  if (failure) {
    const std::string cause = text_of(failure);
    const Action next = self->machine->on_connect_failed(self->now(), cause);
    self->emit({.kind = Kind::connect_failed, .cause = cause});
    co_return next;
  }
  self->machine->on_connected(self->now());
  const std::string cause = co_await hold(self);
  const Action next = self->machine->on_link_lost(self->over_at, cause);
  self->emit({.kind = Kind::disconnected, .time = self->over_at, .cause = cause});
  co_return next;
}

// To the end of the link, however it comes; then nothing of it is left.
awaitable<std::string> Session::State::hold(Self self) {
  const auto executor = co_await asio::this_coro::executor;
  Event over(executor);
  const Shown shown(self->link_over, over);
  self->why_over.clear();
  self->queues.assign(self->options.subscriptions.size(), nullptr);
  Activities activities(executor);
  const auto ended = [self = self.get()](std::exception_ptr error) { self->end_link(error ? text_of(error) : std::string()); };
  activities.start(until_closed(*self->client), ended);
  activities.start(work(self), ended);
  activities.start(deliver(self), ended);
  std::exception_ptr cancelled;
  try {
    co_await over.wait();
  } catch (...) {
    cancelled = std::current_exception();
  }

  // A cancellation that comes from here on is not lost: `stopping` tells of it.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await activities.stop();
  const std::string why = self->client->closed() ? text_of(*self->client->closed()) : self->why_over;
  try {
    while (!self->stopping && !self->thrown_by_callback && self->deliver_next()) {
    }
  } catch (...) {  // is `thrown_by_callback`
  }
  for (const auto& queue : self->queues)
    if (queue) queue->on_arrival = nullptr;
  self->queues.clear();
  co_await self->client->disconnect();
  self->client.reset();
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  if (cancelled) std::rethrow_exception(cancelled);
  if (self->thrown_by_callback) std::rethrow_exception(self->thrown_by_callback);
  co_return why;
}

void Session::State::end_link(std::string why) {
  if (link_over == nullptr || link_over->is_set()) return;
  why_over = std::move(why);
  over_at = now();
  link_over->set();
}

// Subscribes and reads when it is time. What ends the link is thrown.
awaitable<void> Session::State::work(Self self) {
  Event changed(co_await asio::this_coro::executor);
  const Shown shown(self->subscriptions, changed);
  bool told = false;
  for (;;) {
    if (const auto index = self->machine->due_subscription(self->now())) {
      co_await subscribe(self, *index);
      continue;
    }
    if (!std::exchange(told, true)) self->emit({.kind = Kind::connected});
    if (const auto index = self->machine->due_read(self->now())) {
      co_await read(self, *index);
      continue;
    }
    changed.reset();
    if (const TimePoint next = self->machine->next_due(); next == TimePoint::max())
      co_await changed.wait();
    else
      (void)co_await within(self->paths.clock(), next, changed.wait());
  }
}

awaitable<void> Session::State::subscribe(Self self, size_t index) {
  const auto& wanted = self->options.subscriptions[index];
  std::string refusal;
  try {
    Notifications values = co_await self->client->subscribe(wanted.characteristic, wanted.options);
    self->queues[index] = values.queue_;
  } catch (const LinkClosed&) {
    throw;
  } catch (const TimedOut&) {
    throw;
  } catch (const Error& e) {
    refusal = e.what();
  }
  if (!refusal.empty()) {
    self->machine->on_subscription_failed(self->now(), index, refusal);
    self->refused(wanted.characteristic.uuid, refusal);
    co_return;
  }
  self->queues[index]->on_arrival = [weak = std::weak_ptr(self)] {
    const Self alive = weak.lock();
    if (alive && alive->arrived != nullptr) alive->arrived->set();
  };
  self->machine->on_subscribed(self->now(), index);
  if (self->arrived != nullptr) self->arrived->set();  // values may have come before the answer
}

awaitable<void> Session::State::read(Self self, size_t index) {
  const CharacteristicName& wanted = self->options.reads[index].characteristic;
  std::vector<uint8_t> value;
  std::string refusal;
  try {
    value = co_await self->client->read(wanted);
  } catch (const LinkClosed&) {
    throw;
  } catch (const TimedOut&) {
    throw;
  } catch (const Error& e) {
    refusal = e.what();
  }
  while (self->deliver_next()) {  // what came before the answer
  }
  if (!refusal.empty()) {
    self->machine->on_read_failed(self->now(), index);
    self->refused(wanted.uuid, refusal);
  } else {
    self->machine->on_read(self->now(), index);
    self->emit({.kind = Kind::value, .characteristic = wanted.uuid, .value = std::move(value)});
  }
}

void Session::State::refused(const Uuid& characteristic, const std::string& cause) {
  emit({.kind = Kind::operation_failed, .characteristic = characteristic, .cause = cause});
}

// Hands values over, of several subscriptions in their common order.
awaitable<void> Session::State::deliver(Self self) {
  Event arrived(co_await asio::this_coro::executor);
  const Shown shown(self->arrived, arrived);
  for (;;) {
    while (self->deliver_next()) co_await asio::post(asio::use_awaitable);
    self->notice_ended_subscriptions();
    arrived.reset();
    co_await arrived.wait();
  }
}

bool Session::State::deliver_next() {
  Notifications::Queue* oldest = nullptr;
  for (const auto& queue : queues) {
    if (queue == nullptr || queue->waiting.empty()) continue;
    if (oldest == nullptr || queue->waiting.front().arrival < oldest->waiting.front().arrival) oldest = queue.get();
  }
  if (oldest == nullptr) return false;
  Notification value = *oldest->take();
  machine->on_value(value.dropped);
  emit({.kind = Kind::value,
        .time = value.time,
        .characteristic = value.characteristic,
        .value = std::move(value.value),
        .notified = true,
        .dropped = value.dropped});
  return true;
}

void Session::State::notice_ended_subscriptions() {
  if (!client->is_connected()) return;
  for (size_t index = 0; index < queues.size(); ++index) {
    if (queues[index] == nullptr || !queues[index]->ended) continue;
    queues[index] = nullptr;
    const std::string cause = "the subscription has ended: the device's services have changed";
    machine->on_subscription_ended(now(), index, cause);
    refused(options.subscriptions[index].characteristic.uuid, cause);
    if (subscriptions != nullptr) subscriptions->set();
  }
}

void Session::State::emit(SessionEvent event) {
  if (event.time == TimePoint()) event.time = now();
  const auto called = callback;  // it may replace itself, or destroy the session
  if (called == nullptr || !*called || thrown_by_callback) return;
  try {
    (*called)(event);
  } catch (...) {
    thrown_by_callback = std::current_exception();
    throw;
  }
}

}  // namespace moor
