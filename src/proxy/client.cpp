#include "proxy/client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace moor::proxy {

namespace asio = boost::asio;

namespace {

using boost::system::error_code;

// What the kernel keeps unsent for a client that does not take it would reach it late: it holds little, the queue is where things are dropped.
constexpr int unsent_in_kernel = 64 * 1024;

// A local socket of a test has no such options.
void prepare(Socket& socket) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int family = socket.local_endpoint(ignored).data()->sa_family;
  if (family == AF_INET || family == AF_INET6)
    setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_in_kernel, sizeof unsent_in_kernel);
}

}  // namespace

Client::Client(Socket socket, std::unique_ptr<esphome::Stream> stream, const Options& options, std::string peer, TimePoint now)
    : socket_(std::move(socket)),
      stream_(std::move(stream)),
      machine_(now, options.handshake_timeout),
      queue_(options.max_queued_advertisements, options.max_queued_control),
      peer_(std::move(peer)),
      since_(now),
      encrypted_(options.key != nullptr) {
  prepare(socket_);
}

void Client::send(esphome::MessageType type, Bytes payload) {
  if (drop_ != Drop::none || !stream_->is_open()) return;
  if (queue_.is_empty() && has_room()) {
    stream_->send(type, payload);
    return pump();
  }
  if (!queue_.push_control(type, payload)) return drop(Drop::stalled);
  pump();
}

void Client::send_advertisements(Bytes payload, size_t count) {
  if (drop_ != Drop::none) return;
  if (queue_.is_empty() && has_room()) {
    stream_->send(esphome::MessageType::raw_advertisements, payload);
    sent_ += count;
    return;
  }
  const uint64_t lost = queue_.push_advertisements(payload, count);
  dropped_ += lost;
  sent_ += count;
  sent_ -= lost;
}

// Control messages are the first of the queue, also where advertisements wait.
void Client::fill() {
  while (!queue_.is_empty() && stream_->output().size() < framed_at_once) {
    const esphome::Message next = queue_.front();
    stream_->send(next.type, next.payload);
    queue_.pop();
  }
}

void Client::pump() {
  while (!blocked_ && socket_.is_open()) {
    if (drop_ == Drop::none) fill();
    const Bytes output = stream_->output();
    if (output.empty()) return;
    error_code error;
    const size_t written = socket_.write_some(asio::buffer(output.data(), output.size()), error);
    if (error == asio::error::would_block || error == asio::error::try_again) return wait_writable();
    if (error == asio::error::interrupted) continue;
    if (error) {
      broken_ = true;
      return drop(Drop::broken);
    }
    stream_->sent(written);
  }
}

void Client::wait_writable() {
  blocked_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code error) {
    self->blocked_ = false;
    if (error) return;
    self->pump();
  });
}

size_t Client::read(std::span<uint8_t> room) {
  error_code error;
  const size_t count = socket_.read_some(asio::buffer(room.data(), room.size()), error);
  if (error && error != asio::error::would_block && error != asio::error::try_again && error != asio::error::interrupted)
    drop(Drop::broken);
  return error ? 0 : count;
}

awaitable<void> Client::wait_readable() {
  co_await socket_.async_wait(Socket::wait_read, asio::use_awaitable);
}

awaitable<void> Client::finish() {
  while (socket_.is_open() && !stream_->output().empty()) {
    pump();
    if (broken_) co_return;
    if (blocked_) co_await socket_.async_wait(Socket::wait_write, asio::use_awaitable);
  }
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  std::array<uint8_t, 1024> rest{};
  while (!error) {
    co_await wait_readable();
    if (socket_.read_some(asio::buffer(rest), error) == 0 && !error) co_return;
    if (error == asio::error::would_block || error == asio::error::try_again) error.clear();
  }
}

void Client::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
}

void Client::drop(Drop why) {
  if (drop_ != Drop::none) return;
  drop_ = why;
  if (ended_ != nullptr) ended_->set();
}

ClientStatus Client::status() const {
  return {.peer = peer_,
          .info = machine_.info(),
          .since = since_,
          .subscriber = subscriber,
          .encrypted = encrypted_,
          .advertisements = sent_,
          .advertisements_dropped = dropped_,
          .queued = queue_.bytes() + stream_->output().size()};
}

}  // namespace moor::proxy
