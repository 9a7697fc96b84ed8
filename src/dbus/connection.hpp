#pragma once
// Our end of a connection to a bus, or to one peer: messages go to whom they are for, and calls wait for their answers.
//
// What is called back may do anything, also end the connection. Time is the Clock's, and a turn of the event loop takes a bounded number of messages, so that a
// flood on the bus delays nobody else for long.

#include "core/alarm.hpp"
#include "core/event.hpp"
#include "dbus/authentication.hpp"
#include "dbus/bus.hpp"
#include "dbus/channel.hpp"
#include "dbus/match_rule.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <vector>

namespace moor::dbus {

/// A call or an answer that has all that it must have. @throws MessageMalformed
[[nodiscard]] Message make_call(const Target& target, const char* method);
[[nodiscard]] Message make_signal(const std::string& path, const std::string& interface, const char* member);
[[nodiscard]] Message make_answer(const Message& call);
[[nodiscard]] Message make_refusal(const Message& call, const std::string& error_name, const std::string& text);

class Connection : public std::enable_shared_from_this<Connection> {
public:
  /// @param socket  connected; it belongs to the connection from now on.
  Connection(const boost::asio::any_io_executor& executor, Clock& clock, int socket, Authentication::Role role);
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
  [[nodiscard]] awaitable<void> wait_lost(std::shared_ptr<Connection> self);

  // As those of Bus.
  [[nodiscard]] awaitable<Message> call(std::shared_ptr<Connection> self, Message message, TimePoint deadline,
                                        CallGroup* group = nullptr);
  void send(const Message& message) { (void)post(message); }
  [[nodiscard]] awaitable<Bus::Hold> match(std::shared_ptr<Connection> self, std::string rule, Bus::OnSignal on_signal,
                                           TimePoint deadline);
  [[nodiscard]] awaitable<Bus::Hold> watch_owner(std::shared_ptr<Connection> self, std::string name, Bus::OnOwner on_owner,
                                                 TimePoint deadline);
  [[nodiscard]] awaitable<std::optional<std::string>> find_owner(std::shared_ptr<Connection> self, std::string name,
                                                                 TimePoint deadline);
  [[nodiscard]] awaitable<void> request_name(std::shared_ptr<Connection> self, std::string name, TimePoint deadline);
  [[nodiscard]] Bus::Hold serve(const std::string& path, bool below, Bus::OnCall on_call);
  void speak_as(std::string name) { own_sender_ = std::move(name); }
  void set_gate(Bus::Gate gate) { gate_ = std::move(gate); }

private:
  struct Pending;
  struct Registration;
  struct SignalMatch;
  struct Service;
  struct Ending;

  [[nodiscard]] Bus::Hold hold(std::shared_ptr<Registration> registration);
  void retire(const std::shared_ptr<Registration>& registration);
  void sweep();
  [[nodiscard]] awaitable<void> add_match(std::shared_ptr<SignalMatch> match, TimePoint deadline);
  [[nodiscard]] awaitable<void> follow_sender(SignalMatch& match, std::string name, TimePoint deadline);
  [[nodiscard]] awaitable<void> finish(Pending& pending, const Message& asked);
  void end_late();
  void resume_answered();

  /// @returns its serial; 0 where the connection is lost. @throws MessageMalformed
  uint32_t post(const Message& message);
  void pump();
  void pump_soon();
  enum class Step : uint8_t { message, wants_more, stop };
  [[nodiscard]] Step process_one();
  [[nodiscard]] Step greet();
  void dispatch(const Message& message);
  void take_name(const Message& answer);
  void dispatch_call(const Message& call);
  void dispatch_signal(const Message& signal);
  void flush();
  void arm();
  void wait(boost::asio::posix::stream_descriptor::wait_type what, bool& waiting);

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  boost::asio::posix::stream_descriptor descriptor_;
  Channel channel_;
  const Authentication::Role role_;
  Authentication authentication_;
  std::string unique_name_;
  std::string own_sender_;  // at the bus's own end
  Bus::Gate gate_;

  bool open_ = true;
  bool denied_ = false;
  std::string why_lost_;
  Event answered_;  // the other end has answered, or never will
  Event lost_;
  uint32_t last_serial_ = 0;
  boost::unordered_flat_map<uint32_t, Pending*> pending_;  // by the call's serial
  std::vector<Pending*> answered_calls_;                   // whose coroutines go on when what came is dealt with
  Alarm late_;  // one for all calls: at the earliest deadline, or one that has been met
  std::vector<std::shared_ptr<SignalMatch>> matches_;
  std::vector<std::shared_ptr<Service>> services_;
  Message incoming_;  // its memory is used again where nobody has kept it

  bool held_ = false;  // between the other end's answer and its being noticed
  bool pump_posted_ = false;
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool processing_ = false;
};

}  // namespace moor::dbus
