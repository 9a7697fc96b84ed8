#include "mqtt/mosquitto_client.hpp"

#include "core/event.hpp"
#include "core/growing_pause.hpp"
#include "core/require.hpp"
#include "core/within.hpp"
#include "mqtt/link.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/asio/this_coro.hpp>
#include <map>

namespace moor::mqtt {
namespace {

void must_be_readable(const std::filesystem::path& path, const char* key) {
  if (path.empty() || access(path.c_str(), R_OK) == 0) return;
  throw ConfigError(fmt::format("mqtt.{}: {} cannot be read: {}", key, path.string(), std::generic_category().message(errno)),
                    {.advice = "Check the path and who may read the file."});
}

MosquittoOptions checked(MosquittoOptions options) {
  require(!options.host.empty(), "a broker has a host");
  require(options.max_in_flight >= 1 && options.max_in_flight <= 65535, "max_in_flight is 1 to 65535");
  require(options.keep_alive >= std::chrono::seconds(5) && options.keep_alive <= std::chrono::seconds(65535),
          "keep_alive is 5 s to 65535 s");
  if (options.port == 0) options.port = options.tls ? 8883 : 1883;
  if (options.tls) {
    must_be_readable(options.ca_file, "ca_file");
    must_be_readable(options.cert_file, "cert_file");
    must_be_readable(options.key_file, "key_file");
  }
  return options;
}

}  // namespace

struct MosquittoClient::Parts {
  Parts(boost::asio::any_io_executor on, Clock& with, MosquittoOptions wanted)
      : executor(std::move(on)), clock(with), options(checked(std::move(wanted))), changed(executor) {
    state.since = clock.now();
  }

  boost::asio::any_io_executor executor;
  Clock& clock;
  MosquittoOptions options;
  moor::Event changed;  // of the link: it is connected, has ended, or has nothing in flight
  std::unique_ptr<Link> link;
  bool connected = false;
  std::optional<std::optional<MqttError>> ended;
  State state;
  Statistics statistics;
  uint64_t last_token = 0;
  std::map<uint64_t, Done> in_flight;  // by token: in the order of publishing
  std::vector<Subscription> subscriptions;
  std::function<void(const Message&)> message_call;
  std::function<void(const State&)> state_call;

  void set(Phase phase, const MqttError* error) {
    state.phase = phase;
    state.since = clock.now();
    if (error != nullptr) {
      state.failure = error->failure();
      state.problem = error->what();
      if (!error->context().cause.empty()) state.problem += " (" + error->context().cause + ")";
      state.advice = error->advice();
    } else if (phase == Phase::connected || phase == Phase::off) {
      state.failure = Failure::none;
      state.problem.clear();
      state.advice.clear();
    }
    if (state_call) state_call(state);
  }

  void on_event(Link::Event event) {
    if (std::holds_alternative<Link::Connected>(event)) {
      connected = true;
      changed.set();
    } else if (auto* end = std::get_if<Link::Ended>(&event)) {
      connected = false;
      ended = std::move(end->why);
      changed.set();
    } else if (const auto* delivered = std::get_if<Link::Delivered>(&event)) {
      settle(delivered->token, delivered->delivery);
    } else {
      ++statistics.received;
      if (message_call) message_call(std::get<Message>(event));
    }
  }

  void settle(uint64_t token, Delivery delivery) {
    const auto found = in_flight.find(token);
    if (found == in_flight.end()) return;
    const Done done = std::move(found->second);
    in_flight.erase(found);
    if (delivery == Delivery::acknowledged) ++statistics.published;
    if (delivery == Delivery::refused) ++statistics.refused;
    if (in_flight.empty()) changed.set();
    if (done) done(delivery);
  }

  void drop_link() {
    if (!link) return;
    statistics.dropped += link->received_dropped();
    link.reset();
    connected = false;
    auto lost = std::move(in_flight);
    in_flight.clear();
    for (const auto& [token, done] : lost)
      if (done) done(Delivery::lost);
  }

  awaitable<void> wait_while(std::function<bool(const Parts&)> holds) {
    while (holds(*this)) {
      changed.reset();
      co_await changed.wait();
    }
  }

  // One connection, from its beginning to its end. @returns why it ended.
  awaitable<MqttError> connection(bool& was_connected) {
    ended.reset();
    link = std::make_unique<Link>(executor, options, [this](Link::Event event) { on_event(std::move(event)); });
    const bool in_time = co_await within(clock, clock.now() + options.connect_timeout,
                                         wait_while([](const Parts& p) { return !p.connected && !p.ended; }));
    if (!in_time) co_return no_answer(Target{.host = options.host, .port = options.port}, options.connect_timeout);
    if (!ended) {
      was_connected = true;
      ++statistics.connections;
      for (const Subscription& each : subscriptions) link->subscribe(each);
      set(Phase::connected, nullptr);
      co_await wait_while([](const Parts& p) { return !p.ended; });
    }
    co_return ended->value_or(MqttError(Failure::broker, "the connection to the broker ended", "", ""));
  }

  // What is under way, the last will and the goodbye, for as long as `goodbye` allows.
  awaitable<void> leave() {
    if (link && connected) {
      const TimePoint deadline = clock.now() + options.goodbye;
      if (options.last_will) {
        in_flight[++last_token] = nullptr;
        link->publish(*options.last_will, last_token);
      }
      const bool settled =
          co_await within(clock, deadline, wait_while([](const Parts& p) { return !p.in_flight.empty() && !p.ended; }));
      link->stop();
      if (settled) static_cast<void>(co_await within(clock, deadline, wait_while([](const Parts& p) { return !p.ended; })));
    }
    drop_link();
    set(Phase::off, nullptr);
  }

  awaitable<void> stay_connected() {
    GrowingPause pause(options.first_pause, options.longest_pause,
                       std::hash<std::string>()(options.client_id) ^ static_cast<uint64_t>(getpid()));
    for (;;) {
      if (state.phase != Phase::failed) set(Phase::connecting, nullptr);
      bool was_connected = false;
      const TimePoint begun = clock.now();
      const MqttError why = co_await connection(was_connected);
      drop_link();
      ++statistics.failures;
      if (was_connected && clock.now() - begun > options.longest_pause) pause.reset();
      set(Phase::failed, &why);
      co_await clock.wait_for(pause.next());
    }
  }
};

MosquittoClient::MosquittoClient(boost::asio::any_io_executor executor, Clock& clock, MosquittoOptions options)
    : parts_(std::make_unique<Parts>(std::move(executor), clock, std::move(options))) {}

MosquittoClient::~MosquittoClient() = default;

awaitable<void> MosquittoClient::run() {
  std::exception_ptr error;
  try {
    co_await parts_->stay_connected();
  } catch (...) {
    error = std::current_exception();
  }
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  co_await parts_->leave();
  std::rethrow_exception(error);
}

bool MosquittoClient::publish(Message message, Done done) {
  Parts& p = *parts_;
  if (!p.connected || p.state.phase != Phase::connected || p.in_flight.size() >= p.options.max_in_flight) return false;
  const uint64_t token = ++p.last_token;
  p.in_flight[token] = std::move(done);
  p.link->publish(std::move(message), token);
  return true;
}

void MosquittoClient::subscribe(Subscription subscription) {
  if (parts_->connected) parts_->link->subscribe(subscription);
  parts_->subscriptions.push_back(std::move(subscription));
}

void MosquittoClient::on_message(std::function<void(const Message&)> call) {
  parts_->message_call = std::move(call);
}

void MosquittoClient::on_state(std::function<void(const State&)> call) {
  parts_->state_call = std::move(call);
}

const State& MosquittoClient::state() const noexcept {
  return parts_->state;
}

Statistics MosquittoClient::statistics() const noexcept {
  Statistics all = parts_->statistics;
  all.in_flight = parts_->in_flight.size();
  return all;
}

size_t MosquittoClient::max_in_flight() const noexcept {
  return parts_->options.max_in_flight;
}

}  // namespace moor::mqtt
