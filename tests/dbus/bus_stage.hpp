#pragma once
// A client and somebody who is org.desk, over a pair of ends in virtual time.

#include "dbus/outcome.hpp"
#include "support/bus_pair.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace moor::dbus {

inline const Target desk{"org.desk", "/desk", "org.desk.Desk"};

class BusTest : public ::testing::Test {
protected:
  using Story = std::function<awaitable<void>()>;

  /// With a client, and somebody who is org.desk at the other end.
  void play(const Story& story) { testing::play(clock_, context_, begin(story)); }
  awaitable<void> begin(const Story& story) {
    pair_ = co_await testing::make_bus_pair(clock_);
    pair_.driver->start("org.desk");
    start_ = clock_.now();
    co_await story();
    pair_ = {};
  }

  Bus& client() { return *pair_.client; }
  Bus& server() { return *pair_.server; }
  TimePoint in(Duration d) const { return clock_.now() + d; }
  Duration passed() const { return clock_.now() - start_; }
  awaitable<std::string> call(const char* method, Duration patience = std::chrono::seconds(10)) {
    return testing::outcome(client().call(client().new_call(desk, method), in(patience)));
  }
  void start_call(const char* method, std::vector<std::string>& outcomes, boost::asio::cancellation_signal* signal = nullptr) {
    auto done = [&outcomes](std::exception_ptr, std::string outcome) { outcomes.push_back(std::move(outcome)); };
    if (signal != nullptr)
      boost::asio::co_spawn(context_, call(method), boost::asio::bind_cancellation_slot(signal->slot(), done));
    else
      boost::asio::co_spawn(context_, call(method), done);
  }
  void signal(const char* member, const std::string& argument = "") {
    Message message = server().new_signal("/desk", desk.interface, member);
    message.write().string(argument);
    server().send(std::move(message));
  }
  /// Until all that has been sent has come, and all coroutines wait.
  awaitable<void> settle() { return clock_.wait_for(std::chrono::milliseconds(1)); }

  VirtualClock clock_;
  boost::asio::io_context context_;
  testing::BusPair pair_{};
  TimePoint start_;
};

}  // namespace moor::dbus
