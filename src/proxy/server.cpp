#include "proxy/server.hpp"

#include "core/require.hpp"
#include "core/within.hpp"
#include "proxy/about.hpp"

namespace moor::proxy {

namespace asio = boost::asio;

namespace {

constexpr size_t receive_size = size_t{64} * 1024;  // of one client, before others have their turn
constexpr Duration open_limit = std::chrono::seconds(20);
constexpr Duration close_limit = std::chrono::seconds(10);  // for all links at the end

}  // namespace

Server::State::State(Clock& its_clock, asio::any_io_executor context, Radio& its_radio, Options its_options)
    : clock(its_clock),
      executor(std::move(context)),
      radio(its_radio),
      options(std::move(its_options)),
      links(clock, executor, radio, options),
      received(receive_size),
      told(scanner.state()),
      batcher(options.batch_size, options.batch_interval) {
  require(options.batch_size > 0 && options.batch_interval >= Duration::zero(), "a proxy's batches have a size and an interval");
  require(options.max_clients > 0, "a proxy serves at least one client");
}

ServerFacts Server::State::facts() const {
  using esphome::Feature;
  uint32_t features = static_cast<uint32_t>(Feature::passive_scan) | static_cast<uint32_t>(Feature::raw_advertisements) |
                      static_cast<uint32_t>(Feature::scanner_state_and_mode);
  if (can_connect()) features |= links.features();
  return {.identity = options.identity,
          .features = features,
          .encrypted = options.key != nullptr,
          .wall = clock.to_wall(clock.now())};
}

Status Server::State::status() const {
  Status status{.clients = {}, .slots = links.slots(), .radio = radio.health(), .refused = refused};
  for (const auto& client : clients) status.clients.push_back(client->status());
  if (!problem.empty()) {
    status.radio.state = RadioHealth::State::unavailable;
    status.radio.problem = problem;
  }
  return status;
}

awaitable<void> Server::State::run(std::shared_ptr<State> self) {
  Event anything(self->executor);
  Alarm alarm(self->clock, self->executor, [state = self.get()] { state->on_batch_due(); });
  struct Leave {
    State& state;
    ~Leave() {
      state.changed = nullptr;
      state.batch_alarm = nullptr;
    }
  } leave{*self};
  self->changed = &anything;
  self->batch_alarm = &alarm;
  std::exception_ptr ended;
  try {
    co_await self->open_radio();
    co_await self->scan_when_wanted();
  } catch (...) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await self->links.close_all(self->clock.now() + close_limit);
  std::rethrow_exception(ended);
}

// So that slots, and what it is able to do, are known before the first client asks.
awaitable<void> Server::State::open_radio() {
  while (true) {
    try {
      co_await radio.open(clock.now() + open_limit);
      problem.clear();
      co_return;
    } catch (const Error& error) {
      on_failed(error, false);
    }
    co_await clock.wait_until(scanner.retry_at());
  }
}

awaitable<void> Server::State::scan_when_wanted() {
  while (true) {
    changed->reset();
    const ScannerMachine::Action action = scanner.next(clock.now());
    if (const auto* const what = std::get_if<ScannerMachine::Scan>(&action))
      co_await scan(what->active);
    else if (const auto* const pause = std::get_if<ScannerMachine::Wait>(&action))
      (void)co_await within(clock, pause->until, changed->wait());
    else
      co_await changed->wait();
  }
}

awaitable<void> Server::State::scan(bool active) {
  scanner.on_starting(clock.now());
  problem.clear();
  tell_scanner();
  ScanOptions scan_options;
  scan_options.active = active;
  try {
    const bool ended_by_itself = co_await unless(watch_scan(), radio.scan(scan_options, *this));
    if (ended_by_itself)
      scanner.on_ended();
    else
      scanner.on_stopped();
    flush();
  } catch (const CaptureError& error) {  // a recording does not mend itself
    on_failed(error, true);
  } catch (const Error& error) {
    on_failed(error, false);
  }
  tell_scanner();
}

// Until the scan is to end.
awaitable<void> Server::State::watch_scan() {
  while (true) {
    (void)co_await within(clock, scanner.next_check(), changed->wait());
    changed->reset();
    if (scanner.must_stop()) break;
    if (clock.now() >= scanner.next_check()) scanner.on_check(radio.health().state, clock.now());
    tell_scanner();
  }
  scanner.on_stopping();
  tell_scanner();
}

void Server::State::on_failed(const Error& error, bool for_good) {
  problem = error.what();
  if (!error.advice().empty()) problem += "; " + error.advice();
  scanner.on_failed(clock.now(), for_good);
  tell_scanner();
}

void Server::State::on_sightings(std::span<const Sighting> batch) {
  scanner.on_heard();
  tell_scanner();
  const bool connects = can_connect();
  for (const Sighting& sighting : batch) {
    if (connects) links.on_sighting(sighting);
    if (!subscriber) continue;
    if (sighting.payload_lost()) {
      subscriber->count_lost_advertisement();
      continue;
    }
    if (batcher.is_empty()) batcher.begin(clock.now());
    if (batcher.add(sighting)) send_batch();
  }
  if (!subscriber) return;
  if (!batcher.is_empty() && batch_alarm != nullptr) batch_alarm->set(batcher.due());
  subscriber->pump();
}

void Server::State::send_batch() {
  if (subscriber) subscriber->send_advertisements(batcher.batch().payload(), batcher.batch().count());
  batcher.clear();
}

// What has been heard does not wait.
void Server::State::flush() {
  if (batcher.is_empty()) return;
  send_batch();
  if (subscriber) subscriber->pump();
}

void Server::State::on_batch_due() {
  if (clock.now() >= batcher.due()) flush();
  batch_alarm->set(batcher.due());
}

void Server::State::tell_scanner() {
  const esphome::ScannerState now = scanner.state();
  if (now.state == told.state && now.mode == told.mode) return;
  told = now;
  if (subscriber) subscriber->send(now);
}

Server::Server(Clock& clock, asio::any_io_executor executor, Radio& radio, Options options)
    : state_(std::make_shared<State>(clock, std::move(executor), radio, std::move(options))) {}

Server::~Server() {
  state_->close_all_clients();
}

awaitable<void> Server::serve(Socket socket, std::string peer) {
  return State::serve(state_, std::move(socket), std::move(peer));
}

awaitable<void> Server::run() {
  return State::run(state_);
}

Status Server::status() const {
  return state_->status();
}

}  // namespace moor::proxy
