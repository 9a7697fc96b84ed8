// Any bytes as a value, and as JSON: a value that decodes has named fields, finite numbers and text, and none is read past its end; a format
// reads what it has written; a table of services that is read is written and read back equal.
//
//   byte 0: what the rest is; for values, bytes 1 and 2 the characteristic or the presentation format, then the value

#include "core/json_text.hpp"
#include "core/utf8.hpp"
#include "gatt/services_json.hpp"
#include "gatt/value_json.hpp"
#include "moor/characteristic_value.hpp"

#include <boost/json/parse.hpp>
#include <cmath>
#include <cstdlib>

namespace {

using namespace moor;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_decoded(const std::optional<DecodedValue>& decoded) {
  if (!decoded) return;
  require(!decoded->fields.empty());
  for (const ValueField& field : decoded->fields) {
    require(!field.name.empty());
    const double* number = std::get_if<double>(&field.value);
    require(number == nullptr || std::isfinite(*number));
  }
  require(is_utf8(Bytes(reinterpret_cast<const uint8_t*>(decoded->text.data()), decoded->text.size())));
  const std::string line = to_line(to_json(*decoded));
  boost::json::error_code error;
  (void)boost::json::parse(line, error);
  require(!error);
  for (const Reading& reading : readings_of(*decoded)) require(std::isfinite(reading.value));
}

void check_value(Bytes input) {
  if (input.size() < 2) return;
  const uint16_t number = load_le16(input.data());
  // A copy of its own, so that a read past its end is seen.
  const std::vector<uint8_t> value(input.begin() + 2, input.end());
  check_decoded(decode_characteristic(Uuid(number), value));
  check_decoded(decode_characteristic(Uuid(0x2A00U | (number & 0x03FFU)), value));
  check_decoded(decode_descriptor(Uuid(0x2900U | (number & 0x000FU)), value));
  const PresentationFormat format{
      .format = static_cast<uint8_t>(number & 0x1FU), .exponent = static_cast<int8_t>(number >> 8U), .unit = 0x2700};
  check_decoded(decode_value(format, value));
}

void check_format(Bytes input) {
  const std::string text(input.begin(), input.end());
  try {
    const ValueFormat format = ValueFormat::parse(text);
    require(ValueFormat::parse(format.to_string()) == format);
    check_decoded(decode_value(format, input));
    require(format.encode(1).size() == format.size() || format.size() == 0);
  } catch (const UsageError&) {
  }
  try {
    const CharacteristicName name = CharacteristicName::parse(text);
    require(CharacteristicName::parse(name.to_string()) == name);
  } catch (const UsageError&) {
  }
}

void check_services(Bytes input) {
  boost::json::error_code error;
  const auto value = boost::json::parse({reinterpret_cast<const char*>(input.data()), input.size()}, error);
  if (error) return;
  const auto services = services_from_json(value);
  if (services) require(services_from_json(boost::json::parse(to_line(services_to_json(*services)))) == services);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes rest(data + 1, size - 1);
  switch (data[0]) {
    case 'f': check_format(rest); break;
    case 's': check_services(rest); break;
    default: check_value(rest); break;
  }
  return 0;
}
