#include "hub/reception.hpp"

namespace moor::hub {

std::optional<Reception::Outcome> Reception::on_sighting(SourceIndex source, const Sighting& sighting) {
  if (rules_.profile == HubProfile::compat && is_apple_noise(AdvertisementData(sighting.payload()))) {
    ++dropped_;
    return std::nullopt;
  }
  Outcome outcome;
  std::optional<DeviceSlot> known = devices_.find(sighting.address);
  if (!known) {
    const auto heard = devices_.apply(sighting, [this](DeviceSlot slot, const Device&) { forget(slot); });
    outcome.slot = heard.slot;
    outcome.changed = heard.new_payload;
    if (present_.size() <= heard.slot) present_.resize(heard.slot + size_t{1});
  } else {
    outcome.slot = *known;
  }

  const auto verdict = ownership_.on_advertisement(
      outcome.slot,
      {.source = source, .time = sighting.time, .rssi_dbm = sighting.rssi_dbm, .scan_response = sighting.is_scan_response()},
      intervals_.interval(outcome.slot));
  outcome.owned = verdict.owned;
  outcome.taken_from = verdict.taken_from;
  outcome.new_path = verdict.new_hearing;
  if (verdict.owned) {
    if (known) outcome.changed = devices_.apply(outcome.slot, sighting);
    if (outcome.changed && rules_.profile == HubProfile::compat) {
      views_.reach(outcome.slot);
      outcome.changed = views_[outcome.slot].update(sighting.address, CompatContent::parse(sighting.payload()));
    }
    if (!sighting.is_scan_response()) outcome.sooner = intervals_.on_advertisement(outcome.slot, source, sighting.time);
  }
  if (present_[outcome.slot] == 0) {
    present_[outcome.slot] = 1;
    outcome.new_path = outcome.sooner = true;
  }
  if (outcome.sooner) availability_.watch(outcome.slot, sighting.time, silence_of(outcome.slot));
  return outcome;
}

std::string Reception::name(DeviceSlot slot) const {
  if (rules_.profile == HubProfile::compat) return slot < views_.capacity() ? views_[slot].name() : std::string();
  return devices_[slot].data.name().value_or(std::string());
}

Availability::Silence Reception::silence_of(DeviceSlot slot) const noexcept {
  return {.last_heard = ownership_.last_heard(slot),
          .last_owned = ownership_.last_owned(slot),
          .interval = intervals_.interval(slot)};
}

// habluetooth forgets all about a device that is gone; moor's own profile keeps what radios heard and how often, for when it is back.
void Reception::leave(DeviceSlot slot) {
  present_[slot] = 0;
  if (rules_.profile != HubProfile::compat) return;
  ownership_.forget(slot);
  intervals_.forget(slot);
  if (slot < views_.capacity()) views_[slot] = CompatView();
}

void Reception::forget(DeviceSlot slot) {
  availability_.forget(slot);
  ownership_.forget(slot);
  intervals_.forget(slot);
  if (slot < views_.capacity()) views_[slot] = CompatView();
  if (slot < present_.size()) present_[slot] = 0;
}

}  // namespace moor::hub
