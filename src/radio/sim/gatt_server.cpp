#include "radio/sim/gatt_server.hpp"

namespace moor::sim {

namespace {

// Core 5.4, Vol 3, Part F, 3.4.1.1.
constexpr uint8_t invalid_handle = 0x01;
constexpr uint8_t read_not_permitted = 0x02;
constexpr uint8_t write_not_permitted = 0x03;
constexpr uint8_t insufficient_authentication = 0x05;
constexpr uint8_t request_not_supported = 0x06;
constexpr uint8_t invalid_offset = 0x07;
constexpr uint8_t invalid_length = 0x0D;
constexpr size_t longest_value = 512;  // Core 5.4, Vol 3, Part F, 3.2.9

bool is_fixed(const Uuid& descriptor) noexcept {
  // Extended properties, presentation format and aggregate format describe; they cannot be written.
  return descriptor == Uuid(0x2900) || descriptor == Uuid(0x2904) || descriptor == Uuid(0x2905);
}

}  // namespace

GattServer::GattServer(const DeviceEntry& device, const Random& random, size_t number)
    : device_(device), services_(services_of(device)), table_(device, services_, 0) {
  for (const Service& service : services_)
    for (const Characteristic& each : service.characteristics) {
      values_.emplace_back(random, ValueKey{number, characteristics_.size()}, each.value, each.format);
      characteristics_.push_back(&each);
    }
}

void GattServer::change_table() {
  table_ = GattTable(device_, services_, ++generation_);
}

uint8_t GattServer::refusal(const Characteristic& characteristic, const char* operation, bool encrypted) const {
  if (characteristic.needs_encryption && !encrypted) return insufficient_authentication;
  const auto error = characteristic.errors.find(operation);
  return error == characteristic.errors.end() ? uint8_t{0} : error->second;
}

uint8_t GattServer::descriptor_refusal(const Attribute& attribute, const char* operation) const {
  if (attribute.kind != Attribute::Kind::descriptor) return 0;
  const auto& errors = characteristic(attribute.characteristic).descriptors[attribute.descriptor].errors;
  const auto error = errors.find(operation);
  return error == errors.end() ? uint8_t{0} : error->second;
}

GattServer::Answer GattServer::read(uint16_t handle, size_t offset, bool encrypted, Duration elapsed) {
  const Attribute* const attribute = table_.find(handle);
  if (attribute == nullptr) return {invalid_handle};
  Answer answer;
  if (attribute->kind == Attribute::Kind::declaration) {
    answer.value = attribute->value;
  } else if (attribute->kind == Attribute::Kind::value) {
    const Characteristic& each = characteristic(attribute->characteristic);
    if (!each.properties.has(Property::read)) return {read_not_permitted};
    if (const uint8_t error = refusal(each, "read", encrypted)) return {error};
    answer.value = value(attribute->characteristic, elapsed);
  } else {
    if (const uint8_t error = descriptor_refusal(*attribute, "read")) return {error};
    const auto written = written_descriptors_.find({attribute->characteristic, attribute->descriptor});
    if (written != written_descriptors_.end())
      answer.value = written->second;
    else if (attribute->kind == Attribute::Kind::descriptor)
      answer.value = characteristic(attribute->characteristic).descriptors[attribute->descriptor].value;
  }
  if (offset > answer.value.size()) return {invalid_offset};
  answer.value.erase(answer.value.begin(), answer.value.begin() + static_cast<std::ptrdiff_t>(offset));
  return answer;
}

uint8_t GattServer::write(uint16_t handle, std::vector<uint8_t> value, WriteKind kind, bool encrypted) {
  const Attribute* const attribute = table_.find(handle);
  if (attribute == nullptr) return invalid_handle;
  if (attribute->kind == Attribute::Kind::declaration) return write_not_permitted;
  const Characteristic& each = characteristic(attribute->characteristic);
  if (attribute->kind != Attribute::Kind::value) {
    if (is_fixed(attribute->type)) return write_not_permitted;
    if (const uint8_t error = descriptor_refusal(*attribute, "write")) return error;
    if (value.size() > longest_value) return invalid_length;
    written_descriptors_[{attribute->characteristic, attribute->descriptor}] = std::move(value);
    return 0;
  }
  const Property needed = kind == WriteKind::with_response ? Property::write : Property::write_without_response;
  if (!each.properties.has(needed)) return write_not_permitted;
  if (const uint8_t error = refusal(each, "write", encrypted)) return error;
  if (value.size() > std::min(each.max_size, longest_value)) return invalid_length;
  set_value(attribute->characteristic, std::move(value));
  return 0;
}

uint8_t GattServer::may_subscribe(uint16_t handle, SubscribeKind kind, bool encrypted) const {
  const Attribute* const attribute = table_.find(handle);
  if (attribute == nullptr) return invalid_handle;
  const Characteristic& each = characteristic(attribute->characteristic);
  const Property needed = kind == SubscribeKind::notification ? Property::notify : Property::indicate;
  if (attribute->kind != Attribute::Kind::value || !each.properties.has(needed)) return request_not_supported;
  return refusal(each, "subscribe", encrypted);
}

size_t GattServer::get_characteristic(const CharacteristicName& name) const {
  const auto refuse = [&](const std::string& why) {
    throw UsageError("device " + device_.address.to_string() + " of the world " + why,
                     {.device = device_.address, .advice = "See the services in the world's file."});
  };
  try {
    const GattTable described(device_, services_, 0);
    const GattCharacteristic& found = described.services().get_characteristic(name);
    return described.find(found.handle)->characteristic;
  } catch (const AttributeNotFound& error) {
    refuse(std::string("has no such characteristic: ") + error.what());
  } catch (const AmbiguousAttribute& error) {
    refuse(std::string("has several of the name: ") + error.what());
  }
  return 0;
}

std::vector<uint8_t> GattServer::value(size_t number, Duration elapsed) {
  std::vector<uint8_t> value;
  put_value(number, elapsed, value);
  return value;
}

void GattServer::put_value(size_t number, Duration elapsed, std::vector<uint8_t>& into) {
  if (device_.has_database_hash && characteristic(number).uuid == database_hash)
    into = database_hash_of(table_.attributes());
  else
    values_[number].put(elapsed, into);
  if (into.size() > longest_value) into.resize(longest_value);
}

}  // namespace moor::sim
