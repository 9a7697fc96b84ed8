#pragma once
// One connection to a message bus, as little of it as moor needs: call, match, export. On the executor that it was opened with, no threads.
//
// The connection ends for good when the bus does: `wait_lost` says so at once. Whoever wants it back opens another.

#include "dbus/message.hpp"
#include "moor/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>

namespace moor::dbus {

/// An error reply.
class CallFailed : public Error {
public:
  CallFailed(std::string name, const std::string& text) : Error(text), name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const noexcept { return name_; }  ///< "org.bluez.Error.Failed"

private:
  std::string name_;
};

/// There is no bus, or the connection to it has ended.
class BusLost : public Error {
public:
  /// @param denied  the bus is there and does not let this user in.
  explicit BusLost(const std::string& what, bool denied = false) : Error(what), denied_(denied) {}
  [[nodiscard]] bool denied() const noexcept { return denied_; }

private:
  bool denied_;
};

/// Whom a call is for.
struct Target {
  std::string destination;  ///< "org.bluez"; empty over a connection with one peer
  std::string path;
  std::string interface;
};

class CallGroup;
class Connection;

/// The answer to a call that somebody else made. Answered once; dropped without an answer it is refused. It may outlive the bus, and
/// then does nothing.
class Reply {
public:
  Reply(Message call, std::weak_ptr<Connection> connection) : call_(std::move(call)), connection_(std::move(connection)) {}
  Reply(Reply&&) = default;
  Reply& operator=(Reply&& other) noexcept;
  ~Reply();
  void done();
  void done(const std::function<void(Writer&)>& arguments);
  void refuse(const std::string& error_name, const std::string& text);

private:
  void send(Message answer);

  Message call_;  // nothing when it is answered
  std::weak_ptr<Connection> connection_;
};

class Bus {
public:
  using OnSignal = std::function<void(const Message&)>;
  using OnCall = std::function<void(const Message& call, Reply reply)>;
  using OnOwner = std::function<void(std::string_view unique_name)>;
  using Gate = std::function<bool(const Message& call)>;

  /// Whatever it stands for ends with it; nothing is called any more. It may outlive the bus.
  class Hold {
  public:
    Hold() = default;
    Hold(Hold&&) noexcept = default;
    Hold& operator=(Hold&&) noexcept = default;
    explicit Hold(std::shared_ptr<void> what) : what_(std::move(what)) {}

  private:
    std::shared_ptr<void> what_;
  };

  /// The system bus, where DBUS_SYSTEM_BUS_ADDRESS or the standard place says. Who this user is the bus asks the kernel, so that a user
  /// namespace that maps it to another number does not matter.
  /// @throws BusLost, TimedOut.
  [[nodiscard]] static awaitable<std::unique_ptr<Bus>> open_system(Clock& clock, TimePoint deadline);
  /// A bus at an address ("unix:path=/tmp/bus"). @throws BusLost, TimedOut.
  [[nodiscard]] static awaitable<std::unique_ptr<Bus>> open(std::string address, Clock& clock, TimePoint deadline);
  /// Over a connected socket, which it takes over: as a client of the bus at its other end, or with `serve` as that end, for tests.
  /// Completes when the other end has answered.
  [[nodiscard]] static awaitable<std::unique_ptr<Bus>> over(int socket, bool serve, Clock& clock, TimePoint deadline);

  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;
  ~Bus();  ///< what is under way ends with BusLost

  /// ":1.42"; empty without a bus.
  [[nodiscard]] std::string unique_name() const;
  [[nodiscard]] bool is_open() const noexcept;
  /// Completes when the connection has ended. Any number may wait. Cancellation: total.
  [[nodiscard]] awaitable<void> wait_lost();

  /// Begins a call; arguments are put in with `Message::write`.
  [[nodiscard]] Message new_call(const Target& target, const char* method);
  /// @throws CallFailed, TimedOut, BusLost. Cancellation: total; the answer that comes later is dropped.
  [[nodiscard]] awaitable<Message> call(Message message, TimePoint deadline);
  /// One of a group (call_group.hpp), which outlives it. @throws CallGivenUp too.
  [[nodiscard]] awaitable<Message> call(Message message, TimePoint deadline, CallGroup& group);
  /// Without waiting for an answer. Nothing happens where the bus is lost.
  void send(Message message);

  /// Signals that fit the rule ("type='signal',path_namespace='/org/bluez'"). Called in their order, on the executor, from the bus's own reading: it must not block,
  /// and what it starts it posts. Completes when the bus has taken the rule: what is called after that misses no signal.
  [[nodiscard]] awaitable<Hold> match(std::string rule, OnSignal on_signal, TimePoint deadline);

  /// Answers all calls to the path, or with `below` also to all paths under it, but for Peer.Ping, which is always answered.
  [[nodiscard]] Hold serve(const std::string& path, bool below, OnCall on_call);
  [[nodiscard]] Message new_signal(const std::string& path, const std::string& interface, const char* member);

  // Of the end that is the bus itself, for tests.
  /// Who messages are from that do not say so.
  void speak_as(std::string name);
  /// Calls that it does not let through are refused with ServiceUnknown.
  void set_gate(Gate gate);

  /// Takes a well-known name. @throws CallFailed where somebody else has it.
  [[nodiscard]] awaitable<void> request_name(std::string name, TimePoint deadline);
  /// Called with the new owner whenever a well-known name gets another one, with "" where it has none any more. As `match`.
  [[nodiscard]] awaitable<Hold> watch_owner(std::string name, OnOwner on_owner, TimePoint deadline);
  /// The unique name of the owner; nothing where there is none. @throws as call.
  [[nodiscard]] awaitable<std::optional<std::string>> owner_of(std::string name, TimePoint deadline);

private:
  explicit Bus(std::shared_ptr<Connection> connection);
  std::shared_ptr<Connection> connection_;
};

}  // namespace moor::dbus
