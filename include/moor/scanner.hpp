#pragma once
// Scanning: what is in the air, through any number of radios, filtered and merged by device.
//
// A callback sees each advertisement as it comes, `next()` gives the same as an asynchronous stream, and `discover` and the `find_` functions
// answer the usual questions. They return at the first match.

#include "moor/device.hpp"
#include "moor/radio.hpp"
#include "moor/slab.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <functional>
#include <span>

namespace moor {

/// What to let through; all that is set must hold, of a list one entry. An empty filter lets all pass.
struct ScanFilter {
  std::optional<int> min_rssi_dbm;      ///< a sample passes when its RSSI is at least this; without an RSSI it does not
  std::vector<Address> addresses;       ///< compared by their 48 bits, since users rarely know the kind
  std::string name;                     ///< glob over the whole name: * any text, ? one character; case matters
  std::vector<Uuid> services;           ///< advertised as service UUID or with service data
  std::vector<uint16_t> manufacturers;  ///< company identifiers

  /// What one report says of itself: RSSI and address.
  [[nodiscard]] bool passes(const Sighting& sighting) const noexcept;
  /// What the device has said so far, over advertisement and scan response: name, services, manufacturers.
  [[nodiscard]] bool passes(const Device& device) const;
};

/// Whether the glob matches the whole text. Linear in the text for each '*'.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text) noexcept;

struct ScannerOptions {
  ScanFilter filter;
  bool active = true;  ///< ask for scan responses
  std::vector<Uuid>
      service_uuids{};  ///< for the radios' systems, see ScanOptions; a device with service data alone is not among them
  std::vector<AdPattern> patterns{};  ///< the same
  size_t max_devices = 100'000;       ///< of further ones the sightings are counted in `ScannerCounters::devices_refused`
  size_t stream_capacity = 4096;      ///< sightings that `next()` may be behind; the oldest are dropped and counted
};

struct ScannerCounters {
  uint64_t sightings = 0;        ///< heard, before the filter
  uint64_t passed = 0;           ///< that the filter let through
  uint64_t stream_dropped = 0;   ///< that `next()` was too slow for
  uint64_t devices_refused = 0;  ///< of devices beyond `max_devices`
};

/// One advertisement of the stream: what was heard, and the device's address to look it up by.
struct Discovery {
  Sighting sighting;
  DeviceSlot slot = 0;  ///< the device's place in `Scanner::devices()`
  bool new_device = false;
  bool new_data = false;  ///< its payload differs from the last one of that part
};

/// The radios to scan with: one, or some. They must outlive whatever they are given to.
class Radios {
public:
  Radios(Radio& one) : radios_{&one} {}
  Radios(std::vector<Radio*> some) : radios_(std::move(some)) {}
  Radios(const std::vector<std::unique_ptr<Radio>>& some) {
    for (const auto& each : some) radios_.push_back(each.get());
  }
  [[nodiscard]] size_t size() const noexcept { return radios_.size(); }
  [[nodiscard]] Radio& operator[](size_t index) const noexcept { return *radios_[index]; }

private:
  std::vector<Radio*> radios_;
};

class Event;

class Scanner final : private SightingSink {
public:
  /// Called on the radios' executor for each sighting that passes; it must not block.
  using Callback = std::function<void(const Device&, const Discovery&)>;

  /// @param radios  one that works is enough for the scan to go on.
  Scanner(Clock& clock, Radios radios, ScannerOptions options = {});
  ~Scanner() override;

  void on_sighting(Callback callback) { callback_ = std::move(callback); }

  /// Scans until the time is over, `stop()` is called, or every radio has ended (as recordings do).
  /// @throws what the radios threw, if the last of them failed; a failure of one of several is kept in `failures()`.
  /// Cancellation: total. May be called again; devices and counters go on.
  [[nodiscard]] awaitable<void> run(std::optional<Duration> duration = std::nullopt);
  /// Ends `run`; from the callback too. Sightings that are still in the radio's batch are not reported.
  void stop() noexcept;

  /// The next sighting, waiting for it and for `run` to begin; nothing when `run` has ended and all is read. One caller at a time.
  /// For a long payload beyond the ring, `Sighting::payload_lost` tells. Cancellation: total.
  [[nodiscard]] awaitable<std::optional<Discovery>> next();

  /// Takes in what a radio's system knows of a device, so that it is there before it is heard: its `sightings` are 0 until then. No callback is called.
  /// @returns whether it is new and passes the filter's addresses and RSSI. See `restore_discoveries` (stale.hpp).
  bool restore(const KnownDevice& known, RadioId radio);

  /// Devices of which a sighting passed `ScanFilter::passes(Sighting)`, in the order they were first heard.
  [[nodiscard]] const std::deque<Device>& devices() const noexcept { return devices_; }
  [[nodiscard]] const Device* find(const Address& address) const noexcept;
  [[nodiscard]] const ScannerCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] const std::vector<std::exception_ptr>& failures() const noexcept { return failures_; }
  [[nodiscard]] const ScannerOptions& options() const noexcept { return options_; }

private:
  void on_sightings(std::span<const Sighting> batch) override;
  void on_sighting(const Sighting& sighting);
  [[nodiscard]] DeviceSlot add(const Address& address);

  Clock& clock_;
  Radios radios_;
  ScannerOptions options_;
  Callback callback_;
  std::deque<Device> devices_;
  boost::unordered_flat_map<Address, DeviceSlot, std::hash<Address>> index_;
  ScannerCounters counters_;
  std::vector<std::exception_ptr> failures_;
  std::deque<Discovery> stream_;
  bool streaming_ = false;  // someone has called next()
  bool finished_ = false;   // run() has ended and not begun again
  bool stopping_ = false;
  Event* ended_ = nullptr;    // run() waits for it
  Event* arrived_ = nullptr;  // next() waits for it
};

/// All devices heard within the time that pass the filter, as they were at its end.
[[nodiscard]] awaitable<std::vector<Device>> discover(Clock& clock, Radios radios, Duration duration = std::chrono::seconds(5));
/// @param options  a variable with a name: g++ 12 destroys a braced temporary twice when it stands in a `co_await` expression
///                 (docs/decisions.md), which is also why this is not a default argument.
[[nodiscard]] awaitable<std::vector<Device>> discover(Clock& clock, Radios radios, Duration duration, ScannerOptions options);

/// The first device for which `matches` holds, at once when it is heard; nothing after `timeout`.
/// @param matches  gets the device with all it has said so far. Look for a service UUID: it is in the advertisement itself.
[[nodiscard]] awaitable<std::optional<Device>> find_device_by_filter(Clock& clock, Radios radios,
                                                                     std::function<bool(const Device&)> matches,
                                                                     Duration timeout = std::chrono::seconds(10));

[[nodiscard]] awaitable<std::optional<Device>> find_device_by_address(Clock& clock, Radios radios, Address address,
                                                                      Duration timeout = std::chrono::seconds(10));

/// By exact name: the slow way. Many devices send their name only in the scan response, some only now and then, and names are not unique;
/// where you know a service UUID, `find_device_by_filter` is faster and surer.
[[nodiscard]] awaitable<std::optional<Device>> find_device_by_name(Clock& clock, Radios radios, std::string name,
                                                                   Duration timeout = std::chrono::seconds(10));

}  // namespace moor
