// RuuviTag, data formats 2 and 4: the first firmware speaks through an Eddystone-URL, "https://ruu.vi/#" and 8 or 9 characters of
// URL-safe base64 (RFC 4648, 5), so that a telephone without an app can show the measurement. Numbers are big-endian.
// Source: ruuvi/ruuvi-sensor-protocols, dataformat_04.md.
//
//   0    1     2      4       6
//   ┌────┬─────┬──────┬───────┐    hum: uint8, 0.5 %   temp: sign and whole °C, hundredths   press: uint16, Pa above 50000
//   │ 02 │ hum │ temp │ press │    02 or 04 begins both; the ninth character, of format 4, is one that the tag chose
//   └────┴─────┴──────┴───────┘

#include "beacon/registry.hpp"

namespace moor {
namespace {

constexpr std::string_view site = "https://ruu.vi/#";
constexpr size_t measurement_characters = 8;

using Measurement = std::array<uint8_t, 6>;

constexpr std::optional<uint8_t> base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<uint8_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<uint8_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0' + 52);
  if (c == '-') return uint8_t{62};
  if (c == '_') return uint8_t{63};
  return std::nullopt;
}

std::optional<Measurement> decode_measurement(std::string_view text) noexcept {
  uint64_t bits = 0;
  for (char c : text.substr(0, measurement_characters)) {
    const auto digit = base64_digit(c);
    if (!digit) return std::nullopt;
    bits = bits << 6 | *digit;
  }
  Measurement bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(bits >> (40 - 8 * i));
  if (bytes[0] != 0x02 && bytes[0] != 0x04) return std::nullopt;
  return bytes;
}

}  // namespace

std::string_view claim_ruuvi_url(const Candidate& candidate, Decoded& into) noexcept {
  const auto url = decode_eddystone_url(candidate.data);
  if (!url || !url->text().starts_with(site)) return {};
  const std::string_view text = url->text().substr(site.size());
  if (text.size() != measurement_characters && text.size() != measurement_characters + 1) return {};
  const auto bytes = decode_measurement(text);
  const std::string_view identifier = text.substr(measurement_characters);
  if (!bytes || (!identifier.empty() && !base64_digit(identifier[0]))) return {};

  const double magnitude = ((*bytes)[2] & 0x7F) + (*bytes)[3] / 100.0;
  into.add(*url);
  into.add(Quantity::temperature, ((*bytes)[2] & 0x80) != 0 ? -magnitude : magnitude);
  into.add(Quantity::humidity, (*bytes)[1] / 2.0);
  into.add(Quantity::pressure, (load_be16(&(*bytes)[4]) + 50000) / 100.0);
  if (identifier.empty()) return "RuuviTag 2";
  into.add_attribute("identifier", identifier);
  return "RuuviTag 4";
}

}  // namespace moor
