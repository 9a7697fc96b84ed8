#pragma once
// The server end of API connections, as a test wants it: logs clients in by itself, records what they send, sends what it is told, and can be silent, closed or deaf
// at any stage. It hands out sockets as a Connector, over local socket pairs, so that a session with it runs in virtual time.
//
// A connection that is open keeps the context running: cancel Session::run (or close()) before the test ends.

#include "core/bell.hpp"
#include "core/within.hpp"
#include "esphome/codec.hpp"
#include "esphome/stream.hpp"
#include "radio/esphome/session.hpp"

#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace moor::testing {

struct ScriptedProxyOptions {
  std::string name = "kitchen";
  std::shared_ptr<const crypto::SecretKey> key{};  ///< null: plain
  uint32_t api_major = 1;
  uint32_t api_minor = 15;
  uint32_t features = 0xFF;
  uint32_t legacy_version = 0;            ///< of the proxy, for API versions below 1.9
  std::string mac = "02:00:00:00:00:0A";  ///< of the device
  std::string bluetooth_mac = "02:00:00:00:00:0B";
  std::string esphome_version = "2026.9.0";
  bool password = false;  ///< asks for one
};

class ScriptedProxy {
public:
  using MessageType = esphome::MessageType;
  struct Received {
    MessageType type{};
    std::vector<uint8_t> payload{};
    TimePoint at{};
  };

  ScriptedProxy(Clock& clock, boost::asio::any_io_executor executor, ScriptedProxyOptions options = {})
      : state_(std::make_shared<State>(clock, std::move(executor), std::move(options))) {}
  ScriptedProxy(const ScriptedProxy&) = delete;
  ScriptedProxy& operator=(const ScriptedProxy&) = delete;
  ~ScriptedProxy() { state_->close(); }

  /// To this proxy; may outlive it. One client is connected at a time: a new connection closes the one before.
  [[nodiscard]] std::unique_ptr<esphome_radio::Connector> connector() { return std::make_unique<Wire>(state_); }

  // What it does by itself.
  ScriptedProxyOptions& options() { return state_->options; }
  /// Connecting fails with connection_refused while it is set.
  void refuse(bool refused) { state_->refused = refused; }
  /// Connecting never completes while it is set.
  void hang(bool hanging) { state_->hanging = hanging; }
  /// Messages of these types are not answered by themselves (hello_request, device_info_request, ping_request, ...).
  void ignore(MessageType type, bool ignored = true) {
    std::erase(state_->ignored, type);
    if (ignored) state_->ignored.push_back(type);
  }
  /// Reads nothing while it is set: neither the handshake is answered, nor is what the client sends taken.
  void set_deaf(bool deaf) {
    state_->deaf = deaf;
    if (!deaf) state_->read();
  }
  /// Sends a byte a millisecond, each on its own.
  void set_trickling(bool trickling) { state_->trickling = trickling; }
  /// Called for each message that it does not answer by itself.
  void on_message(std::function<void(const esphome::Message&)> call) { state_->on_message = std::move(call); }

  // What it is told to do.
  void send(MessageType type, Bytes payload = {}) { state_->send(type, payload); }
  template <typename Message>
  void send(const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    send(Message::type, payload);
  }
  /// Bytes as they are, after what has been sent.
  void write(Bytes bytes) { state_->write(bytes); }
  /// The first `count` bytes of a message's frame, and never the others.
  void send_part(MessageType type, Bytes payload, size_t count) { state_->send_part(type, payload, count); }
  void close() { state_->close(); }
  /// As though its multicast DNS record had been heard.
  void announce() {
    state_->announced = true;
    state_->changed.ring();
  }

  // What it has seen.
  [[nodiscard]] bool is_connected() const { return state_->socket.has_value(); }
  [[nodiscard]] int connections() const { return static_cast<int>(state_->connected_at.size()); }
  /// Attempts of a client to connect, refused ones too.
  [[nodiscard]] const std::vector<TimePoint>& attempts() const { return state_->attempted_at; }
  [[nodiscard]] const std::vector<TimePoint>& connected_at() const { return state_->connected_at; }
  [[nodiscard]] const std::vector<Received>& received() const { return state_->received; }
  [[nodiscard]] int count(MessageType type) const {
    return static_cast<int>(
        std::count_if(state_->received.begin(), state_->received.end(), [&](const Received& each) { return each.type == type; }));
  }
  /// Why it could not read what a client sent.
  [[nodiscard]] const std::optional<esphome::StreamFailure>& failure() const { return state_->failure; }

  /// The next message of a type that has not been taken yet; those of other types stay for others to take. @throws std::runtime_error after `patience`.
  [[nodiscard]] awaitable<Received> expect(MessageType type, Duration patience = std::chrono::seconds(100)) {
    return expect(state_, type, patience);
  }
  /// Completes when a client is connected, or none is. @throws std::runtime_error after `patience`.
  [[nodiscard]] awaitable<void> wait_connected(bool connected = true, Duration patience = std::chrono::seconds(100)) {
    return wait_connected(state_, connected, patience);
  }

private:
  struct State : std::enable_shared_from_this<State> {
    State(Clock& of, boost::asio::any_io_executor on, ScriptedProxyOptions as)
        : clock(of), executor(std::move(on)), options(std::move(as)) {}

    void accept(esphome_radio::Socket made) {
      close();
      socket.emplace(std::move(made));
      socket->non_blocking(true);
      ++generation;
      connected_at.push_back(clock.now());
      std::string mac;
      for (const char each : options.mac)
        if (each != ':') mac += static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
      stream = esphome::make_server_stream(options.key.get(), {.name = options.name, .mac = mac});
      failure.reset();
      changed.ring();
      read();
    }
    void close() {
      if (!socket) return;
      boost::system::error_code ignored_error;
      socket->close(ignored_error);
      socket.reset();
      waiting = writing = false;
      trickle.clear();
      ++generation;
      changed.ring();
    }

    void read() {
      std::array<uint8_t, 4096> buffer{};
      while (socket && !deaf) {
        boost::system::error_code error;
        const size_t count = socket->read_some(boost::asio::buffer(buffer), error);
        if (error == boost::asio::error::would_block) return wait_readable();
        if (error) return close();
        take(std::span(buffer.data(), count));
      }
    }
    void wait_readable() {
      if (std::exchange(waiting, true)) return;
      socket->async_wait(esphome_radio::Socket::wait_read,
                         [self = shared_from_this(), mine = generation](boost::system::error_code error) {
                           if (mine != self->generation) return;
                           self->waiting = false;
                           if (!error) self->read();
                         });
    }
    void take(std::span<uint8_t> input) {
      const unsigned mine = generation;
      while (const std::optional<esphome::Message> message = stream->next(input)) {
        received.push_back({message->type, {message->payload.begin(), message->payload.end()}, clock.now()});
        untaken.push_back(received.back());
        changed.ring();
        if (!answer(*message) && on_message) on_message(*message);
        if (mine != generation) return;
      }
      flush();
      if (!stream->failure()) return;
      failure = stream->failure();
      close();
    }

    // What each server does. @returns whether the message was one of these.
    bool answer(const esphome::Message& message) {
      if (std::find(ignored.begin(), ignored.end(), message.type) != ignored.end()) return true;
      switch (message.type) {
        case MessageType::hello_request:
          encode_and_send(esphome::HelloResponse{options.api_major, options.api_minor, "scripted", options.name});
          return true;
        case MessageType::authentication_request:
          encode_and_send(esphome::AuthenticationResponse{.invalid_password = options.password});
          return true;
        case MessageType::device_info_request: {
          esphome::DeviceInfoResponse info;
          info.uses_password = options.password;
          info.name = options.name;
          info.mac_address = options.mac;
          info.esphome_version = options.esphome_version;
          info.legacy_bluetooth_proxy_version = options.legacy_version;
          info.bluetooth_proxy_feature_flags = options.features;
          info.bluetooth_mac_address = options.bluetooth_mac;
          encode_and_send(info);
          return true;
        }
        case MessageType::device_capabilities_request:
          encode_and_send(esphome::DeviceCapabilitiesResponse{options.features != 0, {options.features, options.bluetooth_mac}});
          return true;
        case MessageType::ping_request: send(MessageType::ping_response, {}); return true;
        case MessageType::disconnect_request:
          send(MessageType::disconnect_response, {});
          flush();
          close();
          return true;
        case MessageType::ping_response:
        case MessageType::disconnect_response: return true;
        default: return false;
      }
    }
    template <typename Message>
    void encode_and_send(const Message& message) {
      std::vector<uint8_t> payload;
      esphome::encode(message, payload);
      send(Message::type, payload);
    }
    void send(MessageType type, Bytes payload) {
      if (!socket || !stream->is_open()) return;
      stream->send(type, payload);
      flush();
    }
    void send_part(MessageType type, Bytes payload, size_t count) {
      flush();
      stream->send(type, payload);
      const Bytes whole = stream->output();
      const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(count));
      stream->sent(whole.size());
      write(part);
    }
    void flush() {
      if (!socket) return;
      const Bytes output = stream->output();
      const std::vector<uint8_t> bytes(output.begin(), output.end());
      stream->sent(bytes.size());
      if (!bytes.empty()) write(bytes);
    }
    void write(Bytes bytes) {
      if (!socket) return;
      if (trickling || !trickle.empty()) {
        trickle.insert(trickle.end(), bytes.begin(), bytes.end());
        if (!std::exchange(writing, true))
          boost::asio::co_spawn(executor, write_slowly(shared_from_this()), boost::asio::detached);
        return;
      }
      while (!bytes.empty() && socket) {
        boost::system::error_code error;
        const size_t count = socket->write_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
        if (error == boost::asio::error::would_block) throw std::runtime_error("the client of a scripted proxy does not read");
        if (error) return;  // the client has gone; reading will tell
        bytes = bytes.subspan(count);
      }
    }
    static awaitable<void> write_slowly(std::shared_ptr<State> self) {
      const unsigned mine = self->generation;
      while (mine == self->generation && !self->trickle.empty()) {
        boost::system::error_code error;
        self->socket->write_some(boost::asio::buffer(&self->trickle.front(), 1), error);
        self->trickle.pop_front();
        co_await self->clock.wait_for(std::chrono::milliseconds(1));
      }
      if (mine == self->generation) self->writing = false;
    }

    Clock& clock;
    boost::asio::any_io_executor executor;
    ScriptedProxyOptions options;
    Bell changed{};  // a message, a client, an announcement
    std::optional<esphome_radio::Socket> socket{};
    std::unique_ptr<esphome::Stream> stream{};
    unsigned generation = 0;  // of the connection
    bool waiting = false;     // to read
    bool writing = false;     // slowly
    std::deque<uint8_t> trickle{};

    bool refused = false;
    bool hanging = false;
    bool deaf = false;
    bool trickling = false;
    bool announced = false;
    std::vector<MessageType> ignored{};
    std::function<void(const esphome::Message&)> on_message{};

    std::vector<TimePoint> attempted_at{};
    std::vector<TimePoint> connected_at{};
    std::vector<Received> received{};
    std::deque<Received> untaken{};
    std::optional<esphome::StreamFailure> failure{};
  };

  template <typename Condition>
  static awaitable<void> wait_for(std::shared_ptr<State> state, Condition is_met, Duration patience, std::string what) {
    const TimePoint deadline = state->clock.now() + patience;
    Event changed(co_await boost::asio::this_coro::executor);
    const Bell::Listener listener(state->changed, changed);
    while (!is_met(*state)) {
      changed.reset();
      const bool in_time = co_await within(state->clock, deadline, changed.wait());
      if (!in_time && !is_met(*state)) throw std::runtime_error("the scripted proxy waited in vain for " + what);
    }
  }
  static awaitable<Received> expect(std::shared_ptr<State> state, MessageType type, Duration patience) {
    const auto find = [type](State& in) {
      return std::find_if(in.untaken.begin(), in.untaken.end(), [type](const Received& each) { return each.type == type; });
    };
    co_await wait_for(
        state, [find](State& in) { return find(in) != in.untaken.end(); }, patience,
        "message " + std::to_string(static_cast<unsigned>(type)));
    const auto at = find(*state);
    Received found = std::move(*at);
    state->untaken.erase(at);
    co_return found;
  }
  static awaitable<void> wait_connected(std::shared_ptr<State> state, bool connected, Duration patience) {
    co_await wait_for(
        state, [connected](State& in) { return in.socket.has_value() == connected; }, patience,
        connected ? "a client" : "the client to go");
  }

  class Wire final : public esphome_radio::Connector {
  public:
    explicit Wire(std::shared_ptr<State> state) : state_(std::move(state)) {}

    awaitable<esphome_radio::Socket> connect(TimePoint deadline) override { return connect(state_, deadline); }
    awaitable<void> announced() override { return announced(state_); }

  private:
    static awaitable<esphome_radio::Socket> connect(std::shared_ptr<State> state, TimePoint deadline) {
      const auto executor = co_await boost::asio::this_coro::executor;
      state->attempted_at.push_back(state->clock.now());
      if (state->hanging) {
        co_await state->clock.wait_until(deadline);
        throw TimedOut("no connection in time");
      }
      if (state->refused) throw boost::system::system_error(boost::asio::error::connection_refused);
      int ends[2];
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("no socket pair");
      const boost::asio::generic::stream_protocol local(AF_UNIX, 0);
      state->accept(esphome_radio::Socket(state->executor, local, ends[0]));
      co_return esphome_radio::Socket(executor, local, ends[1]);
    }
    static awaitable<void> announced(std::shared_ptr<State> state) {
      Event changed(co_await boost::asio::this_coro::executor);
      const Bell::Listener listener(state->changed, changed);
      while (!std::exchange(state->announced, false)) {
        changed.reset();
        co_await changed.wait();
      }
    }

    std::shared_ptr<State> state_;
  };

  std::shared_ptr<State> state_;
};

}  // namespace moor::testing
