#pragma once
// Many radios as one: which of them a device's advertisements are taken from, which of them connects to it, and whether they all
// still hear. The rules are those of habluetooth where `profile` is compat; the standard profile differs where docs/hub.md says so and why.

#include "moor/device_table.hpp"
#include "moor/path_source.hpp"
#include "moor/scanner.hpp"

namespace moor {

enum class HubProfile : uint8_t {
  standard,
  compat,  ///< the choices of habluetooth 6.26.7
};

struct HubOptions {
  HubProfile profile = HubProfile::standard;
  bool active = true;              ///< ask for scan responses
  std::vector<RadioId> passive{};  ///< radios that do not, whatever `active` says
  bool recover_radios = true;      ///< bring back those that have gone silent
  DeviceTableOptions devices{};    ///< how many devices it knows, and for how long
  /// Another radio owns a device once it hears it so many dB better, however much levels wander; above 0. For those who ask where a device is:
  /// without it ownership is slow to change, as suits connections.
  std::optional<double> switch_db{};
};

/// What one radio hears of a device.
struct Hearing {
  RadioId radio = 0;
  double smoothed_dbm = 0;  ///< `no_rssi` where it has never had one
  TimePoint last;           ///< when it heard the device
};

/// Told of what the hub decides, on the radios' executor; must not block.
class HubListener {
public:
  virtual ~HubListener() = default;
  /// An advertisement of a device from the radio that owns it. @param changed  its payload differs from the last one.
  virtual void on_advertisement(const Device& device, const Sighting& sighting, bool changed) = 0;
  /// Each advertisement that any radio hears, after `on_advertisement` where that radio owns the device.
  virtual void on_heard(const Device&, const Sighting&) {}
  /// Another radio owns the device's advertisements now.
  virtual void on_owner(const Device&, RadioId /*from*/, RadioId /*to*/) {}
  /// Nobody has heard the device for as long as its advertising interval allows: that and 5 s, 15 minutes where it is not known.
  virtual void on_device_gone(const Device&) {}
  virtual void on_radio(RadioId, const RadioHealth&) {}
};

class Hub final : public PathSource {
public:
  /// `clock` and `radios` must outlive it.
  Hub(boost::asio::any_io_executor executor, Clock& clock, Radios radios, HubOptions options = {});
  ~Hub() override;

  void add_listener(HubListener& listener);

  /// Scans with all radios, again where one fails (after 1 s, doubling to 60 s), and watches over them, until it is cancelled or all radios have ended,
  /// as recordings do.
  /// @throws RadioNotAvailable, or what the radio threw, if all have failed and none ever worked; CaptureError of a recording, at the end.
  /// Cancellation: total, after every radio has stopped.
  [[nodiscard]] awaitable<void> run();

  [[nodiscard]] Clock& clock() noexcept override;
  [[nodiscard]] std::vector<Path> paths_to(const Address& device) override;
  [[nodiscard]] std::string explain(const Address& device) override;
  void attempt_began(const Path& path) override;
  void attempt_ended(const Path& path, bool connected) override;
  [[nodiscard]] awaitable<void> changed(Address device) override;
  [[nodiscard]] std::vector<Radio*> radios() override;

  [[nodiscard]] const Device* find(const Address& device) const noexcept;
  [[nodiscard]] std::optional<RadioId> owner(const Address& device) const noexcept;
  /// All radios that hear the device, best first; those that have not heard it for 195 s are left out.
  [[nodiscard]] std::vector<Hearing> hearings(const Address& device) const;
  /// How the radio is, as `HubListener::on_radio` has it. @pre it is one of the hub's
  [[nodiscard]] RadioHealth health(RadioId radio) const;
  /// Learned from its advertisements; nothing before it is known.
  [[nodiscard]] std::optional<Duration> advertising_interval(const Address& device) const noexcept;
  /// Waits for the device's next advertisement on any radio, at most to the deadline. @returns whether one came. Cancellation: total.
  [[nodiscard]] awaitable<bool> wait_heard(Address device, TimePoint deadline);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moor
