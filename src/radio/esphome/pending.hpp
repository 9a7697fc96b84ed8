#pragma once
// Who waits for which answer of a proxy about one device. Firmware has no request identifiers: an answer is known by its handle and kind alone, an error (82) by
// its handle alone. So at most one request of a handle is under way, and before the next one is sent, what an earlier one left unanswered
// is waited for. No I/O, no waiting; every call has the time.
//
// An answer is owed where a request was given up (time-out, cancellation), or where nobody waits for one: a write without response, which an ESP32 answers too. An
// owed answer goes to nobody. Firmware works through a connection's requests in their order (ATT has one at a time), so the answer that comes first belongs
// to the request that was sent first; only one that comes more than `late_wait` after somebody has begun to wait for it can be mistaken.

#include "moor/time.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace moor::esphome_radio {

/// What a request is answered with. A read and a descriptor's read are one kind, as their answers are.
enum class RequestKind : uint8_t {
  services,    ///< 71, then 72; of the device, handle 0, as the last three
  read,        ///< 74
  write,       ///< 83
  notify,      ///< 84
  bond,        ///< 85 or 86: pair and unpair, which old firmware does not tell apart
  cache,       ///< 88
  parameters,  ///< 146
};

class Pending {
public:
  /// How long a request waits for the owed answers of its handle; then they are taken for lost.
  static constexpr Duration late_wait = std::chrono::seconds(2);
  /// The longest that an answer can be owed: ATT's own limit, after which the link is closed (Core 5.4, Vol 3, Part F, 3.3.3).
  static constexpr Duration answer_limit = std::chrono::seconds(30);

  struct Key {
    uint16_t handle = 0;
    RequestKind kind{};
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  using Ticket = uint64_t;

  /// Until when a request must be held back that was asked for at `asked`, at the longest; nothing where it may be sent. TimePoint::max() where a
  /// stream of services is under way that nobody collects: only its end tells that the next stream is whole.
  [[nodiscard]] std::optional<TimePoint> held_until(Key key, TimePoint asked, TimePoint now) const;
  /// A request is sent; what is still owed to its handle is taken for lost. @pre nothing of the handle is under way
  [[nodiscard]] Ticket begin(Key key, TimePoint now);
  /// A request is sent whose answer nobody waits for.
  void begin_unawaited(Key key, TimePoint now);
  /// A write without response is sent. Proxies that turn out not to answer those are not expected to.
  void begin_command(uint16_t handle, TimePoint now);
  /// Nobody waits for the answer any more. Does nothing where it is there.
  void give_up(Ticket ticket, TimePoint now);

  // Answers. Each returns who waits for it; nothing where nobody does: it was owed, or nobody asked.
  [[nodiscard]] std::optional<Ticket> on_answer(Key key);
  /// @param handle  0 for the services.
  [[nodiscard]] std::optional<Ticket> on_error(uint16_t handle);
  /// A part of the services; the request stays under way.
  [[nodiscard]] std::optional<Ticket> on_services_part();

  [[nodiscard]] size_t under_way() const noexcept { return waiting_.size(); }
  /// Answers that may still come and go to nobody.
  [[nodiscard]] size_t owed(TimePoint now) const;

private:
  struct Waiting {
    Ticket ticket = 0;
    TimePoint sent{};
  };
  struct Owed {
    uint32_t requests = 0;
    uint32_t commands = 0;
    TimePoint until{};
  };
  using OwedMap = std::map<Key, Owed>;

  [[nodiscard]] static bool concerns(Key owed, Key request) noexcept;
  void owe(Key key, TimePoint until);
  void forget_past(TimePoint now);
  OwedMap::iterator take_for_lost(OwedMap::iterator at);
  void settle_one(OwedMap::iterator at);

  std::map<Key, Waiting> waiting_;
  OwedMap owed_;
  Ticket last_ = 0;
  bool commands_answered_ = false;
  bool commands_unanswered_ = false;  // one was not, and none was before
  bool stream_open_ = false;          // parts of the services have come, and not their end
};

}  // namespace moor::esphome_radio
