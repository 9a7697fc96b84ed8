#pragma once
// What a connection has while somebody waits for it or is called by it.

#include "core/parked.hpp"
#include "dbus/call_group.hpp"
#include "dbus/connection.hpp"

#include <algorithm>

namespace moor::dbus {

/// The bus itself.
[[nodiscard]] inline Target bus_driver() {
  return {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"};
}

// A call that waits for its answer. It lives in the frame of the coroutine that waits.
struct Connection::Pending final : CallGroup::Member {
  enum class End : uint8_t { not_yet, answered, late, lost, given_up };

  Pending(Connection& owner, uint32_t of, TimePoint until, CallGroup* group)
      : CallGroup::Member(group), connection(owner), serial(of), deadline(until), parked(owner.executor_) {
    connection.pending_.emplace(serial, this);
  }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() override {
    connection.pending_.erase(serial);
    std::erase(connection.answered_calls_, this);
  }

  void answer(const Message& message) {
    if (end != End::not_yet) return;
    end = End::answered;
    reply = message;
    connection.answered_calls_.push_back(this);
  }
  void fail(End how) {
    if (end != End::not_yet) return;
    end = how;
    parked.resume_soon();
  }
  void give_up() override { fail(End::given_up); }

  Connection& connection;
  const uint32_t serial;
  const TimePoint deadline;
  Parked parked;
  End end = End::not_yet;
  Message reply{};
};

// What is called until its hold ends.
struct Connection::Registration {
  explicit Registration(Connection& owner) : connection(owner) {}
  virtual ~Registration() = default;
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  /// Told once, when the hold ends.
  virtual void retire() { ended = true; }

  template <typename Call>
  void guard(Call&& call) {
    if (ended || !connection.open_) return;
    try {
      call();
    } catch (const MessageMalformed&) {  // somebody else's nonsense on the bus must not end the program
    }
  }

  Connection& connection;
  bool ended = false;
};

struct Connection::SignalMatch final : Registration {
  /// @throws CallFailed where the text is no rule.
  SignalMatch(Connection& owner, std::string rule_text, Bus::OnSignal call)
      : Registration(owner), on_signal(std::move(call)), text(std::move(rule_text)), rule(parse(text)) {}

  static MatchRule parse(const std::string& text) {
    std::optional<MatchRule> parsed = MatchRule::parse(text);
    if (!parsed) throw CallFailed("org.freedesktop.DBus.Error.MatchRuleInvalid", "not a match rule: " + text);
    return std::move(*parsed);
  }

  void retire() override {
    if (std::exchange(ended, true)) return;
    if (sender_changes != nullptr) sender_changes->retire();
    if (!asked || !connection.open_) return;
    Message removal = make_call(bus_driver(), "RemoveMatch");
    removal.get()->flags = no_reply_expected;
    removal.write().string(text);
    connection.send(removal);
  }
  void tell(const Message& signal) {
    if (!rule.fits(*signal.get()) || (sender_changes != nullptr && sender != signal.sender())) return;
    guard([&] { on_signal(signal); });
  }

  Bus::OnSignal on_signal;
  std::string text;
  MatchRule rule;
  bool asked = false;  // the bus
  // Of a rule with a well-known name as sender: whose name it is now, kept by another match.
  std::shared_ptr<SignalMatch> sender_changes{};
  std::string sender{};
  bool sender_changed = false;
};

struct Connection::Service final : Registration {
  Service(Connection& owner, std::string at, bool below_too, Bus::OnCall call)
      : Registration(owner), path(std::move(at)), below(below_too), on_call(std::move(call)) {}

  [[nodiscard]] bool has(std::string_view wanted) const noexcept {
    if (ended) return false;
    if (wanted == path) return true;
    return below && (path == "/" || (wanted.starts_with(path) && wanted[path.size()] == '/'));
  }

  std::string path;
  bool below;
  Bus::OnCall on_call;
};

struct Connection::Ending {
  Ending(std::weak_ptr<Connection> owner, std::shared_ptr<Registration> what)
      : connection(std::move(owner)), registration(std::move(what)) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending() {
    if (const auto owner = connection.lock()) owner->retire(registration);
  }

  std::weak_ptr<Connection> connection;
  std::shared_ptr<Registration> registration;
};

}  // namespace moor::dbus
