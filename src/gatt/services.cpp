#include "moor/gatt.hpp"

#include "gatt/uuid_text.hpp"
#include "moor/names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <charconv>

namespace moor {

namespace {

constexpr std::array<std::string_view, 8> property_names = {
    "BROADCAST", "READ",     "WRITE_WITHOUT_RESPONSE",      "WRITE",
    "NOTIFY",    "INDICATE", "AUTHENTICATED_SIGNED_WRITES", "EXTENDED_PROPERTIES"};

constexpr char fold(char c) noexcept {
  if (c == '-') return '_';
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr std::string_view discover_again =
    "If the device's firmware has changed, clear what is kept of its services and discover them again.";
constexpr size_t max_listed = 12;  // of the names in an error's text

std::string with_name(const Uuid& uuid, std::string_view name) {
  return name.empty() ? short_text(uuid) : fmt::format("{} ({})", name, short_text(uuid));
}

std::string listed(std::vector<std::string> names) {
  const size_t all = names.size();
  if (all > max_listed) names.resize(max_listed);
  return fmt::format("{}{}", fmt::join(names, ", "), all > max_listed ? fmt::format(", and {} more", all - max_listed) : "");
}

AttributeNotFound not_found(const std::string& what) {
  ErrorContext context;
  context.advice = discover_again;
  return AttributeNotFound(what, std::move(context));
}

AttributeNotFound service_not_found(const GattServices& services, const Uuid& uuid) {
  std::vector<std::string> there;
  for (const GattService& service : services) there.push_back(with_name(service.uuid, service_name(service.uuid)));
  const std::string name = with_name(uuid, service_name(uuid));
  if (there.empty()) return not_found(fmt::format("no service {}: the device has no services at all", name));
  return not_found(fmt::format("no service {}; the device has {}", name, listed(std::move(there))));
}

std::vector<const GattCharacteristic*> all_of(const GattServices& services, const Uuid& uuid, const std::optional<Uuid>& in) {
  std::vector<const GattCharacteristic*> found;
  for (const GattService& service : services) {
    if (in && service.uuid != *in) continue;
    for (const GattCharacteristic& each : service.characteristics)
      if (each.uuid == uuid) found.push_back(&each);
  }
  return found;
}

// A name that fits only this one.
std::string telling_name(const GattServices& services, const GattCharacteristic& wanted) {
  const auto same = all_of(services, wanted.uuid, wanted.service);
  CharacteristicName name(wanted.service, wanted.uuid);
  if (same.size() > 1) name.instance = static_cast<unsigned>(std::ranges::find(same, &wanted) - same.begin()) + 1;
  return name.to_string();
}

AttributeNotFound characteristic_not_found(const GattServices& services, const CharacteristicName& name) {
  if (name.service && services.find_service(*name.service) == nullptr) return service_not_found(services, *name.service);
  const std::string wanted = with_name(name.uuid, characteristic_name(name.uuid));
  const size_t count = all_of(services, name.uuid, name.service).size();
  if (count > 0) return not_found(fmt::format("no characteristic {}; there are {} of {}", name.to_string(), count, wanted));
  std::vector<std::string> there;
  for (const GattService& service : services) {
    if (name.service && service.uuid != *name.service) continue;
    for (const GattCharacteristic& each : service.characteristics)
      there.push_back(with_name(each.uuid, characteristic_name(each.uuid)));
  }
  const std::string where =
      name.service ? "service " + with_name(*name.service, service_name(*name.service)) : std::string("the device");
  if (there.empty()) return not_found(fmt::format("no characteristic {}; {} has none", wanted, where));
  return not_found(fmt::format("no characteristic {}; {} has {}", wanted, where, listed(std::move(there))));
}

}  // namespace

std::string short_text(const Uuid& uuid) {
  const auto number = uuid.assigned_number();
  if (!number) return uuid.to_string();
  return *number <= 0xFFFF ? fmt::format("{:04x}", *number) : fmt::format("{:08x}", *number);
}

std::vector<std::string_view> Properties::names() const {
  std::vector<std::string_view> names;
  for (size_t bit = 0; bit < property_names.size(); ++bit)
    if ((bits_ >> bit & 1) != 0) names.push_back(property_names[bit]);
  return names;
}

std::optional<Property> Properties::parse(std::string_view name) noexcept {
  for (size_t bit = 0; bit < property_names.size(); ++bit)
    if (std::ranges::equal(name, property_names[bit], {}, fold)) return static_cast<Property>(1 << bit);
  return std::nullopt;
}

const GattDescriptor* GattCharacteristic::find_descriptor(const Uuid& wanted) const noexcept {
  const auto found = std::ranges::find(descriptors, wanted, &GattDescriptor::uuid);
  return found == descriptors.end() ? nullptr : &*found;
}

CharacteristicName CharacteristicName::parse(std::string_view text) {
  const auto wrong = [whole = text](std::string_view part) {
    return UsageError(
        fmt::format("\"{}\" in \"{}\" names no characteristic: write its UUID as 2a19, with its service as 180f/2a19, "
                    "or with the number of one among equals as 180f/2a19#2",
                    part, whole));
  };
  CharacteristicName name;
  if (const size_t hash = text.find('#'); hash != text.npos) {
    const std::string_view digits = text.substr(hash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), name.instance);
    if (error != std::errc() || end != digits.data() + digits.size() || name.instance == 0) throw wrong(text.substr(hash));
    text = text.substr(0, hash);
  }
  if (const size_t slash = text.find('/'); slash != text.npos) {
    name.service = Uuid::parse(text.substr(0, slash));
    if (!name.service) throw wrong(text.substr(0, slash));
    text = text.substr(slash + 1);
  }
  const auto uuid = Uuid::parse(text);
  if (!uuid) throw wrong(text);
  name.uuid = *uuid;
  return name;
}

std::string CharacteristicName::to_string() const {
  std::string text = service ? short_text(*service) + "/" : std::string();
  text += short_text(uuid);
  if (instance > 0) text += fmt::format("#{}", instance);
  return text;
}

const GattCharacteristic* GattService::find_characteristic(const Uuid& wanted) const noexcept {
  const auto found = std::ranges::find(characteristics, wanted, &GattCharacteristic::uuid);
  return found == characteristics.end() ? nullptr : &*found;
}

const GattService* GattServices::find_service(const Uuid& uuid) const noexcept {
  const auto found = std::ranges::find(services_, uuid, &GattService::uuid);
  return found == services_.end() ? nullptr : &*found;
}

const GattService& GattServices::get_service(const Uuid& uuid) const {
  const GattService* found = find_service(uuid);
  if (found == nullptr) throw service_not_found(*this, uuid);
  return *found;
}

const GattCharacteristic* GattServices::find_characteristic(const CharacteristicName& name) const {
  const auto found = all_of(*this, name.uuid, name.service);
  if (name.instance > 0) return name.instance <= found.size() ? found[name.instance - 1] : nullptr;
  if (found.empty()) return nullptr;
  if (found.size() == 1) return found.front();
  std::vector<std::string> names;
  names.reserve(found.size());
  for (const GattCharacteristic* each : found) names.push_back(telling_name(*this, *each));
  ErrorContext context;
  context.advice = fmt::format("Name one of them, such as {}.", names.front());
  throw AmbiguousAttribute(fmt::format("the device has characteristic {} {} times: {}",
                                       with_name(name.uuid, characteristic_name(name.uuid)), names.size(), listed(names)),
                           std::move(context));
}

const GattCharacteristic& GattServices::get_characteristic(const CharacteristicName& name) const {
  const GattCharacteristic* found = find_characteristic(name);
  if (found == nullptr) throw characteristic_not_found(*this, name);
  return *found;
}

const GattCharacteristic* GattServices::find_characteristic_by_value_handle(uint16_t handle) const noexcept {
  for (const GattService& service : services_)
    for (const GattCharacteristic& each : service.characteristics)
      if (each.handle == handle) return &each;
  return nullptr;
}

}  // namespace moor
