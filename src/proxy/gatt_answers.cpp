#include "proxy/gatt_answers.hpp"

#include "esphome/codec.hpp"
#include "esphome/stream.hpp"

#include <algorithm>

namespace moor::proxy {

namespace {

// A frame of Noise holds its type, the length and a tag too.
constexpr size_t max_payload = esphome::max_frame - 4 - 16;

template <typename Entry>
void set_uuid(Entry& entry, const Uuid& uuid, uint32_t api_minor) {
  const auto number = uuid.assigned_number();
  if (number.value_or(0) != 0 && api_minor >= short_uuid_since_minor) {
    entry.short_uuid = *number;
    return;
  }
  entry.uuid.parts = {uuid.high(), uuid.low()};
  entry.uuid.count = 2;
}

esphome::ServiceEntry to_entry(const GattService& service, uint32_t api_minor) {
  esphome::ServiceEntry entry;
  set_uuid(entry, service.uuid, api_minor);
  entry.handle = service.handle;
  for (const GattCharacteristic& each : service.characteristics) {
    esphome::CharacteristicEntry& characteristic = entry.characteristics.emplace_back();
    set_uuid(characteristic, each.uuid, api_minor);
    characteristic.handle = each.handle;
    characteristic.properties = each.properties.bits();
    for (const GattDescriptor& one : each.descriptors) {
      esphome::DescriptorEntry& descriptor = characteristic.descriptors.emplace_back();
      set_uuid(descriptor, one.uuid, api_minor);
      descriptor.handle = one.handle;
    }
  }
  return entry;
}

bool is_tellable(const GattService& service) {
  return service.characteristics.size() <= esphome::max_repeated &&
         std::ranges::all_of(service.characteristics,
                             [](const auto& each) { return each.descriptors.size() <= esphome::max_repeated; });
}

}  // namespace

std::optional<std::vector<std::vector<uint8_t>>> services_messages(uint64_t address, const GattServices& services,
                                                                   uint32_t api_minor) {
  std::vector<uint8_t> head;
  esphome::encode(esphome::Services{.address = address, .services = {}}, head);
  std::vector<std::vector<uint8_t>> messages;
  for (const GattService& each : services) {
    if (!is_tellable(each)) return std::nullopt;
    std::vector<uint8_t> alone;
    esphome::Services message{.address = address, .services = {}};
    message.services.push_back(to_entry(each, api_minor));
    esphome::encode(message, alone);
    if (alone.size() > max_payload) return std::nullopt;
    // Repeated fields of one message are the fields of several, one after the other.
    const auto fields = alone.begin() + static_cast<std::ptrdiff_t>(head.size());
    const size_t size = static_cast<size_t>(alone.end() - fields);
    if (messages.empty() || messages.back().size() + size > max_services_message)
      messages.push_back(std::move(alone));
    else
      messages.back().insert(messages.back().end(), fields, alone.end());
  }
  return messages;
}

const GattCharacteristic* configured_by(const GattServices& services, uint16_t descriptor) noexcept {
  for (const GattService& service : services)
    for (const GattCharacteristic& characteristic : service.characteristics)
      for (const GattDescriptor& each : characteristic.descriptors)
        if (each.handle == descriptor) return each.uuid == client_characteristic_configuration ? &characteristic : nullptr;
  return nullptr;
}

ConfigurationWrite read_configuration(Bytes value) noexcept {
  if (value.size() != 2) return {};
  const uint16_t bits = load_le16(value.data());
  if ((bits & 1) != 0) return {.valid = true, .kind = SubscribeKind::notification};
  if ((bits & 2) != 0) return {.valid = true, .kind = SubscribeKind::indication};
  return {.valid = true};
}

}  // namespace moor::proxy
