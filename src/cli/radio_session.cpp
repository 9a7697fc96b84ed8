#include "cli/radio_session.hpp"

#include "cli/exit_status.hpp"
#include "moor/error.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>

namespace moor::cli {

namespace asio = boost::asio;

int Outcome::finish() const {
  if (error) return report(error);
  return interrupted ? exit_interrupted : exit_done;
}

namespace {

std::vector<RadioSpec> parse_all(const std::vector<std::string>& texts) {
  if (texts.empty()) return {RadioSpec()};  // the default adapter
  std::vector<RadioSpec> specs;
  specs.reserve(texts.size());
  for (const std::string& text : texts) specs.push_back(RadioSpec::parse(text));
  return specs;
}

// How fast time is where it is not virtual: that of the worlds. A recording paces itself, in outside time.
double shared_speed(const std::vector<RadioSpec>& specs) {
  std::optional<double> shared;
  for (const RadioSpec& spec : specs) {
    const double speed = spec.kind == RadioSpec::Kind::sim ? spec.speed.value_or(1) : 1;
    if (shared.value_or(speed) != speed)
      throw UsageError("radios of one run have one time, and so one speed", {.advice = "give each world the same ?speed="});
    shared = speed;
  }
  return shared.value_or(1);
}

}  // namespace

RadioSession::RadioSession(const std::vector<std::string>& specs) : RadioSession(parse_all(specs)) {}

RadioSession::RadioSession(const std::vector<RadioSpec>& wanted) {
  const auto virtual_time = [](const RadioSpec& spec) { return spec.is_virtual_time(); };
  live_ = std::none_of(wanted.begin(), wanted.end(), virtual_time);
  if (!live_ && !std::all_of(wanted.begin(), wanted.end(), virtual_time))
    throw UsageError("a recording or a world at full speed and a radio in real time cannot be one",
                     {.advice = "add ?speed=1 to the recording or the world"});
  if (live_)
    clock_ = std::make_unique<RealClock>(shared_speed(wanted));
  else
    clock_ = std::make_unique<VirtualClock>();
  radios_ = open_radios(wanted, *clock_);
}

RadioSession::RadioSession(std::unique_ptr<Clock> clock, std::vector<std::unique_ptr<Radio>> radios)
    : live_(!clock->is_virtual()), clock_(std::move(clock)), radios_(std::move(radios)) {}

RadioSession::~RadioSession() = default;

void RadioSession::replace(std::vector<std::unique_ptr<Radio>> radios) {
  for (size_t place = 0; place < radios.size(); ++place)
    if (!radios[place]) radios[place] = std::move(radios_.at(place));
  radios_ = std::move(radios);
}

awaitable<void> RadioSession::tell_problems() {
  constexpr Duration beat = std::chrono::seconds(1);
  constexpr int lasting = 3;  // beats, so that what mends itself at once is passed over
  struct Problem {
    std::string text{};
    int beats = 0;
  };
  std::vector<Problem> problems(radios_.size());
  for (;;) {
    co_await clock_->wait_for(beat);
    for (size_t i = 0; i < radios_.size(); ++i) {
      if (radios_[i]->info().kind != "esphome") continue;
      std::string text = radios_[i]->health().problem;
      if (text != problems[i].text) problems[i] = {std::move(text), 0};
      if (++problems[i].beats == lasting && !problems[i].text.empty())
        std::cerr << "moor: " << radios_[i]->info().name << ": " << problems[i].text << std::endl;
    }
  }
}

Outcome RadioSession::run(awaitable<void> work) {
  const bool has_proxies = std::ranges::any_of(radios_, [](const auto& radio) { return radio->info().kind == "esphome"; });
  if (live_ && has_proxies && !quiet_ && !std::exchange(telling_, true))
    asio::co_spawn(context_, tell_problems(), [](std::exception_ptr) {});
  Outcome outcome;
  asio::cancellation_signal cancel;
  asio::signal_set signals(context_, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (error) return;
    outcome.interrupted = true;
    cancel.emit(asio::cancellation_type::all);
    signals.clear();  // a second signal ends the program at once
  });
  asio::co_spawn(context_, std::move(work), asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error) {
                   if (!outcome.interrupted) outcome.error = error;
                   signals.cancel();
                   context_.stop();  // radios keep watching their systems
                 }));
  context_.restart();
  clock_->run(context_);
  return outcome;
}

}  // namespace moor::cli
