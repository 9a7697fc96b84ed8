#include "core/json_text.hpp"
#include "core/require.hpp"
#include "moor/slots.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace moor {

std::string_view to_string(AllocationChange::Kind kind) noexcept {
  return kind == AllocationChange::Kind::allocated ? "allocated" : "released";
}

void SlotTable::register_radio(const std::string& radio, int slots, const std::vector<Address>& connected) {
  require(slots >= 0, "a radio has no negative number of connection slots");
  Held& held = radios_[radio];
  held.slots = slots;
  held.devices = connected;
  for (const Address& device : connected) tell(AllocationChange::Kind::allocated, radio, device);
}

void SlotTable::remove_radio(const std::string& radio) {
  radios_.erase(radio);
}

bool SlotTable::allocate(const std::string& radio, const Address& device) {
  const auto found = radios_.find(radio);
  if (found == radios_.end()) return true;
  Held& held = found->second;
  if (std::ranges::find(held.devices, device) != held.devices.end()) return true;
  if (held.devices.size() >= static_cast<size_t>(held.slots)) {
    ++refusals_;
    return false;
  }
  held.devices.push_back(device);
  tell(AllocationChange::Kind::allocated, radio, device);
  return true;
}

bool SlotTable::release(const std::string& radio, const Address& device, bool connected) {
  if (connected) return false;
  if (const auto found = radios_.find(radio); found != radios_.end()) std::erase(found->second.devices, device);
  tell(AllocationChange::Kind::released, radio, device);
  return true;
}

void SlotTable::on_disconnected(const std::string& radio, const Address& device) {
  const auto found = radios_.find(radio);
  if (found == radios_.end() || std::erase(found->second.devices, device) == 0) return;
  tell(AllocationChange::Kind::released, radio, device);
}

Allocations SlotTable::allocations(const std::string& radio) const {
  const auto found = radios_.find(radio);
  if (found == radios_.end()) return {.radio = radio};
  const Held& held = found->second;
  return {
      .radio = radio, .slots = held.slots, .free = held.slots - static_cast<int>(held.devices.size()), .allocated = held.devices};
}

SlotTable::Subscription SlotTable::on_change(Callback callback) {
  auto kept = std::make_shared<Callback>(std::move(callback));
  std::erase_if(callbacks_, [](const auto& each) { return each.expired(); });
  callbacks_.push_back(kept);
  return kept;
}

void SlotTable::tell(AllocationChange::Kind kind, const std::string& radio, const Address& device) {
  ++(kind == AllocationChange::Kind::allocated ? allocations_ : releases_);
  const AllocationChange change{.kind = kind, .radio = radio, .device = device};
  const auto all = callbacks_;  // a callback may subscribe, or end a subscription
  for (const auto& each : all) {
    const auto callback = each.lock();
    if (callback == nullptr) continue;
    try {
      (*callback)(change);
    } catch (...) {
      ++failed_callbacks_;
    }
  }
}

std::string SlotTable::diagnostics() const {
  boost::json::array radios;
  for (const auto& [radio, held] : radios_) {
    boost::json::array devices;
    for (const Address& device : held.devices) devices.emplace_back(device.to_string());
    radios.push_back({{"radio", radio},
                      {"slots", held.slots},
                      {"free", held.slots - static_cast<int>(held.devices.size())},
                      {"allocated", std::move(devices)}});
  }
  return to_line(boost::json::object{{"radios", std::move(radios)},
                                     {"allocations", allocations_},
                                     {"releases", releases_},
                                     {"refusals", refusals_},
                                     {"failed_callbacks", failed_callbacks_}});
}

}  // namespace moor
