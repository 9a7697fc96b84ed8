#include "radio/sim/radio_unit.hpp"

#include "radio/sim/channel.hpp"
#include "radio/sim/requests.hpp"

namespace moor::sim {

SlotHold::SlotHold(RadioUnit& radio, Slots::Holder holder) : radio_(&radio), number_(radio.holds_made_++) {
  radio.holds_.push_back({number_, std::move(holder)});
}

SlotHold& SlotHold::operator=(SlotHold&& other) noexcept {
  std::swap(radio_, other.radio_);
  std::swap(number_, other.number_);
  return *this;
}

SlotHold::~SlotHold() {
  if (radio_ != nullptr) std::erase_if(radio_->holds_, [&](const auto& each) { return each.number == number_; });
}

RadioUnit::RadioUnit(State& state, size_t index)
    : state_(state), index_(index), title_(spec().name), faults_(state, index), known_(state, index) {}

RadioUnit::~RadioUnit() = default;

Slots RadioUnit::slots() const {
  Slots slots{.limit = spec().slots, .free = spec().slots - static_cast<int>(holds_.size())};
  for (const Hold& each : holds_) slots.holders.push_back(each.holder);
  return slots;
}

bool RadioUnit::hears(size_t device, TimePoint t) {
  return state_.channel().mean_rssi_dbm(index_, device, t) >= state_.spec().channel.sensitivity_dbm;
}

void RadioUnit::end_links(CloseReason reason) {
  const auto links = links_;
  for (Connection* const each : links)
    if (const auto link = each->weak_from_this().lock()) link->close(reason, state_.clock().now());
}

void RadioUnit::faults_changed() {
  if (faults_.is_dead(state_.clock().now())) end_links(CloseReason::radio_lost);
  for (Connection* const each : links_) each->touch();
  changed_.ring();
}

awaitable<void> RadioUnit::close_connection(Address device, TimePoint deadline) {
  const auto keep_alive = state_.shared_from_this();
  const auto index = device_index(device);
  if (const auto link = index ? find_link(*index) : nullptr) co_await disconnect(link, CloseReason::other_host, deadline);
}

bool RadioUnit::forget(const Address& device, bool bond_too) {
  const auto index = device_index(device);
  if (!index || (known_.is_bonded(*index) && !bond_too)) return false;
  const bool was_bonded = known_.is_bonded(*index);
  if (was_bonded) known_.set_bonded(*index, false);
  if (const auto link = find_link(*index)) link->close(CloseReason::other_host, state_.clock().now());
  const bool had_services = forget_services(*index);
  return known_.forget(*index) || was_bonded || had_services;
}

bool RadioUnit::has_services(const Address& device) const {
  const auto index = device_index(device);
  return index && remembered_services(*index) != nullptr;
}

bool RadioUnit::clear_services(const Address& device) {
  const auto index = device_index(device);
  return index && forget_services(*index);
}

const GattServices* RadioUnit::remembered_services(size_t device) const {
  const auto found = services_.find(device);
  return found == services_.end() ? nullptr : &found->second;
}

std::shared_ptr<Connection> RadioUnit::find_link(size_t device) const noexcept {
  for (Connection* const each : links_)
    if (each->peripheral().index() == device) return each->weak_from_this().lock();
  return nullptr;
}

std::optional<size_t> RadioUnit::device_index(const Address& device) const noexcept {
  const Peripheral* const found = state_.find_peripheral(device);
  return found != nullptr ? std::optional(found->index()) : std::nullopt;
}

}  // namespace moor::sim
