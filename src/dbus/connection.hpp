#pragma once
// sd-bus on the executor: what the descriptor brings is handed to sd-bus, what sd-bus wants to wait for is waited for.
//
// sd-bus is not entered again while it calls back, time is the Clock's and not sd-bus's, and a turn of the event loop takes a bounded
// number of messages, so that a flood on the bus delays nobody else for long.

#include "core/alarm.hpp"
#include "core/event.hpp"
#include "dbus/bus.hpp"

#include <systemd/sd-bus.h>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <vector>

namespace moor::dbus {

struct Unreference {
  void operator()(sd_bus* bus) const noexcept { sd_bus_unref(bus); }
  void operator()(sd_bus_slot* slot) const noexcept { sd_bus_slot_unref(slot); }
};
using BusHandle = std::unique_ptr<sd_bus, Unreference>;
using Slot = std::unique_ptr<sd_bus_slot, Unreference>;

class Connection : public std::enable_shared_from_this<Connection> {
public:
  /// @param bus  configured, not started.
  Connection(const boost::asio::any_io_executor& executor, Clock& clock, BusHandle bus);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Each coroutine takes the connection along, which may otherwise end before it.

  /// Completes when the other end has answered. Nothing that it sends then is looked at before the caller waits for something.
  /// @throws BusLost, TimedOut.
  [[nodiscard]] awaitable<void> start(std::shared_ptr<Connection> self, TimePoint deadline);
  /// What waits ends with BusLost, nothing is called any more.
  void close(std::string why, bool denied = false);

  [[nodiscard]] bool is_open() const noexcept { return open_; }
  [[nodiscard]] const std::string& unique_name() const noexcept { return unique_name_; }
  [[nodiscard]] sd_bus* handle() const noexcept { return bus_.get(); }
  [[nodiscard]] awaitable<void> wait_lost(std::shared_ptr<Connection> self);

  // As those of Bus.
  [[nodiscard]] Message new_call(const Target& target, const char* method);
  [[nodiscard]] awaitable<Message> call(std::shared_ptr<Connection> self, Message message, TimePoint deadline,
                                        CallGroup* group = nullptr);
  void send(const Message& message);
  [[nodiscard]] awaitable<Bus::Hold> match(std::shared_ptr<Connection> self, std::string rule, Bus::OnSignal on_signal,
                                           TimePoint deadline);
  [[nodiscard]] awaitable<std::optional<std::string>> find_owner(std::shared_ptr<Connection> self, std::string name,
                                                                 TimePoint deadline);
  [[nodiscard]] awaitable<void> request_name(std::shared_ptr<Connection> self, std::string name, TimePoint deadline);
  [[nodiscard]] Bus::Hold serve(const std::string& path, bool below, Bus::OnCall on_call);

private:
  struct Pending;
  struct Registration;
  struct SignalMatch;
  struct Service;
  struct Ending;

  [[nodiscard]] Bus::Hold hold(std::shared_ptr<Registration> registration);
  void retire(std::shared_ptr<Registration> registration);
  [[nodiscard]] awaitable<void> add_match(SignalMatch& match, std::string rule, TimePoint deadline);
  [[nodiscard]] awaitable<void> follow_sender(SignalMatch& match, std::string name, TimePoint deadline);
  [[nodiscard]] awaitable<void> finish(Pending& pending, const Message& asked);
  void end_late();
  void resume_answered();
  void check_sent(int result);

  void pump();
  void pump_soon();
  [[nodiscard]] bool is_known() const;
  [[nodiscard]] bool process_one();
  void arm();
  void wait(boost::asio::posix::stream_descriptor::wait_type what, bool& waiting);

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  BusHandle bus_;
  boost::asio::posix::stream_descriptor descriptor_;  // sd-bus owns what it stands for
  std::string unique_name_;

  bool open_ = true;
  bool denied_ = false;
  std::string why_lost_;
  Event answered_;  // the other end has answered, or never will
  Event lost_;
  boost::unordered_flat_set<Pending*> pending_;
  std::vector<Pending*> answered_calls_;  // whose coroutines go on when sd-bus is through
  Alarm late_;                            // one for all calls: at the earliest deadline, or one that has been met

  bool held_ = false;  // between the other end's answer and its being noticed
  bool pump_posted_ = false;
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool processing_ = false;
  std::exception_ptr thrown_;                           // by what sd-bus called: no exception may pass through it
  std::vector<std::shared_ptr<Registration>> retired_;  // what ended while sd-bus may be calling it
};

}  // namespace moor::dbus
