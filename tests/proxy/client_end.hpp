#pragma once
// The client's end of a connection, as a test wants it: it reads only when it is told to, so it can be as slow as it likes.

#include "core/within.hpp"
#include "esphome/advertisements.hpp"
#include "esphome/codec.hpp"
#include "esphome/stream.hpp"
#include "proxy/proxy.hpp"

#include <deque>

namespace moor::testing {

class ClientEnd {
public:
  using MessageType = esphome::MessageType;
  struct Received {
    MessageType type{};
    std::vector<uint8_t> payload{};
    TimePoint at{};
  };

  ClientEnd(Clock& clock, proxy::Socket socket, const crypto::SecretKey* key = nullptr)
      : clock_(clock), socket_(std::move(socket)), stream_(esphome::make_client_stream(key)) {
    socket_.non_blocking(true);
  }

  void send(MessageType type, Bytes payload = {}) {
    stream_->send(type, payload);
    flush();
  }
  template <typename Message>
  void send(const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    send(Message::type, payload);
  }
  void flush() {
    const Bytes output = stream_->output();
    write(output);
    stream_->sent(output.size());
  }
  /// Bytes as they are.
  void write(Bytes bytes) {
    boost::system::error_code error;
    while (!bytes.empty() && !error)
      bytes = bytes.subspan(socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), error));
  }
  /// What would be sent.
  [[nodiscard]] std::vector<uint8_t> take_output() {
    const Bytes output = stream_->output();
    std::vector<uint8_t> bytes(output.begin(), output.end());
    stream_->sent(bytes.size());
    return bytes;
  }
  void close() { socket_.close(); }

  /// The next message, in order; nothing where none came in time, or the connection ended.
  [[nodiscard]] awaitable<std::optional<Received>> next(Duration patience = std::chrono::seconds(1)) {
    const TimePoint deadline = clock_.now() + patience;
    while (inbox_.empty() && !closed_) {
      read();
      if (!inbox_.empty() || closed_) break;
      const bool in_time = co_await within(clock_, deadline, readable());
      if (!in_time) break;
    }
    if (inbox_.empty()) co_return std::nullopt;
    Received first = std::move(inbox_.front());
    inbox_.pop_front();
    co_return first;
  }
  /// The next message of a type; those before it are thrown away. @throws std::runtime_error
  [[nodiscard]] awaitable<Received> expect(MessageType type, Duration patience = std::chrono::seconds(1)) {
    const TimePoint deadline = clock_.now() + patience;
    while (true) {
      auto message = co_await next(deadline - clock_.now());
      if (!message) throw std::runtime_error("no message " + std::to_string(static_cast<unsigned>(type)));
      if (message->type == type) co_return std::move(*message);
    }
  }
  /// Reads until the connection ends. @returns whether it did in time.
  [[nodiscard]] awaitable<bool> wait_closed(Duration patience = std::chrono::seconds(1)) {
    const TimePoint deadline = clock_.now() + patience;
    while (!closed_) {
      const auto message = co_await next(deadline - clock_.now());
      if (!message && clock_.now() >= deadline) break;
    }
    co_return closed_;
  }
  /// Waits for the handshake. @returns whether it was done.
  [[nodiscard]] awaitable<bool> shake_hands(Duration patience = std::chrono::seconds(1)) {
    const TimePoint deadline = clock_.now() + patience;
    flush();
    while (!stream_->is_open() && !stream_->failure() && !closed_) {
      const bool in_time = co_await within(clock_, deadline, readable());
      if (!in_time) break;
      read();
      flush();
    }
    co_return stream_->is_open();
  }
  awaitable<void> say_hello(uint32_t minor = 15) {
    (void)co_await shake_hands();
    send(esphome::HelloRequest{.client_info = "a test", .api_version_major = 1, .api_version_minor = minor});
    (void)co_await expect(MessageType::hello_response);
  }
  /// Says hello and subscribes.
  awaitable<void> subscribe() {
    co_await say_hello();
    send(esphome::SubscribeAdvertisements{.flags = 1});
    (void)co_await expect(MessageType::scanner_state);
  }

  [[nodiscard]] bool is_closed() const noexcept { return closed_; }
  [[nodiscard]] const esphome::Stream& stream() const noexcept { return *stream_; }
  [[nodiscard]] const std::vector<uint8_t>& raw() const noexcept { return raw_; }

private:
  awaitable<void> readable() { co_await socket_.async_wait(proxy::Socket::wait_read, boost::asio::use_awaitable); }
  void read() {
    std::array<uint8_t, 4096> buffer{};
    while (!closed_) {
      boost::system::error_code error;
      const size_t count = socket_.read_some(boost::asio::buffer(buffer), error);
      if (error == boost::asio::error::would_block) return;
      if (error) {
        closed_ = true;
        return;
      }
      raw_.insert(raw_.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
      std::span<uint8_t> input(buffer.data(), count);
      while (const auto message = stream_->next(input))
        inbox_.push_back({message->type, {message->payload.begin(), message->payload.end()}, clock_.now()});
    }
  }

  Clock& clock_;
  proxy::Socket socket_;
  std::unique_ptr<esphome::Stream> stream_;
  std::deque<Received> inbox_;
  std::vector<uint8_t> raw_;
  bool closed_ = false;
};

}  // namespace moor::testing
