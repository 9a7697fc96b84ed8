#pragma once
// One link as the world sees it: when packets arrive, what is lost, when it ends. What callers await is in requests.hpp; this part
// does not wait: its alarm tells it the time.

#include "core/alarm.hpp"
#include "radio/sim/peripheral.hpp"
#include "radio/sim/radio_unit.hpp"

#include <deque>
#include <list>

namespace moor::sim {

/// Whose request is under way, and who waits.
struct RequestTurns {
  struct Waiting {
    Event& event;
    bool granted = false;
  };
  bool taken = false;
  std::deque<Waiting*> waiting{};
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
  /// The device takes it at once and is connected to nobody else; it is made when `made` is called.
  Connection(std::shared_ptr<State> state, RadioUnit& radio, Peripheral& peripheral, boost::asio::any_io_executor executor,
             const LinkOptions& options);
  /// Closes it.
  ~Connection();

  void made(SlotHold slot);
  [[nodiscard]] bool is_made() const noexcept { return made_; }
  [[nodiscard]] bool is_over(std::string_view radio) const noexcept { return radio.empty() || radio == radio_.spec().name; }
  [[nodiscard]] const std::optional<Closed>& closed() const noexcept { return closed_; }
  /// Nothing happens where it is closed. @param text  the system's words where empty.
  void close(CloseReason reason, TimePoint t, const std::string& text = {});
  [[nodiscard]] Bell& bell() noexcept { return bell_; }  ///< rung when it closes

  [[nodiscard]] State& state() noexcept { return *state_; }
  [[nodiscard]] RadioUnit& radio() noexcept { return radio_; }
  [[nodiscard]] Peripheral& peripheral() noexcept { return peripheral_; }
  [[nodiscard]] GattServer& gatt() noexcept { return peripheral_.gatt(); }
  [[nodiscard]] Clock& clock() noexcept { return state_->clock(); }
  [[nodiscard]] TimePoint since() const noexcept { return since_; }
  [[nodiscard]] bool encrypted() const noexcept { return encrypted_; }
  void set_encrypted() noexcept { encrypted_ = true; }
  [[nodiscard]] bool uses_services_cache() const noexcept { return uses_services_cache_; }
  [[nodiscard]] Duration interval() const noexcept { return interval_.duration(); }
  void set_parameters(const ConnectionParameters& parameters);
  /// When a packet that is sent at `t` reaches the device: one interval later, or as many more as the device sleeps through. With a latency of L
  /// it need not listen to L connection events of L + 1 while it has nothing to say (Core 5.4, Vol 6, Part B, 4.5.1).
  [[nodiscard]] TimePoint reaches_device_at(TimePoint t) const noexcept { return t + skipped(t) + interval(); }
  /// When the last of so many answers is here to requests that follow each other, the first sent at `t`.
  [[nodiscard]] TimePoint answered_at(TimePoint t, unsigned requests) const noexcept;
  /// The device has just answered: its skipping begins anew.
  void device_spoke() noexcept { spoke_at_ = state_->clock().now(); }
  [[nodiscard]] unsigned latency() const noexcept { return latency_; }
  [[nodiscard]] uint16_t mtu() const noexcept;
  /// The MTU is exchanged at the beginning, before any other request.
  [[nodiscard]] TimePoint mtu_known_at() const noexcept { return mtu_known_at_; }
  [[nodiscard]] uint64_t take_packet() noexcept { return packets_++; }

  // Packets to the device that need no answer: one each half interval.
  [[nodiscard]] TimePoint take_command_time();

  /// Requests of the attribute protocol: one at a time, in order.
  [[nodiscard]] RequestTurns& turns() noexcept { return turns_; }
  /// A request was sent at `t` that the device will never answer. No other can follow, and the radio's system ends the link after 30 s
  /// (Core 5.4, Vol 3, Part F, 3.3.3).
  void request_hangs(TimePoint t);

  /// Nothing where the device answers now, else when to look again.
  [[nodiscard]] std::optional<TimePoint> answers_again_at(TimePoint now);

  /// What a client configures; the callback may be empty, as where somebody writes the descriptor by hand.
  struct Subscription {
    SubscribeKind kind = SubscribeKind::notification;
    Link::ValueCallback on_value{};
    bool active = false;  ///< the device has got it
    uint16_t handle = 0;
    size_t characteristic = 0;
    TimePoint next = TimePoint::max();  ///< of `notify_every`
  };
  [[nodiscard]] std::shared_ptr<Subscription> find_subscription(uint16_t handle) const noexcept;
  void set_subscription(std::shared_ptr<Subscription> subscription);
  /// The device has got it.
  void activate(Subscription& subscription);
  void remove_subscription(uint16_t handle);

  void on_services_changed(std::function<void()> callback);

  // Called by the device.
  void value_set(size_t characteristic, const std::vector<uint8_t>& value);
  void services_changed();
  /// Something outside has changed.
  void touch() { alarm_.set(clock().now()); }
  void wake_at(TimePoint t) { alarm_.set(t); }

  /// A coroutine that waits for a moment, or the end of the link.
  struct Sleeper {
    Sleeper(Connection& connection, const boost::asio::any_io_executor& executor, TimePoint at);
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    ~Sleeper();
    Connection& owner;
    Event event;
    TimePoint at;
    std::list<Sleeper*>::iterator place;
  };

private:
  struct Outgoing {
    TimePoint at;
    size_t characteristic;
    std::vector<uint8_t> value;
  };
  [[nodiscard]] Duration skipped(TimePoint t) const noexcept;
  void advance(TimePoint now);
  void set_alarm(TimePoint now);
  void supervise(TimePoint now);
  [[nodiscard]] bool is_there(TimePoint now);
  void send_due(TimePoint now);
  void send(Subscription& subscription, Bytes value, TimePoint now);
  void queue(size_t characteristic, std::vector<uint8_t> value, TimePoint at);
  void indicate_services_changed();

  std::shared_ptr<State> state_;
  RadioUnit& radio_;
  Peripheral& peripheral_;
  SlotHold slot_;
  std::optional<Closed> closed_;
  Bell bell_;
  TimePoint since_;
  uint64_t number_ = 0;  // among the device's links
  bool made_ = false;
  bool encrypted_ = false;
  bool uses_services_cache_;
  bool moves_;
  bool in_range_ = true;
  ConnectionInterval interval_;
  unsigned latency_;
  TimePoint spoke_at_;  // from here the device counts the events that it skips
  SupervisionTimeout timeout_;
  uint64_t boots_;
  uint64_t packets_ = 0;
  TimePoint mtu_known_at_;
  TimePoint command_at_{};
  TimePoint range_check_at_ = TimePoint::max();
  std::optional<TimePoint> lost_since_;
  DeviceFaults::LinkDrop drop_;
  RequestTurns turns_;
  TimePoint request_lost_at_ = TimePoint::max();
  std::vector<std::shared_ptr<Subscription>> subscriptions_;
  std::deque<Outgoing> outgoing_;
  std::vector<uint8_t> periodic_value_;  // kept for its memory
  std::list<Sleeper*> sleepers_;
  std::function<void()> services_changed_;
  TimePoint indicate_at_ = TimePoint::max();  // Service Changed is on its way
  bool indicated_unheard_ = false;            // it came before anybody had asked to be told
  Alarm alarm_;
};

}  // namespace moor::sim
