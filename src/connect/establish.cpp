#include "connect/connect_machine.hpp"
#include "core/within.hpp"
#include "moor/retry.hpp"
#include "moor/service_cache.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace moor {

namespace asio = boost::asio;

namespace {

// For what a radio is asked beside an attempt: to close, to forget.
constexpr Duration aside_timeout = std::chrono::seconds(5);
// A change may happen unnoticed, between a look and the wait for the next change, or be of a kind that nobody tells, as another device's slot.
constexpr Duration longest_unseen = std::chrono::milliseconds(250);
// How long after its time-out a radio may still answer (standard).
constexpr Duration late_radio = std::chrono::seconds(5);
constexpr size_t attempts_kept = 16;

// The path source is told of each attempt's end, also where its coroutine is destroyed.
class Announced {
public:
  Announced(PathSource& paths, const Path& path) : paths_(paths), path_(path) { paths_.attempt_began(path_); }
  ~Announced() { paths_.attempt_ended(path_, connected); }
  Announced(const Announced&) = delete;
  Announced& operator=(const Announced&) = delete;

  bool connected = false;

private:
  PathSource& paths_;
  Path path_;
};

// What one call of establish_connection knows.
class Effort {
public:
  Effort(PathSource& paths, Target target, ConnectOptions options)
      : paths_(paths),
        clock_(paths.clock()),
        target_(std::move(target)),
        options_(std::move(options)),
        machine_(options_.profile, options_.max_attempts, options_.clear_incomplete_services),
        began_(clock_.now()) {}

  awaitable<Client> run();

private:
  using RadioIndex = ConnectMachine::RadioIndex;

  [[nodiscard]] bool is_compat() const noexcept { return options_.profile == RetryProfile::compat; }
  [[nodiscard]] std::string label() const;
  void choose_paths();
  [[nodiscard]] std::vector<ConnectMachine::Candidate> look();
  [[nodiscard]] DeviceView view_of(const Path& path);
  [[nodiscard]] RadioIndex index_of(Radio* radio);
  [[nodiscard]] Path path_over(Radio& radio);
  awaitable<std::optional<Client>> attempt(Path path);
  [[nodiscard]] Duration patience_with(Radio& radio);
  awaitable<Client> connect(Path path, TimePoint deadline);
  awaitable<void> clear_services(Radio& radio);
  awaitable<void> wait(ConnectMachine::Wait pause);
  [[nodiscard]] ConnectCause cause_without_radio();
  void on_failed(TimePoint began, const std::string& radio, ConnectCause cause);
  [[noreturn]] void give_up();

  PathSource& paths_;
  Clock& clock_;
  Target target_;
  ConnectOptions options_;
  ConnectMachine machine_;
  TimePoint began_;
  std::vector<Path> choice_;    // of the last look
  std::vector<Radio*> radios_;  // that were candidates; the machine knows them by their place
  std::vector<Radio*> tried_;
  std::vector<Radio*> with_objects_;  // of these, those whose system had an object for the device
  std::vector<FailedAttempt> failed_;
  ConnectCause last_cause_;
  std::string last_radio_;
};

std::string Effort::label() const {
  if (!options_.client.label.empty()) return options_.client.label;
  return target_.name.empty() ? target_.address.to_string() : target_.name;
}

Effort::RadioIndex Effort::index_of(Radio* radio) {
  const auto found = std::ranges::find(radios_, radio);
  if (found == radios_.end()) radios_.push_back(radio);
  return static_cast<RadioIndex>(std::ranges::find(radios_, radio) - radios_.begin());
}

// By compat's rules the path is chosen once: one that is connected, else the best.
void Effort::choose_paths() {
  if (is_compat() && !choice_.empty()) return;
  choice_ = paths_.paths_to(target_.address);
  if (!is_compat() || choice_.empty()) return;
  const auto connected = std::ranges::find(choice_, true, &Path::connected);
  choice_ = {connected == choice_.end() ? choice_.front() : *connected};
}

DeviceView Effort::view_of(const Path& path) {
  Radio& radio = *path.radio;
  const auto known = radio.find_device(path.device);
  if (known && !known->path.empty() && std::ranges::find(with_objects_, &radio) == with_objects_.end())
    with_objects_.push_back(&radio);
  DeviceView seen;
  seen.keeps_objects = radio.info().kind == "bluez" || std::ranges::find(with_objects_, &radio) != with_objects_.end();
  seen.known = known.has_value() || (!is_compat() && path.rssi_dbm != no_rssi_value);
  seen.connected = known && known->connected;
  seen.known_anywhere = seen.known || std::ranges::any_of(paths_.radios(), [&](const Radio* other) {
                          return other->find_device(path.device).has_value();
                        });
  const Slots slots = radio.slots();
  seen.slot_free = slots.limit == 0 || slots.free > 0;
  seen.available = radio.health().state != RadioHealth::State::unavailable;
  return seen;
}

std::vector<ConnectMachine::Candidate> Effort::look() {
  choose_paths();
  std::vector<ConnectMachine::Candidate> candidates;
  candidates.reserve(choice_.size());
  for (const Path& path : choice_) candidates.push_back({.radio = index_of(path.radio), .seen = view_of(path)});
  return candidates;
}

awaitable<Client> Effort::run() {
  for (;;) {
    const auto candidates = look();
    const ConnectMachine::Action action = machine_.next(clock_.now(), candidates);
    if (const auto* chosen = std::get_if<ConnectMachine::Attempt>(&action)) {
      auto client = co_await attempt(path_over(*radios_[chosen->radio]));
      if (client) co_return std::move(*client);
    } else if (std::holds_alternative<ConnectMachine::NoRadio>(action)) {
      on_failed(clock_.now(), {}, cause_without_radio());
    } else if (const auto* clear = std::get_if<ConnectMachine::ClearServices>(&action)) {
      co_await clear_services(*radios_[clear->radio]);
    } else if (const auto* pause = std::get_if<ConnectMachine::Wait>(&action)) {
      co_await wait(*pause);
    } else {
      give_up();
    }
  }
}

// The path over the radio that was chosen, to the address that the device has by now.
Path Effort::path_over(Radio& radio) {
  const auto over = [&] { return std::ranges::find(choice_, &radio, &Path::radio); };
  if (!options_.target_callback || is_compat()) return *over();
  const Address before = target_.address;
  target_ = options_.target_callback();
  if (target_.address == before) return *over();
  choose_paths();
  return over() == choice_.end() ? Path{.radio = &radio, .device = target_.address} : *over();
}

awaitable<std::optional<Client>> Effort::attempt(Path path) {
  const TimePoint began = clock_.now();
  const TimePoint deadline = began + options_.safety_timeout;
  std::exception_ptr error;
  {
    Announced announced(paths_, path);
    try {
      auto client = co_await within(clock_, deadline, connect(path, deadline));
      announced.connected = client.has_value();
      if (client) co_return std::move(client);
    } catch (...) {
      error = std::current_exception();
    }
  }
  std::optional<ConnectCause> cause = ConnectCause{.reason = ConnectReason::timed_out};
  if (error) cause = cause_of(error);
  if (!cause) std::rethrow_exception(error);
  // A radio may report its own cancellation as a failure; the caller's is the end.
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
  on_failed(began, path.radio->info().name, std::move(*cause));
  co_return std::nullopt;
}

// A device that is heard answers within seconds, most of the time: the first attempt over a radio is given half of the time while another radio is
// there to be tried. A device that advertises rarely has the whole time with the second.
Duration Effort::patience_with(Radio& radio) {
  const bool first = std::ranges::find(tried_, &radio) == tried_.end();
  if (first) tried_.push_back(&radio);
  return first && !is_compat() && choice_.size() > 1 ? options_.timeout / 2 : options_.timeout;
}

awaitable<Client> Effort::connect(Path path, TimePoint deadline) {
  const Duration patience = patience_with(*path.radio);
  LinkOptions link_options{.timeout = patience,
                           .use_services_cache = options_.use_services_cache && path.radio->has_services(path.device),
                           .pair = options_.pair,
                           .agent = options_.agent,
                           .parameters = options_.parameters,
                           .label = label()};
  std::unique_ptr<Link> link;
  if (is_compat()) {
    link = co_await path.radio->connect(path.device, link_options);
  } else {
    // A radio that does not keep its time-out need not be waited for to the end; the rest of the time is for the discovery.
    const TimePoint radio_deadline = std::min(deadline, clock_.now() + patience + late_radio);
    auto made = co_await within(clock_, radio_deadline, path.radio->connect(path.device, link_options));
    if (!made) throw TimedOut("the radio did not answer");
    link = std::move(*made);
  }
  if (options_.cache != nullptr && !options_.use_services_cache) options_.cache->forget(path.device);
  GattServices services;
  std::exception_ptr error;
  try {
    services = co_await services_of(*link, options_.cache, deadline);
  } catch (...) {
    error = std::current_exception();
  }
  if (!error)
    co_return Client(co_await asio::this_coro::executor, clock_, std::move(link), std::move(services), options_.client,
                     options_.cache);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  try {
    co_await link->disconnect(clock_.now() + aside_timeout);
  } catch (const Error&) {
    // What made the discovery fail is what counts.
  }
  std::rethrow_exception(error);
}

awaitable<void> Effort::clear_services(Radio& radio) {
  if (options_.cache != nullptr) options_.cache->forget(target_.address);
  try {
    (void)co_await radio.clear_services(target_.address, clock_.now() + aside_timeout);
    co_await radio.close_connection(target_.address, clock_.now() + aside_timeout);
  } catch (const Error&) {
    // The next attempt shows whether it helped.
  }
}

awaitable<void> Effort::wait(ConnectMachine::Wait pause) {
  if (!pause.watch) {
    co_await clock_.wait_until(pause.until);
    co_return;
  }
  const TimePoint look_again = std::min(pause.until, clock_.now() + longest_unseen);
  (void)co_await within(clock_, look_again, paths_.changed(target_.address));
}

ConnectCause Effort::cause_without_radio() {
  const auto is_full = [this](const Radio* radio) {
    const Slots slots = radio->slots();
    return slots.limit > 0 && slots.free <= 0 && radio->find_device(target_.address);
  };
  const bool full = std::ranges::any_of(paths_.radios(), is_full);
  return {.reason = full ? ConnectReason::out_of_slots : ConnectReason::device_not_found,
          .origin = full ? CauseOrigin::radio : CauseOrigin::lookup,
          .text = paths_.explain(target_.address)};
}

void Effort::on_failed(TimePoint began, const std::string& radio, ConnectCause cause) {
  const ConnectMachine::Verdict verdict = machine_.on_failed(cause, clock_.now() - began);
  // That one of several radios is off does not tell why the device cannot be reached.
  if (failed_.empty() || cause.reason != ConnectReason::radio_unavailable || is_compat()) {
    last_cause_ = cause;
    last_radio_ = radio;
  }
  failed_.push_back({.began = began,
                     .failed = clock_.now(),
                     .radio = radio,
                     .cause = std::move(cause),
                     .counted_as = verdict.counted_as,
                     .wait = verdict.wait});
  if (failed_.size() > attempts_kept) failed_.erase(failed_.begin());
  if (options_.on_failed_attempt) options_.on_failed_attempt(failed_.back());
}

void Effort::give_up() {
  const RetryRule rule = retry_rule(last_cause_, options_.profile);
  const std::string cause = last_cause_.text.empty() ? std::string(rule.type_name) : last_cause_.text;
  const std::string effort =
      machine_.attempts() > 0 ? fmt::format("tried {} times in", machine_.attempts()) : std::string("no radio could try in");
  std::string what = fmt::format("cannot connect to {} ({}): {}; {} {:.4g} s", label(), target_.address.to_string(), cause,
                                 effort, to_seconds(clock_.now() - began_));
  if (rule.failure == ConnectFailure::out_of_slots) {
    const std::string holders = paths_.explain(target_.address);
    if (!holders.empty() && holders != cause) what += "; " + holders;
  }
  ErrorContext context{.device = target_.address,
                       .radio = last_radio_,
                       .attempts = machine_.attempts(),
                       .cause = cause,
                       .advice = std::string(rule.advice)};
  switch (rule.failure) {
    case ConnectFailure::not_found: throw DeviceNotFound(what, std::move(context), last_cause_, std::move(failed_));
    case ConnectFailure::out_of_slots: throw OutOfConnectionSlots(what, std::move(context), last_cause_, std::move(failed_));
    case ConnectFailure::aborted: throw ConnectionAborted(what, std::move(context), last_cause_, std::move(failed_));
    case ConnectFailure::radio_unavailable: throw RadioNotAvailable(what, std::move(context));
    case ConnectFailure::failed: break;
  }
  throw ConnectionFailed(what, std::move(context), last_cause_, std::move(failed_));
}

}  // namespace

awaitable<Client> establish_connection(PathSource& paths, Target target, ConnectOptions options) {
  Effort effort(paths, std::move(target), std::move(options));
  co_return co_await effort.run();
}

awaitable<Client> establish_connection(PathSource& paths, Target target) {
  ConnectOptions options;
  co_return co_await establish_connection(paths, std::move(target), std::move(options));
}

}  // namespace moor
