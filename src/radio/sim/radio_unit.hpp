#pragma once
// One radio of the world: its slots, its links, what its system knows of devices, and what befalls it.

#include "radio/sim/known_devices.hpp"
#include "radio/sim/radio_faults.hpp"

namespace moor::sim {

class Connection;
class Peripheral;

/// A connection slot: taken from the beginning of connecting until the link is gone.
class SlotHold {
public:
  SlotHold() = default;
  SlotHold(class RadioUnit& radio, Slots::Holder holder);
  SlotHold(SlotHold&& other) noexcept : radio_(std::exchange(other.radio_, nullptr)), number_(other.number_) {}
  SlotHold& operator=(SlotHold&& other) noexcept;
  ~SlotHold();

private:
  RadioUnit* radio_ = nullptr;
  uint64_t number_ = 0;
};

class RadioUnit {
public:
  RadioUnit(State& state, size_t index);
  ~RadioUnit();

  [[nodiscard]] const RadioEntry& spec() const noexcept { return state_.spec().radios[index_]; }
  [[nodiscard]] size_t index() const noexcept { return index_; }
  [[nodiscard]] RadioFaults& faults() noexcept { return faults_; }
  [[nodiscard]] KnownDevices& known() noexcept { return known_; }
  /// How links and errors name the radio: its spec as text; its name in the world until it is told.
  void set_title(std::string title) { title_ = std::move(title); }
  [[nodiscard]] const std::string& title() const noexcept { return title_; }

  /// The connecting half of the radio.
  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options, RadioId id);
  [[nodiscard]] awaitable<void> close_connection(Address device, TimePoint deadline);
  /// As Radio::forget: ends its link too.
  bool forget(const Address& device, bool bond_too);
  [[nodiscard]] Slots slots() const;
  /// Whether a device's packets reach it: its mean RSSI is not under the sensitivity.
  [[nodiscard]] bool hears(size_t device, TimePoint t);
  /// Links of this radio end, as when it is unplugged.
  void end_links(CloseReason reason);
  [[nodiscard]] bool is_connecting() const noexcept { return connecting_ > 0; }  ///< for a radio that cannot scan meanwhile
  /// A fault was added or mended from outside: where the radio is dead now, its links end.
  void faults_changed();

  /// The tables that its system remembers.
  [[nodiscard]] bool has_services(const Address& device) const;
  [[nodiscard]] bool clear_services(const Address& device);
  [[nodiscard]] const GattServices* remembered_services(size_t device) const;
  void remember_services(size_t device, GattServices services) { services_[device] = std::move(services); }
  bool forget_services(size_t device) { return services_.erase(device) > 0; }

  // For its links.
  void link_made(Connection& link) { links_.push_back(&link); }
  void link_ends(Connection& link) { std::erase(links_, &link); }

private:
  friend class SlotHold;
  struct Attempt;
  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Attempt& attempt, RadioId id);
  [[nodiscard]] awaitable<std::shared_ptr<Connection>> reach(Attempt& attempt);
  [[nodiscard]] awaitable<void> meet_faults(Attempt& attempt);
  [[nodiscard]] awaitable<void> pause(Attempt& attempt, TimePoint until);
  [[nodiscard]] TimePoint next_chance(const Attempt& attempt, TimePoint now);
  void check_alive(const Attempt& attempt);
  void check_slot(const Attempt& attempt) const;
  [[noreturn]] void fail(const Attempt& attempt, ConnectReason reason, const std::string& text = {}) const;
  [[nodiscard]] std::shared_ptr<Connection> find_link(size_t device) const noexcept;
  [[nodiscard]] std::optional<size_t> device_index(const Address& device) const noexcept;

  struct Hold {
    uint64_t number;
    Slots::Holder holder;
  };

  State& state_;
  size_t index_;
  std::string title_;
  RadioFaults faults_;
  KnownDevices known_;
  std::vector<Hold> holds_;
  uint64_t holds_made_ = 0;
  uint64_t attempts_ = 0;
  int connecting_ = 0;
  std::vector<Connection*> links_;           // each takes itself out
  std::map<size_t, GattServices> services_;  // by device
  Bell changed_;
};

}  // namespace moor::sim
