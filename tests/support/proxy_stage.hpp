#pragma once
// A proxy server over any radio, and connections to it as a Connector hands them out: moor's client talks to moor's server over local socket pairs, in one process
// and in virtual time.
//
// `start` it, and `stop` it before the test ends: what runs keeps the context running.

#include "core/activities.hpp"
#include "core/bell.hpp"
#include "proxy/proxy.hpp"
#include "radio/esphome/session.hpp"

#include <sys/socket.h>
#include <boost/asio/this_coro.hpp>
#include <stdexcept>

namespace moor::testing {

/// Both ends of a local connection.
inline std::pair<proxy::Socket, proxy::Socket> make_socket_pair(const boost::asio::any_io_executor& executor) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("no socket pair");
  const boost::asio::generic::stream_protocol local(AF_UNIX, 0);
  return {proxy::Socket(executor, local, ends[0]), proxy::Socket(executor, local, ends[1])};
}

/// A proxy of a test: named "hall", plain unless it is given a key.
inline proxy::Options proxy_options(std::shared_ptr<const crypto::SecretKey> key = nullptr) {
  proxy::Options options;
  options.identity = {.name = "hall", .friendly_name = "Hall", .mac = "02:00:00:00:00:AA", .bluetooth_mac = "02:00:00:00:00:AB"};
  options.key = std::move(key);
  return options;
}

class ProxyStage {
public:
  ProxyStage(Clock& clock, boost::asio::any_io_executor executor, Radio& radio, proxy::Options options = proxy_options())
      : state_(std::make_shared<State>(clock, std::move(executor), radio, std::move(options))) {}
  ProxyStage(const ProxyStage&) = delete;
  ProxyStage& operator=(const ProxyStage&) = delete;

  [[nodiscard]] proxy::Server& server() noexcept { return *state_->server; }
  /// Runs the server until `stop`.
  void start() {
    state_->activities.start(state_->server->run(), [](std::exception_ptr) {});
  }
  /// The server ends, and another one begins in its place.
  [[nodiscard]] awaitable<void> restart() { return restart(state_); }
  /// Everybody is told goodbye, links are closed, and nothing is left running. The stage cannot be used again.
  [[nodiscard]] awaitable<void> stop() { return stop(state_); }

  /// To this server; may outlive the stage if nothing connects any more.
  [[nodiscard]] std::unique_ptr<esphome_radio::Connector> connector() { return std::make_unique<Wire>(state_); }
  /// The client's end of a new connection.
  [[nodiscard]] proxy::Socket connect() { return State::connect(*state_); }

  /// Connecting fails with connection_refused while it is set.
  void refuse(bool refused) { state_->refused = refused; }
  /// Connections are taken, and nobody reads them nor answers, while it is set.
  void make_deaf(bool deaf) { state_->deaf = deaf; }
  /// Connecting never completes while it is set.
  void hang(bool hanging) { state_->hanging = hanging; }
  /// As though its multicast DNS record had been heard.
  void announce() { state_->announced.ring(); }
  [[nodiscard]] int connections() const noexcept { return state_->connections; }

private:
  struct State {
    State(Clock& of, boost::asio::any_io_executor on, Radio& served, proxy::Options with)
        : clock(of), executor(on), radio(served), options(std::move(with)), activities(on) {
      make_server();
    }
    void make_server() { server = std::make_unique<proxy::Server>(clock, executor, radio, options); }

    static proxy::Socket connect(State& state) {
      auto [here, there] = make_socket_pair(state.executor);
      const int number = ++state.connections;
      if (state.deaf) {
        state.unserved.push_back(std::move(there));
        return std::move(here);
      }
      state.activities.start(state.server->serve(std::move(there), "client " + std::to_string(number)),
                             [](std::exception_ptr) {});
      return std::move(here);
    }

    Clock& clock;
    boost::asio::any_io_executor executor;
    Radio& radio;
    proxy::Options options;
    std::unique_ptr<proxy::Server> server{};
    Activities activities;
    std::vector<proxy::Socket> unserved{};
    Bell announced{};
    bool refused = false;
    bool hanging = false;
    bool deaf = false;
    int connections = 0;
  };

  static awaitable<void> stop(std::shared_ptr<State> state) {
    state->unserved.clear();
    co_await state->activities.stop();
  }
  static awaitable<void> restart(std::shared_ptr<State> state) {
    co_await stop(state);
    state->make_server();
    state->activities.start(state->server->run(), [](std::exception_ptr) {});
  }

  class Wire final : public esphome_radio::Connector {
  public:
    explicit Wire(std::shared_ptr<State> state) : state_(std::move(state)) {}

    awaitable<esphome_radio::Socket> connect(TimePoint deadline) override { return connect(state_, deadline); }
    awaitable<void> announced() override { return announced(state_); }

  private:
    static awaitable<esphome_radio::Socket> connect(std::shared_ptr<State> state, TimePoint deadline) {
      if (state->hanging) {
        co_await state->clock.wait_until(deadline);
        throw TimedOut("no connection in time");
      }
      if (state->refused) throw boost::system::system_error(boost::asio::error::connection_refused);
      co_return State::connect(*state);
    }
    static awaitable<void> announced(std::shared_ptr<State> state) {
      Event announced(co_await boost::asio::this_coro::executor);
      const Bell::Listener listener(state->announced, announced);
      co_await announced.wait();
    }

    std::shared_ptr<State> state_;
  };

  std::shared_ptr<State> state_;
};

}  // namespace moor::testing
