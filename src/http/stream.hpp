#pragma once
// A connection with or without TLS, as one type, so that what reads and writes HTTP is compiled once. An AsyncStream of Asio, and a next layer for Beast's WebSocket.

#include "http/server.hpp"
#include "http/tls.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <optional>

namespace moor::http {

class Stream {
public:
  using executor_type = boost::asio::any_io_executor;
  using Tls = boost::asio::ssl::stream<Socket&>;

  explicit Stream(Socket socket, TlsContext context = nullptr) : socket_(std::move(socket)), context_(std::move(context)) {
    if (context_) tls_.emplace(socket_, *context_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
  [[nodiscard]] Socket& socket() noexcept { return socket_; }
  /// Null without TLS.
  [[nodiscard]] Tls* tls() noexcept { return tls_ ? &*tls_ : nullptr; }
  /// What waits completes, with an error.
  void cancel() noexcept {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }
  void close() noexcept {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, size_t)>(
        [this](auto handler, const Buffers& into) {
          if (tls_)
            tls_->async_read_some(into, std::move(handler));
          else
            socket_.async_read_some(into, std::move(handler));
        },
        token, buffers);
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, size_t)>(
        [this](auto handler, const Buffers& from) {
          if (tls_)
            tls_->async_write_some(from, std::move(handler));
          else
            socket_.async_write_some(from, std::move(handler));
        },
        token, buffers);
  }

private:
  Socket socket_;
  TlsContext context_;  // what the stream was made with lives as long
  std::optional<Tls> tls_;
};

}  // namespace moor::http
