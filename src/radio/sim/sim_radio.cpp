#include "radio/sim/sim_radio.hpp"

#include "radio/sim/air.hpp"
#include "radio/sim/peripheral.hpp"
#include "radio/sim/radio_unit.hpp"

#include <algorithm>

namespace moor::sim {

namespace {

// How long a scan takes to stop and start, and an adapter or a proxy to come back after a reset.
constexpr Duration soft_recovery = std::chrono::milliseconds(200);
constexpr Duration hard_recovery = std::chrono::seconds(3);

class SimRadio final : public Radio {
public:
  SimRadio(std::shared_ptr<State> state, size_t index, RadioId id, std::string name)
      : state_(std::move(state)), unit_(state_->radio(index)), index_(index) {
    const bool proxy = unit_.spec().kind == RadioKind::proxy;
    info_ = {.id = id,
             .name = std::move(name),
             .kind = "sim",
             .detail = unit_.spec().name + (proxy ? ", a proxy" : ", an adapter") + " in the world '" + state_->spec().name + "'",
             .can_connect = true};
    unit_.set_title(info_.name);
  }

  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return state_->air().receiver(index_).statistics(); }
  [[nodiscard]] awaitable<void> scan(ScanOptions options, SightingSink& sink) override {
    return state_->air().scan(index_, info_.id, options, sink);
  }
  [[nodiscard]] RadioHealth health() const override { return state_->air().health(index_); }

  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options) override {
    return unit_.connect(device, std::move(options), info_.id);
  }
  [[nodiscard]] Slots slots() const override { return unit_.slots(); }
  [[nodiscard]] LinkAbilities abilities() const override { return {.parameters = true}; }
  [[nodiscard]] awaitable<void> close_connection(Address device, TimePoint deadline) override {
    return unit_.close_connection(device, deadline);
  }

  [[nodiscard]] std::optional<KnownDevice> find_device(const Address& address) const override {
    const Peripheral* const device = state_->find_peripheral(address);
    return device == nullptr ? std::nullopt : unit_.known().find(device->index());
  }
  [[nodiscard]] std::vector<KnownDevice> known_devices() const override { return unit_.known().all(); }
  [[nodiscard]] awaitable<void> device_changed(Address address) override {
    const Peripheral* const device = state_->find_peripheral(address);
    return device == nullptr ? Radio::device_changed(address) : unit_.known().changed(device->index());
  }

  [[nodiscard]] awaitable<bool> forget(Address device, bool bond_too, TimePoint) override {
    co_return unit_.forget(device, bond_too);
  }
  [[nodiscard]] bool has_services(const Address& device) const override { return unit_.has_services(device); }
  [[nodiscard]] awaitable<bool> clear_services(Address device, TimePoint) override { co_return unit_.clear_services(device); }

  [[nodiscard]] awaitable<void> recover(bool hard, TimePoint deadline) override {
    const auto keep = state_;
    Clock& clock = keep->clock();
    co_await clock.wait_until(std::min(deadline, clock.now() + (hard ? hard_recovery : soft_recovery)));
    if (unit_.faults().is_dead(clock.now()))
      throw RadioNotAvailable("the radio " + info_.name + " is unplugged", {.radio = info_.name, .advice = "Plug it in again."},
                              Unavailable::no_radio);
    if (!unit_.faults().recover(clock.now(), hard)) co_return;
    unit_.faults_changed();
    keep->air().look_again();
  }

private:
  std::shared_ptr<State> state_;
  RadioUnit& unit_;
  size_t index_;
  RadioInfo info_;
};

}  // namespace

std::unique_ptr<Radio> make_sim_radio(std::shared_ptr<State> state, size_t index, RadioId id, std::string name) {
  return std::make_unique<SimRadio>(std::move(state), index, id, std::move(name));
}

}  // namespace moor::sim
