#include "cli/gateway_run.hpp"

#include "core/activities.hpp"
#include "core/unless.hpp"
#include "moor/config_mistakes.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>
#include <csignal>

namespace moor::cli {

namespace asio = boost::asio;

awaitable<void> GatewayOutput::run() {
  Event never(co_await asio::this_coro::executor);
  co_await never.wait();
}

GatewayRun::GatewayRun(RadioSession& session, GatewayConfig config, GatewayOutput& output, Options options)
    : session_(session),
      output_(output),
      options_(std::move(options)),
      config_(std::make_unique<GatewayConfig>(std::move(config))) {
  config_->radios = one_for_each(session_.radios(), config_->radios);
  open(nullptr);
}

GatewayRun::~GatewayRun() {
  close();
}

void GatewayRun::open(std::unique_ptr<Handover> before) {
  const bool first = before == nullptr;
  const auto executor = session_.context().get_executor();
  gateway_ = std::make_unique<Gateway>(executor, session_.clock(), *config_, session_.radios(), std::move(before));
  output_.attach(*gateway_);
  GatewayServicesOptions services{.demo = options_.demo,
                                  .log = [this](LogLevel level, const std::string& text) { output_.say(level, text); }};
  try {
    services_ = std::make_unique<GatewayServices>(*gateway_, executor, session_.clock(), std::move(services));
  } catch (const Error& error) {
    if (first) throw;
    output_.say(LogLevel::error, fmt::format("nothing is served: {}; {}", error.what(), error.advice()));
  }
  output_.started(services_ ? services_->url() : std::string());
}

void GatewayRun::close() {
  services_.reset();
  if (gateway_) output_.detach();
  gateway_.reset();
}

awaitable<void> GatewayRun::run() {
  const auto executor = co_await asio::this_coro::executor;
  asio::signal_set hang_up(
      executor);  // from before the first "ready" on: a reload may come right behind it, and would end the program
  if (options_.load) hang_up.add(SIGHUP);
  Activities beside(executor);
  if (options_.duration) beside.start(end_at(session_.clock().now() + *options_.duration), [](std::exception_ptr) {});
  std::function<bool()> goes_through = [this] { return advertisements_go_through(); };
  beside.start(notice_.keep_alive(session_.clock(), std::move(goes_through)), [](std::exception_ptr) {});
  std::exception_ptr ended;
  try {
    while (true) {
      notice_.ready(summary());
      co_await run_one(hang_up);
      if (!next_config_) break;
      auto before = gateway_->hand_over();
      close();
      session_.replace(std::move(next_radios_.opened));
      next_config_->radios = std::move(next_radios_.entries);
      config_ = std::move(next_config_);
      open(std::move(before));
      output_.say(LogLevel::info, "the configuration has been read anew");
    }
  } catch (...) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  notice_.stopping();
  co_await beside.stop();
  if (ended) std::rethrow_exception(ended);
}

// Ends when the gateway does, or where another configuration waits for its place.
awaitable<void> GatewayRun::run_one(asio::signal_set& hang_up) {
  Activities beside(co_await asio::this_coro::executor);
  if (services_) beside.start(services_->run(), [](std::exception_ptr) {});
  beside.start(output_.run(), [](std::exception_ptr) {});
  std::exception_ptr ended;
  try {
    if (options_.load)
      (void)co_await unless(wait_for_reload(hang_up), gateway_->run());
    else
      co_await gateway_->run();
  } catch (...) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await beside.stop();
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  if (ended) std::rethrow_exception(ended);
}

awaitable<void> GatewayRun::wait_for_reload(asio::signal_set& hang_up) {
  while (true) {
    co_await hang_up.async_wait(asio::use_awaitable);
    notice_.reloading();
    if (prepare()) break;
    notice_.ready(summary());
  }
  gateway_->expect_successor();
}

// All that can be wrong is tried while the gateway still runs.
bool GatewayRun::prepare() {
  try {
    GatewayConfig wanted = options_.load();
    if (wanted.store.path != config_->store.path && !wanted.store.path.empty())
      (void)Store(session_.context().get_executor(), session_.clock(), wanted.store);
    if (wanted.privacy != config_->privacy) (void)IdentityHasher(wanted.privacy);
    KeyRing keys;
    add_keys(wanted.keys, keys);
    next_radios_ = next_radios(config_->radios, wanted.radios, session_.clock());
    next_config_ = std::make_unique<GatewayConfig>(std::move(wanted));
    return true;
  } catch (const Error& error) {
    output_.say(LogLevel::error, "the configuration is wrong and the old one goes on: " + std::string(error.what()) +
                                     (error.advice().empty() ? "" : "; " + error.advice()));
    return false;
  }
}

awaitable<void> GatewayRun::end_at(TimePoint t) {
  co_await session_.clock().wait_until(t);
  gateway_->stop();
}

// Whether the pipeline takes what waits for it; radios that hear nothing are the hub's to bring back.
bool GatewayRun::advertisements_go_through() {
  const IntakeStatistics intake = gateway_->statistics().intake;
  const uint64_t through = intake.taken - intake.waiting - intake.all_shed();
  return intake.waiting == 0 || through != std::exchange(went_through_, through);
}

std::string GatewayRun::summary() {
  return fmt::format("{} radios{}", gateway_->radios().size(),
                     services_ && !services_->url().empty() ? ", dashboard at " + services_->url() : "");
}

}  // namespace moor::cli
