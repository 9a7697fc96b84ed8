#pragma once
// A proxy server over a scripted radio, and clients of it, in virtual time.

#include "hub/scripted_radio.hpp"
#include "proxy/client_end.hpp"
#include "support/play.hpp"
#include "support/proxy_stage.hpp"

#include <gmock/gmock.h>
#include <boost/asio/post.hpp>

namespace moor::testing {

using namespace std::chrono_literals;

class ServerStage {
public:
  explicit ServerStage(proxy::Options options = proxy_options(), bool can_connect = true)
      : radio(clock, 0, "fake:one", can_connect), proxy(clock, context.get_executor(), radio, std::move(options)) {}

  /// Runs the server and the story, then stops the server.
  void play(const std::function<awaitable<void>(ServerStage&)>& story) {
    proxy.start();
    testing::play(clock, context, tell(*this, story));
  }

  [[nodiscard]] ClientEnd connect(const crypto::SecretKey* key = nullptr) { return ClientEnd(clock, proxy.connect(), key); }
  [[nodiscard]] proxy::Status status() { return proxy.server().status(); }
  [[nodiscard]] Duration elapsed() const { return clock.now() - TimePoint(begin); }
  /// Whatever is ready is done.
  [[nodiscard]] awaitable<void> settle() { return clock.wait_for(1us); }

  static constexpr Duration begin = std::chrono::hours(1);
  VirtualClock clock{TimePoint(begin)};
  boost::asio::io_context context;
  ScriptedRadio radio;
  ProxyStage proxy;

private:
  static awaitable<void> tell(ServerStage& on, const std::function<awaitable<void>(ServerStage&)>& story) {
    std::exception_ptr error;
    try {
      co_await story(on);
    } catch (...) {
      error = std::current_exception();
    }
    co_await on.proxy.stop();
    if (error) std::rethrow_exception(error);
  }
};

/// The structs of a message lie in its payload: keep that.
template <typename Message>
[[nodiscard]] Message read(const ClientEnd::Received& received) {
  EXPECT_EQ(received.type, Message::type);
  auto decoded = esphome::decode<Message>(received.payload);
  EXPECT_FALSE(decoded.error);
  return std::move(decoded.message);
}

}  // namespace moor::testing
