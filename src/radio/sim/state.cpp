#include "radio/sim/state.hpp"

#include "radio/sim/air.hpp"
#include "radio/sim/channel.hpp"
#include "radio/sim/peripheral.hpp"
#include "radio/sim/radio_unit.hpp"

namespace moor::sim {

State::State(Clock& clock, WorldSpec spec)
    : clock_(clock), spec_(std::move(spec)), start_(clock.now()), random_(spec_.seed), taken_(spec_.radios.size()) {
  channel_ = std::make_unique<ChannelModel>(*this);
  for (size_t i = 0; i < spec_.devices.size(); ++i) {
    peripherals_.push_back(std::make_unique<Peripheral>(*this, i));
    devices_by_bits_.emplace(spec_.devices[i].address.bits(), i);
  }
  for (size_t i = 0; i < spec_.radios.size(); ++i) radios_.push_back(std::make_unique<RadioUnit>(*this, i));
  air_ = std::make_unique<Air>(*this);
}

State::~State() = default;

Peripheral* State::find_peripheral(const Address& address) noexcept {
  Peripheral* const found = find_by_bits(address);
  return found != nullptr && found->spec().address == address ? found : nullptr;
}

Peripheral* State::find_by_bits(const Address& address) noexcept {
  const auto found = devices_by_bits_.find(address.bits());
  return found == devices_by_bits_.end() ? nullptr : peripherals_[found->second].get();
}

RadioUnit* State::find_radio(std::string_view name) noexcept {
  for (const auto& radio : radios_)
    if (radio->spec().name == name) return radio.get();
  return nullptr;
}

bool State::take_radio(size_t index) noexcept {
  const bool free = !taken_[index];
  taken_[index] = true;
  return free;
}

}  // namespace moor::sim
