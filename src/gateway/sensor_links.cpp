// One turn of a sensor: a visit that reads and leaves, or a link that stays until it is lost or others need its slot.

#include "gateway/sensors.hpp"

#include "core/event.hpp"
#include "core/unless.hpp"
#include "core/within.hpp"
#include "moor/characteristic_value.hpp"
#include "moor/names.hpp"
#include "moor/session.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

namespace moor {

namespace asio = boost::asio;
using End = SensorSchedule::End;

// The hub's paths, but only over the radio whose turn it is: how many links a radio has and makes is the schedule's to say.
class SensorPath final : public PathSource {
public:
  SensorPath(PathSource& paths, RadioId radio) : paths_(paths), radio_(radio) {}
  [[nodiscard]] Clock& clock() noexcept override { return paths_.clock(); }
  [[nodiscard]] std::vector<Path> paths_to(const Address& device) override {
    std::vector<Path> found = paths_.paths_to(device);
    std::erase_if(found, [this](const Path& path) { return path.radio->info().id != radio_; });
    return found;
  }
  [[nodiscard]] std::string explain(const Address& device) override { return paths_.explain(device); }
  void attempt_began(const Path& path) override { paths_.attempt_began(path); }
  void attempt_ended(const Path& path, bool connected) override { paths_.attempt_ended(path, connected); }
  [[nodiscard]] awaitable<void> changed(Address device) override { return paths_.changed(device); }
  [[nodiscard]] std::vector<Radio*> radios() override {
    std::vector<Radio*> found = paths_.radios();
    std::erase_if(found, [this](const Radio* radio) { return radio->info().id != radio_; });
    return found;
  }
  [[nodiscard]] std::string name() {
    const std::vector<Radio*> found = radios();
    return found.empty() ? std::string() : found.front()->info().name;
  }

private:
  PathSource& paths_;
  RadioId radio_;
};

namespace {

std::string with_advice(const Error& error) {
  return error.advice().empty() ? error.what() : fmt::format("{}; {}", error.what(), error.advice());
}

// What is kept names a device as the configuration wants it: sentences for people have its address.
std::string with_name(std::string text, const Address& address, const std::string& name) {
  const std::string written = address.to_string();
  for (size_t at = text.find(written); at != std::string::npos; at = text.find(written, at + name.size()))
    text.replace(at, written.size(), name);
  return text;
}

std::string text_of(const Uuid& characteristic) {
  const std::string_view name = characteristic_name(characteristic);
  return name.empty() ? characteristic.to_string() : fmt::format("{} ({})", name, characteristic.to_string());
}

}  // namespace

ConnectOptions Sensors::connect_options(const Served& served) {
  ConnectOptions options;
  options.max_attempts = 2;
  options.client.label = served.entry->name;
  options.cache = &cache_;
  options.target_callback = [this, &served] { return target_of(served); };  // a private address may change meanwhile
  return options;
}

Target Sensors::target_of(const Served& served) const {
  return {.address = served.address, .name = served.state.name.empty() ? served.entry->name : served.state.name};
}

awaitable<void> Sensors::serve(Served& served, SensorSchedule::Start start) {
  SensorPath path(paths_, start.radio);
  Turn turn{.start = start, .began = now(), .radio = path.name()};
  served.state.radio = turn.radio;
  refresh(served);
  try {
    if (start.hold)
      co_await hold(served, turn, path);
    else
      co_await visit(served, turn, path);
  } catch (const LinkClosed& e) {
    turn.lost = to_string(e.closed().reason);
  } catch (const Error& e) {
    turn.problem = with_advice(e);
  } catch (const std::exception& e) {
    turn.problem = e.what();
  }
  finish(served, turn);
}

awaitable<void> Sensors::visit(Served& served, Turn& turn, SensorPath& path) {
  const ConnectOptions options = connect_options(served);
  const Target target = target_of(served);
  auto client = co_await within(paths_.clock(), turn.began + connect_limit, establish_connection(path, target, options));
  if (!client) {
    turn.problem =
        fmt::format("no link within {} s; bring the device or a radio nearer", connect_limit / std::chrono::seconds(1));
    co_return;
  }
  on_connected(served, turn);
  std::exception_ptr failure;
  try {
    co_await read_all(served, turn, *client);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await client->disconnect();
  if (failure) std::rethrow_exception(failure);
}

awaitable<void> Sensors::read_all(Served& served, Turn& turn, Client& client) {
  for (const Uuid& characteristic : served.entry->read) {
    std::vector<uint8_t> value;
    std::string refusal;
    try {
      value = co_await client.read(characteristic);
    } catch (const LinkClosed&) {
      throw;
    } catch (const TimedOut&) {
      throw;
    } catch (const Error& e) {
      refusal = with_advice(e);
    }
    if (refusal.empty())
      on_value(served, turn, characteristic, value, false, now());
    else
      on_refused(served, turn, characteristic, refusal);
  }
}

namespace {

// Until the link has been given up, or could not be made in time.
awaitable<void> until_over(Clock& clock, TimePoint deadline, Event& connected, Event& over) {
  const bool in_time = co_await within(clock, deadline, connected.wait());
  if (in_time) co_await over.wait();
}

}  // namespace

awaitable<void> Sensors::hold(Served& served, Turn& turn, SensorPath& path) {
  SessionOptions options;
  for (const Uuid& characteristic : served.entry->read)
    options.reads.push_back({.characteristic = characteristic, .every = served.entry->every});
  for (const Uuid& characteristic : served.entry->subscribe) options.subscriptions.push_back({.characteristic = characteristic});
  options.connect = connect_options(served);
  Session session(path, target_of(served), options);
  const auto executor = co_await asio::this_coro::executor;
  Event connected(executor);
  Event over(executor);
  struct Leave {
    Event*& place;
    ~Leave() { place = nullptr; }
  } leave{served.over};
  served.over = &over;
  session.on_event([&](const SessionEvent& event) {
    on_session_event(served, turn, event);
    if (turn.connected || over.is_set()) connected.set();
  });
  turn.problem = fmt::format("no link within {} s; bring the device or a radio nearer", connect_limit / std::chrono::seconds(1));
  const TimePoint deadline = turn.began + connect_limit;
  (void)co_await unless(until_over(paths_.clock(), deadline, connected, over), session.run());
}

void Sensors::on_session_event(Served& served, Turn& turn, const SessionEvent& event) {
  using Kind = SessionEvent::Kind;
  // What comes of subscriptions may come before the session counts itself as connected.
  const bool shows_link = event.kind == Kind::connected || event.kind == Kind::value || event.kind == Kind::operation_failed;
  if (shows_link && !turn.connected) {
    turn.problem.clear();
    on_connected(served, turn);
  }
  if (event.kind == Kind::value) {
    on_value(served, turn, event.characteristic, event.value, event.notified, event.time);
  } else if (event.kind == Kind::operation_failed) {
    on_refused(served, turn, event.characteristic, event.cause);
    const size_t wanted = served.entry->read.size() + served.entry->subscribe.size();
    if (turn.values == 0 && turn.refused >= wanted) served.over->set();
  } else if (event.kind == Kind::connect_failed) {
    turn.problem = event.cause;
    served.over->set();
  } else if (event.kind == Kind::disconnected) {
    turn.lost = event.cause.empty() ? "unknown" : event.cause;
    served.over->set();
  }
}

void Sensors::on_connected(Served& served, Turn& turn) {
  const TimePoint t = now();
  turn.connected = t;
  served.up_since = t;
  ++served.state.report.connections;
  served.state.problem.clear();
  schedule_.on_connected(served.id, t);
  tell({.time = t,
        .device = served.state.device,
        .radio = turn.radio,
        .label = served.entry->name,
        .event = "connected",
        .cause = {},
        .took = t - turn.began});
  refresh(served);
  wake();  // the radio may make another link
}

void Sensors::on_value(Served& served, Turn& turn, const Uuid& characteristic, const std::vector<uint8_t>& value, bool notified,
                       TimePoint t) {
  ++turn.values;
  ++served.state.report.values;
  if (turn.refused > 0 && turn.last_refused == characteristic) served.state.problem.clear();
  served.state.last_value = t;
  schedule_.on_served(served.id, t);
  SensorValue told{.time = t,
                   .sensor = served.entry->name,
                   .address = *served.state.address,
                   .device = served.state.device,
                   .name = served.state.name,
                   .characteristic = characteristic,
                   .value = value,
                   .notified = notified,
                   .decoded = {},
                   .readings = {}};
  if (const auto decoded = decode_characteristic(characteristic, value)) {
    told.decoded = decoded->text;
    told.readings = readings_of(*decoded);
  }
  for (GatewayListener* listener : listeners_) listener->on_sensor_value(told);
}

void Sensors::on_refused(Served& served, Turn& turn, const Uuid& characteristic, const std::string& why) {
  ++turn.refused;
  turn.last_refused = characteristic;
  ++served.state.report.failed_operations;
  served.state.problem =
      fmt::format("{}: {}; see what it has with `moor explore {}`", text_of(characteristic), why, served.address.to_string());
  refresh(served);
}

// The turn is over: what came of it, for the schedule and for people.
void Sensors::finish(Served& served, Turn& turn) {
  const TimePoint t = now();
  SessionReport& report = served.state.report;
  served.busy = false;
  if (served.gone_since) served.gone_since = t;  // while connected, few advertise
  const bool was_connected = turn.connected.has_value();
  if (was_connected) {
    report.up += t - *served.up_since;
    served.up_since.reset();
  }
  if (!turn.lost.empty() && was_connected) {
    turn.end = End::lost;
    ++report.drops;
    served.state.problem = fmt::format("the link was lost: {}", turn.lost);
  } else if (turn.values > 0 || (was_connected && turn.refused == 0 && turn.problem.empty())) {  // some say nothing for hours
    turn.end = End::served;
  } else {
    turn.end = End::failed;
    if (!was_connected && !stopping_) ++report.failed_connects;
    if (!turn.problem.empty()) served.state.problem = turn.problem;
  }
  if (was_connected || !stopping_)
    tell({.time = t,
          .device = served.state.device,
          .radio = turn.radio,
          .label = served.entry->name,
          .event = was_connected ? "disconnected" : "failed",
          .cause = with_name(was_connected ? turn.lost : turn.problem, *served.state.address, served.state.device),
          .took = t - (was_connected ? *turn.connected : turn.began)});
  schedule_.on_ended(served.id, t, stopping_ ? End::served : turn.end);
  served.state.device = identities_.identify(*served.state.address, t).text;  // under which the next turn is told
  refresh(served);
  wake();
}

void Sensors::tell(const ConnectionRow& row) {
  for (GatewayListener* listener : listeners_) listener->on_connection(row);
}

}  // namespace moor
