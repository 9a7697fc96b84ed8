#pragma once
// States of devices to the broker, entities to Home Assistant, presses of buttons: what the gateway tells, as the machines of this folder decide.

#include "gateway/gateway.hpp"
#include "publish/home_assistant.hpp"
#include "publish/shared_states.hpp"
#include "publish/state_schedule.hpp"
#include "publish/wake.hpp"

namespace moor::publish {

class DevicePublisher final : public GatewayListener {
public:
  /// All outlive it. It listens to the gateway from now on.
  DevicePublisher(Gateway& gateway, mqtt::Client& client, const Topics& topics);

  /// Until it is cancelled. Cancellation: total.
  [[nodiscard]] awaitable<void> run();
  void on_connected();
  void on_disconnected();
  void on_message(const mqtt::Message& message);

  [[nodiscard]] uint64_t states() const noexcept { return states_; }
  [[nodiscard]] size_t entities() const noexcept { return home_assistant_.devices(); }

  void on_device(DeviceSlot slot, const Device& device) override;
  void on_forgotten(DeviceSlot slot, const Device& device) override;
  void on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) override;
  void on_heard(DeviceSlot slot, const Device& device, const Sighting& sighting) override;
  void on_zone(const ZoneEvent& event) override;
  void on_sensor_value(const SensorValue& value) override;
  void on_sensor(const SensorState& state) override;

private:
  // Whether a device is anybody's business.
  enum class Interest : uint8_t { unknown, none, state, entity };
  struct Slot {
    Interest interest = Interest::unknown;
    bool is_beacon = false;
    bool stays = false;  // what is at the broker, when the device is forgotten
    std::string id;      // under which its state is at the broker; empty for none
    std::string name_told;
    size_t readings_told = 0;
    std::optional<double> packet;  // of the last press
  };
  [[nodiscard]] Slot& at(DeviceSlot slot);
  [[nodiscard]] Interest interest_of(const Slot& known, const DeviceStatus& status, const Device& device) const;
  [[nodiscard]] bool step();
  [[nodiscard]] bool publish_state(DeviceSlot slot);
  void tell_home_assistant(Slot& known, const DeviceStatus& status, const Device& device, const std::optional<Address>& address,
                           std::string_view type);
  void tell_configured_devices();
  void publish_input(const DeviceStatus& status, const Reading& reading, TimePoint t);
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool send(mqtt::Message message);

  Gateway& gateway_;
  const GatewayConfig& config_;
  Clock& clock_;
  mqtt::Client& client_;
  const Topics& topics_;
  StateSchedule schedule_;
  SharedStates shared_;
  HomeAssistant home_assistant_;
  std::vector<Slot> slots_;
  std::set<std::string> served_;    // identities of connected sensors
  std::set<std::string> obsolete_;  // topics whose retained state is to be deleted
  Wake wake_;
  bool connected_ = false;
  uint64_t states_ = 0;
};

}  // namespace moor::publish
