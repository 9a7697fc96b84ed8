#include "report/attribute_value.hpp"

#include "gatt/value_json.hpp"
#include "moor/error.hpp"
#include "moor/names.hpp"

#include <boost/json.hpp>
#include <charconv>

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

std::vector<uint8_t> parse_value(const std::string& text, const std::optional<ValueFormat>& format) {
  if (!format || format->type() == ValueFormat::Type::hex) {
    if (auto bytes = from_hex(text)) return *std::move(bytes);
    throw UsageError("VALUE '" + text + "' is no hexadecimal number of whole bytes",
                     {.advice = "Give two digits for each byte, such as 01ff, or say what the value is with a format (--as)."});
  }
  if (format->type() == ValueFormat::Type::utf8) return {text.begin(), text.end()};
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed != end)
    throw UsageError("VALUE '" + text + "' is no number", {.advice = "The format " + format->to_string() + " wants one."});
  return format->encode(number);
}

std::string name_or_uuid(const Uuid& uuid) {
  const auto assigned = find_uuid(uuid);
  return assigned ? std::string(assigned->name) : uuid.to_string();
}

}  // namespace moor
