#pragma once
// All that a hub holds: what it knows (Reception), what it does (loops for each radio), and who waits for it.

#include "core/activities.hpp"
#include "hub/failures.hpp"
#include "hub/path_order.hpp"
#include "hub/reception.hpp"
#include "hub/watchdog.hpp"

#include <list>

namespace moor {

struct Hub::State {
  State(boost::asio::any_io_executor executor, Clock& clock, const Radios& radios, HubOptions options);

  /// One radio of the hub, and what it hears.
  struct Member final : SightingSink {
    Member(State& state, hub::SourceIndex index, Radio& radio) : state(state), index(index), radio(radio) {}
    void on_sightings(std::span<const Sighting> batch) override { state.on_sightings(*this, batch); }

    State& state;
    hub::SourceIndex index;
    Radio& radio;
    hub::Watchdog watchdog;
    bool scanning = false;
    bool worked = false;  // has heard something, or scanned for a while
    bool failed = false;
    bool can_connect = false;  // as was last told to `reception`
    std::string problem{};     // of its last scan, empty while it scans
    RadioHealth told{};        // to listeners
    boost::unordered_flat_map<Address, int, std::hash<Address>> connecting{};
  };

  awaitable<void> run();
  awaitable<void> run_radio(Member& member);
  awaitable<void> watch_radio(Member& member);
  awaitable<void> recover(Member& member, hub::Watchdog::Action action);
  awaitable<void> keep_time();
  awaitable<void> wait_changed(Address device);
  awaitable<bool> wait_heard(Address device, TimePoint deadline);

  void on_sightings(Member& member, std::span<const Sighting> batch);
  void on_outcome(const Sighting& sighting, const hub::Reception::Outcome& outcome);
  void on_time(TimePoint now);
  void set_scanning(Member& member, bool scanning);
  void update_source(Member& member);
  void on_failed(Member& member, std::string problem);
  void tell(Member& member);
  void wake(const Address& device);
  void wake_all();

  [[nodiscard]] RadioHealth health(const Member& member) const;
  [[nodiscard]] Member* find_member(const Radio* radio) noexcept;
  [[nodiscard]] std::optional<DeviceSlot> find_slot(const Address& device) const noexcept;
  /// What the radio hears of the device, whichever kind its address is said to be of.
  struct Heard {
    const hub::Hearing* hearing;
    Address address;
    Duration interval;
  };
  [[nodiscard]] std::optional<Heard> heard_by(const Member& member, const Address& device) const noexcept;
  [[nodiscard]] bool is_fresh(const Heard& heard) const noexcept;
  [[nodiscard]] std::vector<Path> paths_to(const Address& device);
  [[nodiscard]] std::string explain(const Address& device);

  /// Somebody who waits for a device: for any change, or until it is heard.
  struct Waiter {
    Address device;
    Event* event;
  };
  using Waiters = std::list<Waiter>;
  /// Waits in one of the lists for as long as it lives.
  class Wait {
  public:
    Wait(Waiters& waiters, const Address& device, Event& event)
        : waiters_(waiters), place_(waiters.insert(waiters.end(), {device, &event})) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { waiters_.erase(place_); }

  private:
    Waiters& waiters_;
    Waiters::iterator place_;
  };

  boost::asio::any_io_executor executor;
  Clock& clock;
  HubOptions options;
  const hub::Rules rules;
  hub::Reception reception;
  hub::Failures failures;
  std::vector<std::unique_ptr<Member>> members;
  std::vector<HubListener*> listeners;
  Waiters waiting_for_change;
  Waiters waiting_to_hear;
  size_t working = 0;  // radios that have not ended
  std::exception_ptr failure;
  Event* ended = nullptr;    // run() waits for it
  Event* earlier = nullptr;  // keep_time() waits for it
  TimePoint armed = TimePoint::max();
};

}  // namespace moor
