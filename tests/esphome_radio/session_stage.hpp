#pragma once
// A session with a scripted proxy in virtual time, and what its handlers were told, in words.

#include "connect/virtual_time.hpp"
#include "core/event.hpp"
#include "support/scripted_proxy.hpp"

#include <fmt/format.h>

namespace moor::esphome_radio {

class SessionTest : public moor::testing::VirtualTime {
protected:
  using MessageType = esphome::MessageType;
  using Words = std::vector<std::string>;

  static std::shared_ptr<const crypto::SecretKey> key(uint8_t fill) {
    std::array<uint8_t, crypto::SecretKey::size> bytes{};
    bytes.fill(fill);
    return std::make_shared<const crypto::SecretKey>(bytes);
  }
  static SessionOptions options() {
    return {.radio = "esphome://kitchen", .expected_name = "kitchen", .client_info = "moor test"};
  }

  Session::Handlers handlers() {
    return {.on_ready =
                [this](const ProxyFacts& facts) {
                  say("ready");
                  last_facts_ = facts;
                  if (on_ready_) on_ready_();
                },
            .on_lost =
                [this](SessionProblem problem, const std::string& detail) {
                  say(fmt::format("lost {}{}", static_cast<int>(problem), detail.empty() ? "" : ": " + detail));
                },
            .on_message =
                [this](const esphome::Message& message) {
                  say(fmt::format("message {} of {}", static_cast<unsigned>(message.type), message.payload.size()));
                  if (on_message_) on_message_(message);
                },
            .on_state = {}};
  }
  void make(SessionOptions options) {
    session_ = std::make_unique<Session>(clock_, context_.get_executor(), proxy_.connector(), std::move(options), handlers());
  }
  /// What the handlers are told, with the time since the beginning where `timed_`.
  void say(std::string what) {
    words_.push_back(timed_ ? fmt::format("{:g}: {}", to_seconds(elapsed()), what) : std::move(what));
  }

  /// Runs the session beside a story, and cancels it at the end of that.
  template <typename Story>
  void run(Story story) {
    play([&]() -> awaitable<void> {
      start();
      co_await story();
      co_await stop();
    });
  }
  void start() {
    ended_.reset();
    boost::asio::co_spawn(context_, session_->run(),
                          boost::asio::bind_cancellation_slot(cancel_.slot(), [this](std::exception_ptr error) {
                            error_ = error;
                            ended_.set();
                          }));
  }
  awaitable<void> stop() {
    cancel_.emit(boost::asio::cancellation_type::all);
    co_await ended_.wait();
  }
  awaitable<void> sleep(Duration d) { return clock_.wait_for(d); }
  std::string problem() const {
    const Session::Status& status = session_->status();
    return problem_text(status.problem, "kitchen", status.detail).what;
  }

  moor::testing::ScriptedProxy proxy_{clock_, context_.get_executor()};
  std::unique_ptr<Session> session_;
  boost::asio::cancellation_signal cancel_;
  Event ended_{context_.get_executor()};
  std::exception_ptr error_;  // that `run` ended with
  bool timed_ = false;
  Words words_;
  std::optional<ProxyFacts> last_facts_;
  std::function<void()> on_ready_;
  std::function<void(const esphome::Message&)> on_message_;
};

}  // namespace moor::esphome_radio
