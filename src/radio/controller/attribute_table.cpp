#include "radio/controller/attribute_table.hpp"

#include <algorithm>

namespace moor::controller {

namespace {

// Core 5.4, Vol 3, Part G, 3.4.
constexpr Uuid primary_service(0x2800);
constexpr Uuid secondary_service(0x2801);
constexpr Uuid include(0x2802);
constexpr Uuid characteristic_declaration(0x2803);

using hci::AttOpcode;
namespace att_error = hci::att_error;

std::vector<uint8_t> refuse(AttOpcode request, uint16_t handle, uint8_t error) {
  return hci::att_error_response(static_cast<uint8_t>(request), handle, error);
}

void append(std::vector<uint8_t>& to, const std::vector<uint8_t>& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

bool is_configured(const GattCharacteristic& characteristic) noexcept {
  return characteristic.properties.has(Property::notify) || characteristic.properties.has(Property::indicate);
}

}  // namespace

AttributeTable::AttributeTable(const GattServices& services) {
  for (const GattService& service : services) add(service, services);
  std::sort(attributes_.begin(), attributes_.end(), [](const Attribute& a, const Attribute& b) { return a.handle < b.handle; });
}

void AttributeTable::add(const GattService& service, const GattServices& all) {
  attributes_.push_back({.handle = service.handle,
                         .type = service.primary ? primary_service : secondary_service,
                         .group_end = std::max(service.handle, service.end_handle),
                         .value = hci::att_uuid(service.uuid)});
  // Inclusions stand between the service and its first characteristic; the table does not say where.
  auto handle = static_cast<uint16_t>(service.handle + 1);
  for (const uint16_t included : service.included) {
    const auto other = std::find_if(all.begin(), all.end(), [&](const GattService& each) { return each.handle == included; });
    if (other == all.end()) continue;
    std::vector<uint8_t> value;
    hci::put_le16(value, other->handle);
    hci::put_le16(value, other->end_handle);
    // Of a UUID of 128 bits the client reads the service itself (Core 5.4, Vol 3, Part G, 3.2).
    if (const std::vector<uint8_t> uuid = hci::att_uuid(other->uuid); uuid.size() == 2) append(value, uuid);
    attributes_.push_back({.handle = handle++, .type = include, .value = std::move(value)});
  }
  for (const GattCharacteristic& each : service.characteristics) add(each);
}

void AttributeTable::add(const GattCharacteristic& characteristic) {
  const Properties properties = characteristic.properties;
  const uint16_t value_handle = characteristic.handle;
  std::vector<uint8_t> declaration{properties.bits()};
  hci::put_le16(declaration, value_handle);
  append(declaration, hci::att_uuid(characteristic.uuid));
  attributes_.push_back(
      {.handle = static_cast<uint16_t>(value_handle - 1), .type = characteristic_declaration, .value = std::move(declaration)});
  attributes_.push_back({.handle = value_handle,
                         .type = characteristic.uuid,
                         .kind = Attribute::Kind::value,
                         .properties = properties,
                         .characteristic = value_handle});
  for (const GattDescriptor& each : characteristic.descriptors) {
    const bool configures = each.uuid == client_characteristic_configuration && is_configured(characteristic);
    attributes_.push_back({.handle = each.handle,
                           .type = each.uuid,
                           .kind = configures ? Attribute::Kind::configuration : Attribute::Kind::descriptor,
                           .properties = properties,
                           .characteristic = value_handle});
  }
}

const Attribute* AttributeTable::find(uint16_t handle) const noexcept {
  const auto found = std::lower_bound(attributes_.begin(), attributes_.end(), handle,
                                      [](const Attribute& each, uint16_t wanted) { return each.handle < wanted; });
  return found != attributes_.end() && found->handle == handle ? &*found : nullptr;
}

const Attribute* AttributeTable::find_type(const Uuid& type, hci::HandleRange range) const noexcept {
  for (const Attribute& each : attributes_)
    if (each.type == type && range.has(each.handle)) return &each;
  return nullptr;
}

std::vector<uint8_t> AttributeTable::answer(const hci::FindInformation& request, uint16_t mtu) const {
  constexpr AttOpcode opcode = AttOpcode::find_information_request;
  if (!request.range.is_valid()) return refuse(opcode, request.range.first, att_error::invalid_handle);
  hci::AttList list(AttOpcode::find_information_response, mtu);
  for (const Attribute& each : attributes_) {
    if (!request.range.has(each.handle)) continue;
    std::vector<uint8_t> entry;
    hci::put_le16(entry, each.handle);
    append(entry, hci::att_uuid(each.type));
    if (!list.add(entry)) break;
  }
  return list.empty() ? refuse(opcode, request.range.first, att_error::attribute_not_found) : list.take();
}

std::vector<uint8_t> AttributeTable::answer(const hci::FindByTypeValue& request, uint16_t mtu) const {
  constexpr AttOpcode opcode = AttOpcode::find_by_type_value_request;
  if (!request.range.is_valid()) return refuse(opcode, request.range.first, att_error::invalid_handle);
  hci::AttList list(AttOpcode::find_by_type_value_response, mtu);
  // Only declarations: what else an attribute holds would have to be read first, and discovery does not ask for it.
  for (const Attribute& each : attributes_) {
    if (!request.range.has(each.handle) || each.type != request.type || each.kind != Attribute::Kind::declaration ||
        !std::ranges::equal(each.value, request.value))
      continue;
    std::vector<uint8_t> entry;
    hci::put_le16(entry, each.handle);
    hci::put_le16(entry, std::max(each.handle, each.group_end));
    if (!list.add(entry)) break;
  }
  return list.empty() ? refuse(opcode, request.range.first, att_error::attribute_not_found) : list.take();
}

std::vector<uint8_t> AttributeTable::answer(const hci::ReadByGroupType& request, uint16_t mtu) const {
  constexpr AttOpcode opcode = AttOpcode::read_by_group_type_request;
  if (!request.range.is_valid()) return refuse(opcode, request.range.first, att_error::invalid_handle);
  if (request.type != primary_service && request.type != secondary_service)
    return refuse(opcode, request.range.first, att_error::unsupported_group_type);
  hci::AttList list(AttOpcode::read_by_group_type_response, mtu);
  for (const Attribute& each : attributes_) {
    if (each.type != request.type || !request.range.has(each.handle)) continue;
    std::vector<uint8_t> entry;
    hci::put_le16(entry, each.handle);
    hci::put_le16(entry, each.group_end);
    append(entry, each.value);
    if (!list.add(entry)) break;
  }
  return list.empty() ? refuse(opcode, request.range.first, att_error::attribute_not_found) : list.take();
}

std::optional<std::vector<uint8_t>> AttributeTable::answer(const hci::ReadByType& request, uint16_t mtu) const {
  constexpr AttOpcode opcode = AttOpcode::read_by_type_request;
  if (!request.range.is_valid()) return refuse(opcode, request.range.first, att_error::invalid_handle);
  const Attribute* const first = find_type(request.type, request.range);
  if (first == nullptr) return refuse(opcode, request.range.first, att_error::attribute_not_found);
  if (first->kind != Attribute::Kind::declaration) return std::nullopt;
  hci::AttList list(AttOpcode::read_by_type_response, mtu);
  for (const Attribute& each : attributes_) {
    if (each.type != request.type || !request.range.has(each.handle)) continue;
    std::vector<uint8_t> entry;
    hci::put_le16(entry, each.handle);
    append(entry, each.value);
    if (each.kind != Attribute::Kind::declaration || !list.add(entry)) break;
  }
  return list.take();
}

uint8_t read_refusal(const Attribute* attribute) noexcept {
  if (attribute == nullptr) return att_error::invalid_handle;
  if (attribute->kind == Attribute::Kind::value && !attribute->properties.has(Property::read))
    return att_error::read_not_permitted;
  return 0;
}

uint8_t write_refusal(const Attribute* attribute, bool is_command) noexcept {
  if (attribute == nullptr) return att_error::invalid_handle;
  if (attribute->kind == Attribute::Kind::declaration) return att_error::write_not_permitted;
  if (attribute->kind != Attribute::Kind::value) return 0;
  const Property needed = is_command ? Property::write_without_response : Property::write;
  return attribute->properties.has(needed) ? uint8_t{0} : att_error::write_not_permitted;
}

}  // namespace moor::controller
