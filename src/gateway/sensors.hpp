#pragma once
// The connected sensors of [[sensor]]: links to devices that keep their values for those who connect. `SensorSchedule` says which of them
// has a link, when, and over which radio; this connects, subscribes and reads, beside the scanning.

#include "gateway/config.hpp"
#include "gateway/events.hpp"
#include "gateway/identities.hpp"
#include "gateway/sensor_schedule.hpp"
#include "moor/address_resolver.hpp"
#include "moor/connect.hpp"
#include "moor/hub.hpp"
#include "moor/service_cache.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <memory>
#include <optional>
#include <span>

namespace moor {

class Event;
class SensorPath;

class Sensors final : public HubListener {
public:
  using Entry = GatewayConfig::SensorEntry;

  /// For how long a link may be made, all attempts together; then it is the next one's turn.
  static constexpr Duration connect_limit = std::chrono::seconds(45);
  /// A device of a `service` entry that has been gone for so long makes room for another.
  static constexpr Duration gone_limit = std::chrono::minutes(10);

  /// Between two plans that are made only because somebody was heard.
  static constexpr Duration least_between = std::chrono::seconds(1);

  /// `paths`, `identities` and `owners` must outlive it. Of a hub it must be a listener too, before the hub runs.
  /// @param owners  whose keys tell the device behind a resolvable private address; may be null.
  Sensors(PathSource& paths, const std::vector<Entry>& entries, Identities& identities, AddressResolver* owners = nullptr,
          SensorScheduleOptions options = SensorScheduleOptions());
  ~Sensors() override;

  /// Told of values, states and links. Must outlive it.
  void add_listener(GatewayListener& listener) { listeners_.push_back(&listener); }

  /// Serves the sensors until it is cancelled. What goes wrong with one of them is told in its state.
  /// Cancellation: total, after all links have been closed.
  [[nodiscard]] awaitable<void> run();

  /// One for each device, in the order of the entries and of their discovery; one without an address for an entry that has no device yet.
  [[nodiscard]] std::span<const SensorState> states();

  void on_advertisement(const Device& device, const Sighting& sighting, bool changed) override;
  void on_device_gone(const Device& device) override;

private:
  /// A device that is served.
  struct Served {
    const Entry* entry = nullptr;
    SensorId id = 0;
    Address address;  // that it uses now
    SensorState state;
    bool busy = false;  // a coroutine works for it
    std::optional<TimePoint> gone_since{};
    std::optional<TimePoint> up_since{};
    Event* over = nullptr;  // ends its link
  };
  /// What came of one turn.
  struct Turn {
    SensorSchedule::Start start;
    TimePoint began;
    std::string radio;
    std::optional<TimePoint> connected{};
    size_t values = 0;
    size_t refused = 0;
    Uuid last_refused{};
    SensorSchedule::End end = SensorSchedule::End::failed;
    std::string problem{};  // why there was no link, or no values
    std::string lost{};     // why the link ended, where that was not ours
  };

  // sensors.cpp: which devices, and when.
  Served& add(const Entry& entry, const Address& address);
  [[nodiscard]] bool make_place(const Entry& entry);
  [[nodiscard]] Served* find(const Address& identity) noexcept;
  [[nodiscard]] Address identity_of(const Address& address);
  [[nodiscard]] Served& get(SensorId id) noexcept;
  [[nodiscard]] std::vector<SensorRadio> look_at_radios(TimePoint now);
  [[nodiscard]] std::vector<SensorReach> reach_of(SensorId id);
  void refresh(Served& served);
  void wake();
  [[nodiscard]] TimePoint now() const { return paths_.clock().now(); }

  // sensor_links.cpp: a turn of one of them.
  [[nodiscard]] awaitable<void> serve(Served& served, SensorSchedule::Start start);
  [[nodiscard]] awaitable<void> visit(Served& served, Turn& turn, SensorPath& path);
  [[nodiscard]] awaitable<void> read_all(Served& served, Turn& turn, Client& client);
  [[nodiscard]] awaitable<void> hold(Served& served, Turn& turn, SensorPath& path);
  void on_session_event(Served& served, Turn& turn, const SessionEvent& event);
  void on_connected(Served& served, Turn& turn);
  void on_value(Served& served, Turn& turn, const Uuid& characteristic, const std::vector<uint8_t>& value, bool notified,
                TimePoint t);
  void on_refused(Served& served, Turn& turn, const Uuid& characteristic, const std::string& why);
  void finish(Served& served, Turn& turn);
  void tell(const ConnectionRow& row);
  [[nodiscard]] ConnectOptions connect_options(const Served& served);
  [[nodiscard]] Target target_of(const Served& served) const;

  PathSource& paths_;
  std::vector<Entry> entries_;
  Identities& identities_;
  AddressResolver* owners_;
  SensorSchedule schedule_;
  ServiceCache cache_;
  std::vector<GatewayListener*> listeners_;
  std::vector<std::unique_ptr<Served>> served_;
  std::vector<SensorState> states_;
  boost::unordered_flat_set<uint64_t> awaited_;  // addresses that a plan waits to hear
  bool has_services_ = false;                    // entries by service
  struct Load {
    uint64_t reports = 0;
    TimePoint at;
    double per_s = 0;
  };
  std::map<RadioId, Load> loads_;
  Event* wake_ = nullptr;  // of `run`
  TimePoint planned_;      // when the last plan was made
  bool stopping_ = false;
};

}  // namespace moor
