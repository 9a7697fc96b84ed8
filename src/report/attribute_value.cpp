#include "report/attribute_value.hpp"

#include "gatt/value_json.hpp"
#include "moor/names.hpp"

#include <boost/json.hpp>

namespace moor {

std::optional<DecodedValue> meaning_of(const Uuid& uuid, Bytes value, const std::optional<ValueFormat>& format,
                                       const std::optional<PresentationFormat>& presentation) {
  if (format) return decode_value(*format, value);
  if (auto standard = decode_characteristic(uuid, value)) return standard;
  if (auto standard = decode_descriptor(uuid, value)) return standard;
  return presentation ? decode_value(*presentation, value) : std::nullopt;
}

boost::json::value decoded_json(const std::optional<DecodedValue>& meaning) {
  return meaning ? to_json(*meaning) : boost::json::value();
}

std::string name_or_uuid(const Uuid& uuid) {
  const auto assigned = find_uuid(uuid);
  return assigned ? std::string(assigned->name) : uuid.to_string();
}

}  // namespace moor
