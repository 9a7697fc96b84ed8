#include "radio/sim/peripheral.hpp"

#include "core/saturating.hpp"
#include "radio/sim/connection.hpp"
#include "radio/sim/radio_unit.hpp"

namespace moor::sim {

Peripheral::Peripheral(State& state, size_t index)
    : state_(state),
      index_(index),
      sleep_(spec().sleep, state.random(), index, state.start()),
      faults_(state.random(), index, state.start(), spec().faults),
      counted_to_(state.start()) {
  update(state.start());
}

Peripheral::~Peripheral() = default;

bool Peripheral::is_advertising(TimePoint t) {
  const auto& advertising = spec().advertising;
  return is_reachable(t) && advertising && (links_.empty() || advertising->while_connected);
}

bool Peripheral::is_connectable(TimePoint t) {
  const auto& advertising = spec().advertising;
  if (!advertising) return is_reachable(t) && links_.empty();
  return is_advertising(t) && advertising->connectable;
}

TimePoint Peripheral::next_change(TimePoint t) {
  advance(t);
  return next_;
}

Bytes Peripheral::payload(uint64_t event) const noexcept {
  const auto& advertising = spec().advertising;
  if (!advertising) return {};
  const size_t turn = event % (advertising->more_payloads.size() + 1);
  return turn == 0 ? advertising->payload : advertising->more_payloads[turn - 1];
}

Bytes Peripheral::scan_response() const noexcept {
  const auto& advertising = spec().advertising;
  return advertising ? Bytes(advertising->scan_response) : Bytes();
}

DeviceTruth& Peripheral::truth() {
  const TimePoint now = state_.clock().now();
  advance(now);
  update(now);
  return truth_;
}

void Peripheral::drop_link(CloseReason reason) {
  for (const auto& link : links()) link->close(reason, state_.clock().now());
}

void Peripheral::set_present(bool present) {
  const TimePoint now = state_.clock().now();
  advance(now);
  present_ = present;
  update(now);
  touch_links();
}

void Peripheral::set_value(const CharacteristicName& characteristic, std::vector<uint8_t> value) {
  const size_t number = gatt().get_characteristic(characteristic);
  for (const auto& link : links()) link->value_set(number, value);
  gatt().set_value(number, std::move(value));
}

std::vector<uint8_t> Peripheral::value(const CharacteristicName& characteristic) const {
  return gatt().value(gatt().get_characteristic(characteristic), elapsed());
}

void Peripheral::add_fault(DeviceFault fault) {
  const TimePoint now = state_.clock().now();
  advance(now);
  faults_.add(std::move(fault), now);
  update(now);
  touch_links();
}

GattServer& Peripheral::gatt() const {
  if (!gatt_) gatt_ = std::make_unique<GattServer>(spec(), state_.random(), index_);
  return *gatt_;
}

void Peripheral::link_begins(Connection& link) {
  links_.push_back(&link);
}

uint64_t Peripheral::link_made(TimePoint t) {
  advance(t);
  ++truth_.connects;
  truth_.connected = true;
  sleep_.link_made(t);
  update(t);
  return truth_.connects;
}

void Peripheral::link_ends(Connection& link, TimePoint t, bool made, bool dropped) {
  std::erase(links_, &link);
  if (made) {
    if (dropped) ++truth_.drops;
    truth_.connected = std::any_of(links_.begin(), links_.end(), [](const Connection* each) { return each->is_made(); });
    sleep_.link_gone(t);
    update(t);
  }
  changed_.ring();
}

std::optional<unsigned> Peripheral::bonded_generation(size_t radio) const {
  const auto bond = bonds_.find(radio);
  return bond == bonds_.end() ? std::nullopt : std::optional(bond->second);
}

void Peripheral::step() {
  const TimePoint t = next_;
  next_ = TimePoint::max();  // what happens now may ask for the present moment
  if (sleep_.next_change() <= t) sleep_.change();
  if (faults_.next_own() <= t) {
    const auto fault = faults_.take_own([&](std::string_view radio) {
      return std::any_of(links_.begin(), links_.end(),
                         [&](const Connection* each) { return each->is_made() && each->is_over(radio); });
    });
    if (fault) happen(*fault, t);
  }
  update(t);
}

void Peripheral::happen(const DeviceFault& fault, TimePoint t) {
  switch (fault.kind) {
    case DeviceFault::Kind::drop:
      for (const auto& link : links())
        if (link->is_made() && link->is_over(fault.radio)) link->close(fault.close, t, fault.text);
      break;
    case DeviceFault::Kind::reboot:
      ++boots_;
      down_until_ = std::max(down_until_, add_saturated(t, fault.after));
      break;
    case DeviceFault::Kind::services_changed:
      gatt().change_table();
      for (const auto& link : links()) link->services_changed();
      break;
    default: break;
  }
}

// Counts the time that has passed, and finds what comes next.
void Peripheral::update(TimePoint t) {
  if (reachable_ && t > counted_to_) truth_.reachable += t - counted_to_;
  counted_to_ = std::max(counted_to_, t);
  const bool is_down = t < down_until_;
  reachable_ = present_ && sleep_.is_awake() && !is_down;
  next_ = std::min(sleep_.next_change(), faults_.next_own());
  if (is_down) next_ = std::min(next_, down_until_);
}

void Peripheral::touch_links() {
  for (const auto& link : links()) link->touch();
  changed_.ring();
}

std::vector<std::shared_ptr<Connection>> Peripheral::links() const {
  std::vector<std::shared_ptr<Connection>> alive;
  for (Connection* const each : links_)
    if (auto link = each->weak_from_this().lock()) alive.push_back(std::move(link));
  return alive;
}

}  // namespace moor::sim
