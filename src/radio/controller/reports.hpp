#pragma once
// What a radio hears, as the advertising reports that the host has asked for.

#include "hci/hci_events.hpp"
#include "radio/controller/command_machine.hpp"
#include "radio/controller/controller.hpp"
#include "radio/controller/recent_set.hpp"

namespace moor::controller {

/// A host that wants each device once is told of each pair of address and kind of report once in a scan: an advertisement, and its scan response.
/// An extended advertisement counts as new when its set's data change, since it carries a number that says so (ADI); a legacy one does not,
/// whatever it says. The newest `max_remembered` are remembered.
///
/// In an active scan every scannable device answers. An answer without data is no sighting of a radio's, so that one is put in here: hosts
/// wait for it before they tell of the device.
class Reports {
public:
  static constexpr size_t max_remembered = 4096;

  Reports(bool filter_duplicates, ControllerCounters& counters, std::function<void(Bytes packet)> send);

  /// The host begins a scan, or begins it anew.
  void begin(TimePoint now);
  void add(std::span<const Sighting> batch, const CommandMachine& host);

private:
  void add(const Sighting& sighting, const ScanSettings& scan);
  void add_empty_answer(const Sighting& sighting, const ScanSettings& scan);
  [[nodiscard]] bool is_wanted(const Sighting& sighting, const ScanSettings& scan, bool made_up);
  void send(const hci::AdvertisingReport& report, const ScanSettings& scan);

  bool filter_duplicates_;
  ControllerCounters& counters_;
  hci::ReportEvents events_;
  RecentSet told_{max_remembered};
  RecentSet answering_{max_remembered};  // addresses whose answers have data
  TimePoint period_began_;
};

}  // namespace moor::controller
