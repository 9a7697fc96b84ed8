#include "hub/availability.hpp"

#include "core/saturating.hpp"

#include <algorithm>

namespace moor::hub {

TimePoint Availability::gone_at(const Rules& rules, const Silence& silence, TimePoint begin) noexcept {
  const Duration stale = stale_after(rules, silence.interval);
  if (rules.gone_check <= Duration::zero()) return add_saturated(silence.last_heard, stale);
  const TimePoint due =
      std::max(add_saturated(silence.last_heard, rules.hearing_expires), add_saturated(silence.last_owned, stale));
  if (due == TimePoint::max()) return due;
  return add_saturated(begin, (subtract_saturated(due, begin) / rules.gone_check + 1) * rules.gone_check);
}

}  // namespace moor::hub
