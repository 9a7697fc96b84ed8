#include "moor/world.hpp"

#include "radio/sim/air.hpp"
#include "radio/sim/channel.hpp"
#include "radio/sim/peripheral.hpp"
#include "radio/sim/radio_unit.hpp"
#include "radio/sim/sim_radio.hpp"

namespace moor::sim {

namespace {

Peripheral& get_peripheral(State& state, const Address& address) {
  if (Peripheral* const found = state.find_by_bits(address)) return *found;
  throw UsageError("the world '" + state.spec().name + "' has no device " + address.to_string(),
                   {.device = address, .advice = "Its devices are the [[device]] entries of its file."});
}

RadioUnit& get_radio(State& state, std::string_view name) {
  if (RadioUnit* const found = state.find_radio(name)) return *found;
  std::string names;
  for (const RadioEntry& radio : state.spec().radios) names += (names.empty() ? "" : ", ") + radio.name;
  throw UsageError("the world '" + state.spec().name + "' has no radio '" + std::string(name) + "'",
                   {.advice = "Its radios are: " + names + "."});
}

}  // namespace

World::World(Clock& clock, WorldSpec spec) : state_(std::make_shared<State>(clock, std::move(spec))) {}
World::~World() = default;

const WorldSpec& World::spec() const noexcept {
  return state_->spec();
}

std::unique_ptr<Radio> World::make_radio(std::string_view name, RadioId id) {
  const std::string& world = spec().name;
  return make_radio(name, id, "sim:" + (spec().radios.size() == 1 ? world : world + "/" + std::string(name)));
}

std::unique_ptr<Radio> World::make_radio(std::string_view name, RadioId id, std::string info_name) {
  const size_t index = get_radio(*state_, name).index();
  if (!state_->take_radio(index))
    throw UsageError("the radio '" + std::string(name) + "' of the world '" + spec().name + "' is in use already",
                     {.radio = info_name, .advice = "Name each radio of a world once."});
  return make_sim_radio(state_, index, id, std::move(info_name));
}

void World::drop_link(const Address& device, CloseReason reason) {
  get_peripheral(*state_, device).drop_link(reason);
}

void World::set_present(const Address& device, bool present) {
  get_peripheral(*state_, device).set_present(present);
}

void World::set_value(const Address& device, const CharacteristicName& characteristic, std::vector<uint8_t> value) {
  get_peripheral(*state_, device).set_value(characteristic, std::move(value));
}

std::vector<uint8_t> World::value(const Address& device, const CharacteristicName& characteristic) const {
  return get_peripheral(*state_, device).value(characteristic);
}

void World::add_fault(const Address& device, DeviceFault fault) {
  get_peripheral(*state_, device).add_fault(std::move(fault));
}

void World::add_fault(std::string_view radio, RadioFault fault) {
  RadioUnit& unit = get_radio(*state_, radio);
  unit.faults().add(fault);
  unit.faults_changed();
  state_->air().look_again();
}

void World::forget(std::string_view radio, const Address& device) {
  (void)get_radio(*state_, radio).known().forget(get_peripheral(*state_, device).index());
}

DeviceTruth World::truth(const Address& device) const {
  return get_peripheral(*state_, device).truth();
}

Position World::position(const Address& device, TimePoint t) const {
  return state_->channel().position(get_peripheral(*state_, device).index(), t);
}

double World::mean_rssi_dbm(std::string_view radio, const Address& device, TimePoint t) const {
  return state_->channel().place_rssi_dbm(get_radio(*state_, radio).index(), get_peripheral(*state_, device).index(), t);
}

}  // namespace moor::sim
