#include "radio/sim/device_faults.hpp"

#include "core/saturating.hpp"

#include <algorithm>

namespace moor::sim {

namespace {

constexpr uint32_t bit_of(DeviceFault::Kind kind) noexcept {
  return 1U << static_cast<unsigned>(kind);
}

bool comes_by_itself(const DeviceFault& fault) noexcept {
  switch (fault.kind) {
    case DeviceFault::Kind::drop: return fault.every.has_value();
    case DeviceFault::Kind::reboot:
    case DeviceFault::Kind::services_changed: return true;
    default: return false;
  }
}

bool is_used_up(const DeviceFault& fault) noexcept {
  return fault.times && *fault.times <= 0;
}

void use_up(DeviceFault& fault) noexcept {
  if (fault.times) --*fault.times;
}

bool is_over(const DeviceFault& fault, std::string_view radio) noexcept {
  return fault.radio.empty() || fault.radio == radio;
}

}  // namespace

DeviceFaults::DeviceFaults(const Random& random, size_t device, TimePoint start, const std::vector<DeviceFault>& faults)
    : random_(random), device_(device), start_(start) {
  for (const DeviceFault& fault : faults) add(fault, start);
}

void DeviceFaults::add(DeviceFault fault, TimePoint now) {
  std::erase_if(faults_, [](const Running& running) { return is_used_up(running.fault); });
  kinds_ |= bit_of(fault.kind);
  Running running{.fault = std::move(fault), .serial = serials_++, .from = TimePoint{}};
  running.from = add_saturated(start_, running.fault.at);
  if (comes_by_itself(running.fault) && !is_used_up(running.fault)) {
    running.own = std::max(running.from, now);
    if (running.fault.every) running.own = after(running, running.own);
  }
  faults_.push_back(std::move(running));
  find_next_own();
}

std::optional<DeviceFault> DeviceFaults::draw(DeviceFault::Kind kind, std::string_view radio, TimePoint t) {
  if ((kinds_ & bit_of(kind)) == 0) return std::nullopt;
  for (Running& running : faults_) {
    if (running.fault.kind != kind || t < running.from || is_used_up(running.fault) || !is_over(running.fault, radio)) continue;
    if (!befalls(running, running.occasions++)) continue;
    use_up(running.fault);
    return running.fault;
  }
  return std::nullopt;
}

std::optional<DeviceFault> DeviceFaults::take_own(const std::function<bool(std::string_view radio)>& is_linked) {
  const auto next = std::find_if(faults_.begin(), faults_.end(), [&](const Running& each) { return each.own == next_own_; });
  Running& running = *next;
  const DeviceFault& fault = running.fault;
  const TimePoint t = std::exchange(running.own, TimePoint::max());
  const bool happens = befalls(running, running.occasions++) && (fault.kind != DeviceFault::Kind::drop || is_linked(fault.radio));
  if (happens) use_up(running.fault);
  if (fault.every && !is_used_up(fault)) running.own = after(running, t);
  find_next_own();
  if (!happens) return std::nullopt;
  return fault;
}

DeviceFaults::LinkDrop DeviceFaults::link_drop(std::string_view radio, TimePoint since, uint64_t link, TimePoint now) const {
  LinkDrop first;
  for (const Running& running : faults_) {
    const DeviceFault& fault = running.fault;
    if (fault.kind != DeviceFault::Kind::drop || fault.every || is_used_up(fault) || !is_over(fault, radio)) continue;
    const TimePoint at = std::max(add_saturated(since, fault.at), now);
    if (at < first.at && befalls(running, link)) first = {at, running.serial};
  }
  return first;
}

std::optional<DeviceFault> DeviceFaults::take(const LinkDrop& drop) {
  for (Running& running : faults_) {
    if (running.serial != drop.serial || is_used_up(running.fault)) continue;
    use_up(running.fault);
    return running.fault;
  }
  return std::nullopt;
}

bool DeviceFaults::befalls(const Running& running, uint64_t occasion) const {
  return !running.fault.chance ||
         random_.uniform(Purpose::fault_chance, device_, running.serial, occasion) < *running.fault.chance;
}

TimePoint DeviceFaults::after(const Running& running, TimePoint t) const {
  // A pause of nothing would bring the fault again and again in one moment.
  Duration pause = std::max(*running.fault.every, Duration(std::chrono::milliseconds(1)));
  if (running.fault.random)
    pause = std::max(
        from_seconds(to_seconds(pause) * random_.exponential(Purpose::fault_time, device_, running.serial, running.occasions)),
        Duration(std::chrono::milliseconds(1)));
  return add_saturated(t, pause);
}

void DeviceFaults::find_next_own() noexcept {
  next_own_ = TimePoint::max();
  for (const Running& running : faults_) next_own_ = std::min(next_own_, running.own);
}

}  // namespace moor::sim
