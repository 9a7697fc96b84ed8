#include "gatt/services_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <initializer_list>

namespace moor {

namespace json = boost::json;

namespace {

json::object descriptor_json(const GattDescriptor& descriptor) {
  return {{"uuid", descriptor.uuid.to_string()}, {"handle", descriptor.handle}};
}

json::object characteristic_json(const GattCharacteristic& characteristic) {
  json::array properties;
  for (const std::string_view name : characteristic.properties.names()) properties.emplace_back(json::string_view(name));
  json::array descriptors;
  for (const GattDescriptor& each : characteristic.descriptors) descriptors.push_back(descriptor_json(each));
  return {{"uuid", characteristic.uuid.to_string()},
          {"handle", characteristic.handle},
          {"properties", std::move(properties)},
          {"descriptors", std::move(descriptors)}};
}

json::object service_json(const GattService& service) {
  json::array characteristics;
  for (const GattCharacteristic& each : service.characteristics) characteristics.push_back(characteristic_json(each));
  return {{"uuid", service.uuid.to_string()},
          {"handle", service.handle},
          {"end_handle", service.end_handle},
          {"primary", service.primary},
          {"included", json::array(service.included.begin(), service.included.end())},
          {"characteristics", std::move(characteristics)}};
}

// Reads the table and remembers the first fault; after it, what is read means nothing. A handle that does not ascend is a fault, so the
// table has at most 65535 attributes whatever the JSON has.
class TableReader {
public:
  explicit TableReader(const json::value& value) {
    std::vector<GattService> services;
    for (const json::value& each : list(&value)) {
      services.push_back(service(each));
      if (!ok_) return;
    }
    services_ = GattServices(std::move(services));
  }
  [[nodiscard]] std::optional<GattServices> take() { return ok_ ? std::optional(std::move(services_)) : std::nullopt; }

private:
  void require(bool holds) noexcept { ok_ = ok_ && holds; }

  // An object with these members and no others.
  const json::object& object(const json::value& value, size_t members) {
    static const json::object none;
    const json::object* found = value.if_object();
    require(found != nullptr && found->size() == members);
    return found == nullptr ? none : *found;
  }

  const json::array& list(const json::value* value) {
    static const json::array none;
    const json::array* found = value == nullptr ? nullptr : value->if_array();
    require(found != nullptr);
    return found == nullptr ? none : *found;
  }

  std::string_view text(const json::value* value) {
    const json::string* found = value == nullptr ? nullptr : value->if_string();
    require(found != nullptr);
    return found == nullptr ? std::string_view() : std::string_view(found->data(), found->size());
  }

  Uuid uuid(const json::value* value) {
    const std::string_view written = text(value);
    const auto parsed = Uuid::parse(written);
    require(parsed && parsed->to_string() == written);
    return parsed.value_or(Uuid());
  }

  // A handle behind the last one.
  uint16_t handle(const json::value* value, uint32_t after) {
    const int64_t* parsed = value == nullptr ? nullptr : value->if_int64();   // as a parser has them
    const uint64_t* built = value == nullptr ? nullptr : value->if_uint64();  // as they are put into a value
    const uint64_t number = parsed != nullptr && *parsed > 0 ? static_cast<uint64_t>(*parsed) : built != nullptr ? *built : 0;
    require(number > after && number <= 0xFFFF);
    return ok_ ? static_cast<uint16_t>(number) : uint16_t{0};
  }

  bool flag(const json::value* value) {
    const bool* found = value == nullptr ? nullptr : value->if_bool();
    require(found != nullptr);
    return found != nullptr && *found;
  }

  Properties properties(const json::value* value) {
    uint8_t bits = 0;
    for (const json::value& each : list(value)) {
      const std::string_view name = text(&each);
      const auto property = Properties::parse(name);
      const auto bit = static_cast<uint8_t>(property.value_or(Property{}));
      // In the order of the bits, each once and in the form in which they are written.
      require(property && bit > bits && Properties(bit).names().front() == name);
      if (!ok_) break;
      bits = static_cast<uint8_t>(bits | bit);
    }
    return Properties(bits);
  }

  GattDescriptor descriptor(const json::value& value) {
    const json::object& from = object(value, 2);
    GattDescriptor result{.uuid = uuid(from.if_contains("uuid")), .handle = handle(from.if_contains("handle"), last_)};
    last_ = result.handle;
    return result;
  }

  GattCharacteristic characteristic(const json::value& value, const Uuid& service) {
    const json::object& from = object(value, 4);
    GattCharacteristic result;
    result.uuid = uuid(from.if_contains("uuid"));
    result.handle = last_ = handle(from.if_contains("handle"), last_);
    result.properties = properties(from.if_contains("properties"));
    result.service = service;
    for (const json::value& each : list(from.if_contains("descriptors"))) {
      result.descriptors.push_back(descriptor(each));
      if (!ok_) break;
    }
    return result;
  }

  GattService service(const json::value& value) {
    const json::object& from = object(value, 6);
    GattService result;
    result.uuid = uuid(from.if_contains("uuid"));
    result.handle = last_ = handle(from.if_contains("handle"), last_);
    result.end_handle = handle(from.if_contains("end_handle"), last_ - 1U);
    result.primary = flag(from.if_contains("primary"));
    for (const json::value& each : list(from.if_contains("included"))) {
      result.included.push_back(handle(&each, result.included.empty() ? 0U : result.included.back()));
      if (!ok_) return result;
    }
    for (const json::value& each : list(from.if_contains("characteristics"))) {
      result.characteristics.push_back(characteristic(each, result.uuid));
      if (!ok_) return result;
    }
    require(last_ <= result.end_handle);
    last_ = result.end_handle;
    return result;
  }

  bool ok_ = true;
  uint16_t last_ = 0;  // handle that was read
  GattServices services_;
};

}  // namespace

json::value services_to_json(const GattServices& services) {
  json::array array;
  for (const GattService& each : services) array.push_back(service_json(each));
  return array;
}

std::optional<GattServices> services_from_json(const json::value& value) {
  return TableReader(value).take();
}

}  // namespace moor
