#include "hub/explanation.hpp"

#include "core/duration_text.hpp"
#include "core/saturating.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>

namespace moor::hub {

namespace {

// To the second: nobody wants to know more of how long ago something was.
std::string age(TimePoint then, TimePoint now) {
  return elapsed_text(std::max(std::chrono::floor<std::chrono::seconds>(subtract_saturated(now, then)), std::chrono::seconds(0)));
}

std::string where(const RadioView& radio, TimePoint now) {
  std::string text = radio.name;
  if (radio.last_heard) text += fmt::format(" {} ago", age(*radio.last_heard, now));
  if (radio.rssi_dbm != no_rssi_value) text += fmt::format(" at {} dBm", radio.rssi_dbm);
  return text;
}

std::string reach(const Address& device, const std::vector<RadioView>& radios, TimePoint now) {
  std::string reached;
  for (const RadioView& radio : radios) {
    if (!radio.reaches) continue;
    reached += reached.empty() ? "" : ", ";
    reached += radio.last_heard ? where(radio, now) : radio.name + " (known to its system)";
  }
  if (!reached.empty()) return fmt::format("{} was heard by {}", device.to_string(), reached);

  const RadioView* latest = nullptr;
  for (const RadioView& radio : radios)
    if (radio.last_heard && (latest == nullptr || *radio.last_heard > *latest->last_heard)) latest = &radio;
  if (latest == nullptr) return fmt::format("no radio hears {}: it has not been heard at all", device.to_string());
  const bool only_deaf = std::ranges::none_of(radios, [](const RadioView& each) { return each.last_heard && each.can_connect; });
  return fmt::format("no radio {} {}: last heard by {}{}", only_deaf ? "that can connect hears" : "hears", device.to_string(),
                     where(*latest, now), only_deaf ? ", which cannot connect" : "");
}

void add_slots(std::string& text, const RadioView& radio, TimePoint now) {
  if (radio.slots.limit <= 0 || radio.slots.free >= radio.slots.limit) return;
  fmt::format_to(std::back_inserter(text), "; {} has {} of {} slots free", radio.name, std::max(radio.slots.free, 0),
                 radio.slots.limit);
  const char* separator = ": ";
  for (const Slots::Holder& holder : radio.slots.holders) {
    fmt::format_to(std::back_inserter(text), "{}{}{} since {}", separator, holder.device.to_string(),
                   holder.label.empty() ? "" : " (" + holder.label + ")", age(holder.since, now));
    separator = ", ";
  }
}

}  // namespace

std::string explain(const Address& device, const std::vector<RadioView>& radios, TimePoint now) {
  if (radios.empty()) return "there is no radio";
  std::string text = reach(device, radios, now);
  for (const RadioView& radio : radios) {
    add_slots(text, radio, now);
    const bool ails = radio.health.state == RadioHealth::State::silent || radio.health.state == RadioHealth::State::unavailable;
    if (!ails) continue;
    fmt::format_to(std::back_inserter(text), "; {} is {}{}{}", radio.name, to_string(radio.health.state),
                   radio.health.problem.empty() ? "" : ": ", radio.health.problem);
  }
  return text;
}

}  // namespace moor::hub
