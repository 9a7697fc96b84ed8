#include "cli/radio_session.hpp"

#include "cli/exit_status.hpp"
#include "moor/error.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

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
  for (const std::string& text : texts) specs.push_back(RadioSpec::parse(text));
  return specs;
}

}  // namespace

RadioSession::RadioSession(const std::vector<std::string>& specs) : RadioSession(parse_all(specs)) {}

RadioSession::RadioSession(const std::vector<RadioSpec>& wanted) {
  const auto virtual_time = [](const RadioSpec& spec) { return spec.is_virtual_time(); };
  live_ = std::none_of(wanted.begin(), wanted.end(), virtual_time);
  if (!live_ && !std::all_of(wanted.begin(), wanted.end(), virtual_time))
    throw UsageError("a recording at full speed and a radio in real time cannot be one",
                     {.advice = "add ?speed=1 to the recording"});
  if (live_)
    clock_ = std::make_unique<RealClock>();
  else
    clock_ = std::make_unique<VirtualClock>();
  for (const RadioSpec& spec : wanted) radios_.push_back(open_radio(spec, static_cast<RadioId>(radios_.size()), *clock_));
}

RadioSession::~RadioSession() = default;

Outcome RadioSession::run(awaitable<void> work) {
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
                 }));
  clock_->run(context_);
  return outcome;
}

}  // namespace moor::cli
