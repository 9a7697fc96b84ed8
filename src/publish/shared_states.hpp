#pragma once
// Which of several gateways writes the one state of a device that others read: the one that hears it best. Each looks at what was written last; nobody
// is asked. A gateway takes a device over that another one has lost, is silent about, or hears 6 dB weaker. Without I/O.

#include "moor/time.hpp"
#include "publish/device_state.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

namespace moor::publish {

class SharedStates {
public:
  static constexpr double margin_db = 6;  ///< so that a device between two gateways does not go to and fro

  /// @param stale_after  a writer that says nothing for so long has none to say.
  /// @param most         devices of other gateways that are remembered.
  SharedStates(std::string gateway, Duration stale_after, size_t most)
      : gateway_(std::move(gateway)), stale_after_(stale_after), most_(most) {}

  /// Somebody has written, perhaps this gateway itself. @param device  as in the topic
  void on_state(std::string_view device, const SharedState& state, TimePoint now);
  void on_removed(std::string_view device) { writers_.erase(std::string(device)); }

  /// Whether this gateway writes the state of the device now.
  [[nodiscard]] bool writes(std::string_view device, bool in_zone, const std::optional<double>& smoothed_dbm,
                            TimePoint now) const;
  /// What is kept of this device is not needed any more.
  void forget(std::string_view device) { on_removed(device); }

private:
  struct Writer {
    SharedState state;
    TimePoint written;
  };
  std::string gateway_;
  Duration stale_after_;
  size_t most_;
  boost::unordered_flat_map<std::string, Writer> writers_;
};

}  // namespace moor::publish
