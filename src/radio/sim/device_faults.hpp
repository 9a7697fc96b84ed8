#pragma once
// What goes wrong with a device, and when. Some faults wait for an occasion (a connect, a read), others come by themselves. A machine
// without I/O; it keeps no history.

#include "moor/world.hpp"
#include "radio/sim/random.hpp"

namespace moor::sim {

class DeviceFaults {
public:
  DeviceFaults(const Random& random, size_t device, TimePoint start, const std::vector<DeviceFault>& faults);
  /// @param now  one whose time has passed comes now.
  void add(DeviceFault fault, TimePoint now);

  /// There is an occasion for faults of the kind. @returns the one that befalls it, which is used up once by that.
  [[nodiscard]] std::optional<DeviceFault> draw(DeviceFault::Kind kind, std::string_view radio, TimePoint t);

  /// The next that comes by itself (drop with `every`, reboot, services_changed); TimePoint::max() for none.
  [[nodiscard]] TimePoint next_own() const noexcept { return next_own_; }
  /// It is that moment. @param is_linked  whether there is a link over the radio that is named, over any for an empty name: a drop
  /// that finds none does not count against `times`. @returns nothing where no fault comes of it.
  [[nodiscard]] std::optional<DeviceFault> take_own(const std::function<bool(std::string_view radio)>& is_linked);

  /// A drop that is counted from a link's beginning.
  struct LinkDrop {
    TimePoint at = TimePoint::max();
    uint64_t serial = 0;
  };
  /// The first that will befall a link. @param link  its number, the key of chances. @param now  one whose time has passed comes now.
  [[nodiscard]] LinkDrop link_drop(std::string_view radio, TimePoint since, uint64_t link, TimePoint now) const;
  /// @returns nothing where other links have used it up meanwhile.
  [[nodiscard]] std::optional<DeviceFault> take(const LinkDrop& drop);

private:
  struct Running {
    DeviceFault fault;
    uint64_t serial = 0;     // keys of its random numbers
    uint64_t occasions = 0;  // so far
    TimePoint from;
    TimePoint own = TimePoint::max();
  };
  [[nodiscard]] bool befalls(const Running& running, uint64_t occasion) const;
  [[nodiscard]] TimePoint after(const Running& running, TimePoint t) const;
  void find_next_own() noexcept;

  Random random_;
  size_t device_;
  TimePoint start_;
  std::vector<Running> faults_;
  uint32_t kinds_ = 0;  // that are there at all: a bit each
  uint64_t serials_ = 0;
  TimePoint next_own_ = TimePoint::max();
};

}  // namespace moor::sim
