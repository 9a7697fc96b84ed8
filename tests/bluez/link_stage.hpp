#pragma once
// Links over a scripted bluetoothd: a sensor with a few services, and words for what is asked of it.

#include "radio/bluez/bluez_link.hpp"
#include "stage.hpp"

#include <gmock/gmock.h>

namespace moor::bluez {

inline constexpr std::string_view sensor_address = "A4:CF:12:34:56:78";
inline constexpr const char* sensor_path = "/org/bluez/hci0/dev_A4_CF_12_34_56_78";
// Value handles as bluetoothd's script gives them out: service 1, declaration 2, value 3, ...
inline const Uuid temperature(0x2A6E);  // read, notify
inline const Uuid control(0x2A3D);      // write, write-without-response
inline const Uuid broken(0x2A19);       // read

struct Sensor {
  testing::BluezDevice& device;
  Address address;
};

inline Sensor add_sensor(Stage& stage, std::string_view address = sensor_address, unsigned adapter = 0) {
  using testing::BluezCharacteristic;
  using testing::BluezService;
  auto& device = stage.bluez->add_device(address, adapter);
  const std::vector<BluezCharacteristic> environment = {
      {.uuid = temperature, .flags = {"read", "notify"}, .value = {0x12, 0x34}, .descriptors = {{Uuid(0x2901), {0x74}}}},
      {.uuid = control, .flags = {"write", "write-without-response"}}};
  const std::vector<BluezCharacteristic> battery = {{.uuid = broken, .flags = {"read"}, .value = {0x64}}};
  device.name("Thermometer")
      .services({{.uuid = Uuid(0x181A), .characteristics = environment}, {.uuid = Uuid(0x180F), .characteristics = battery}});
  return {device, *Address::parse(address)};
}

inline LinkContext context_of(Stage& stage, bool acquire = false) {
  return {.system = stage.system, .adapter = 0, .id = 0, .radio_name = "bluez:hci0", .options = {.acquire_notify = acquire}};
}

inline awaitable<std::unique_ptr<Link>> connected(Stage& stage, Address address, bool acquire = false) {
  LinkContext context = context_of(stage, acquire);
  LinkOptions options;
  co_return co_await connect(std::move(context), address, std::move(options));
}

/// The value handle of a characteristic.
inline awaitable<uint16_t> handle_of(Stage& stage, Link& link, Uuid uuid) {
  const GattServices services = co_await link.services(stage.in(std::chrono::seconds(20)));
  const CharacteristicName name(uuid);
  co_return services.get_characteristic(name).handle;
}

/// What is thrown by the work, as the type that is asked for; fails the test where it is another one or none.
template <typename Thrown, typename Result>
awaitable<std::optional<Thrown>> failure_of(awaitable<Result> work) {
  try {
    (void)co_await std::move(work);
  } catch (const Thrown& error) {
    co_return error;
  }
  co_return std::nullopt;
}
template <typename Thrown>
awaitable<std::optional<Thrown>> failure_of(awaitable<void> work) {
  try {
    co_await std::move(work);
  } catch (const Thrown& error) {
    co_return error;
  }
  co_return std::nullopt;
}

}  // namespace moor::bluez
