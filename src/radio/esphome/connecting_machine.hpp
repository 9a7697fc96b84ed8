#pragma once
// The connection of one proxy to one device: what is asked of the proxy, and what its answers mean. Messages have no numbers, so an answer may belong to what was asked
// before; a request may be ignored; a link may come up after it was given up. No I/O, no waiting; every call has the time.

#include "moor/connect_cause.hpp"
#include "radio/esphome/ledger.hpp"

namespace moor::esphome_radio {

class ConnectingMachine {
public:
  /// For a slot, where the proxy has none (Home Assistant's client waits as long).
  static constexpr Duration slot_patience = std::chrono::seconds(2);
  /// After a disconnect without an answer it is asked again. Firmware takes at most 10 s for one.
  static constexpr Duration ask_again_after = std::chrono::seconds(5);
  /// How late the answer to a disconnect may come that crossed the link's own end.
  static constexpr Duration stray_time = std::chrono::seconds(5);
  /// How long a request whose answer was taken for another's may show no sign of life.
  static constexpr Duration doubt_time = std::chrono::seconds(2);

  enum class State : uint8_t {
    idle,
    requested,  ///< a connect is sent
    up,
    draining,  ///< a disconnect is sent, or the proxy has said that the link is gone and counts it still
  };
  enum class Send : uint8_t { nothing, connect, disconnect };
  enum class Event : uint8_t {
    nothing,
    connected,
    still_up,  ///< said again: the MTU may be another
    failed,    ///< the attempt, for `cause`
    closed,    ///< the link, by the peer or by the proxy, or because we asked for it
    missing,   ///< the proxy has stopped counting the link, without a word
    drained,   ///< the slot is free, or `SlotLedger::draining_limit` has passed
  };
  struct Step {
    Send send = Send::nothing;
    Event event = Event::nothing;
    ConnectCause cause{};
    bool late = false;  ///< a link that nobody wanted any more came up
  };
  /// What the ledger says at the moment.
  struct Book {
    bool has_room = true;  ///< a request could succeed; that of the device, if there is one, not counted
    bool counts = false;   ///< the proxy counts a slot for the device, where it can be trusted
    bool trusted = false;
    bool missing = false;  ///< the link is up, and the proxy does not count it
  };

  /// Somebody wants a link. It waits for a slot, or for the end of the last link to the device. @pre !is_busy()
  [[nodiscard]] Step want(TimePoint now, TimePoint deadline, Book book);
  /// Nobody wants the attempt or the link any more.
  [[nodiscard]] Step cancel(TimePoint now, Book book);
  /// The connection to the device is to end, whoever made it; an attempt fails.
  [[nodiscard]] Step disconnect(TimePoint now, Book book);
  /// Message 69. @param book  before the ledger is told.
  [[nodiscard]] Step on_connection(bool connected, int32_t error, TimePoint now, Book book);
  /// Message 81, or another change of slots. @param is_fact  whether the proxy has said it.
  [[nodiscard]] Step on_slots(TimePoint now, Book book, bool is_fact);
  /// At `next` or later.
  [[nodiscard]] Step on_time(TimePoint now, Book book);
  /// TimePoint::max() for never.
  [[nodiscard]] TimePoint next() const noexcept;

  [[nodiscard]] State state() const noexcept { return state_; }
  /// There is a link or an attempt.
  [[nodiscard]] bool is_busy() const noexcept { return wanted_ || state_ == State::requested || state_ == State::up; }
  [[nodiscard]] bool is_waiting() const noexcept { return wanted_.has_value(); }
  /// There is nothing to remember of the device.
  [[nodiscard]] bool is_finished(TimePoint now) const noexcept;

private:
  struct Wanted {
    TimePoint deadline{};
    std::optional<TimePoint> slot_until{};  // set where there is no slot
  };
  [[nodiscard]] Step proceed(TimePoint now, Book book);
  [[nodiscard]] Step fail(ConnectReason reason, std::string text);
  [[nodiscard]] Step on_connected(TimePoint now, Book book);
  [[nodiscard]] Step on_closed(int32_t error, TimePoint now, Book book);
  [[nodiscard]] ConnectCause cause_without_reason(Book book) const;
  [[nodiscard]] Step on_drained();
  [[nodiscard]] Step ask_disconnect(TimePoint now);
  [[nodiscard]] Step let_go(TimePoint now, Book book);
  void drain(TimePoint now);
  [[nodiscard]] bool is_stray(int32_t error, TimePoint now, Book book) const noexcept;

  State state_ = State::idle;
  std::optional<Wanted> wanted_;  // an attempt that has not been sent
  TimePoint deadline_{};          // of the attempt that has been sent
  bool counted_ = false;          // the proxy has counted the slot since the request
  std::optional<TimePoint> doubt_until_;
  int missing_ = 0;  // facts in a row without the link
  TimePoint drain_until_{};
  TimePoint ask_again_{};
  bool lapsed_ = false;  // the limit of draining has passed, and the proxy had not freed the slot
  int owed_ = 0;         // disconnects that no answer is known for
  TimePoint asked_disconnect_{};
};

}  // namespace moor::esphome_radio
