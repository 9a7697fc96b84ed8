// Inkbird's thermometers and meat probes. Where others have a company identifier most have a reading or their address, so they
// are known by a listed service (FFF0), a name, or a checksum. Little-endian, but for the IAM-T2.
// Source: Bluetooth-Devices/inkbird-ble and the discussions there; that the two bytes are a CRC-16 is found in its examples.
//
//   IBS-TH, IBS-TH2, IBS-P01B    ┌──────┬─────┬───────┬─────┬─────────┬────┐    temp: int16, 0.01 °C   hum: uint16, 0.01 %
//                                │ temp │ hum │ probe │ CRC │ battery │    │    CRC-16/MODBUS of the five bytes before it
//                                └──────┴─────┴───────┴─────┴─────────┴────┘    no hygrometer: hum 0 or FFFF
//                                0      2     4       5     7         8    9
//   iBBQ, xBBQ                   ┌─────────┬─────────┬─────────────────────┐    probe: int16, 0.1 °C, FFFF while it is unplugged;
//                                │ id      │ address │ probes (1, 2, 4, 6) │    id 2 has limits beside a structure of id 1
//                                └─────────┴─────────┴─────────────────────┘
//                                0         4         10
//   ITH-11-B, ITH-13-B,          ┌─────────┬──────┬─────┬─────────┬────────┐    temp: int16, 0.1 °C   hum: uint16, 0.1 %
//   ITH-21-B, IBS-P02B           │ address │ temp │ hum │ battery │        │    no hygrometer: hum 0
//                                └─────────┴──────┴─────┴─────────┴────────┘
//                                0         6      8     10        11      18
//   IAM-T2 (3254), without id    ┌────┬─────────┬───────┬──────┬─────┬─────┬────┐    big-endian; temp: int16, 0.1 °C, or °F where
//                                │ 00 │ address │ flags │ temp │ hum │ CO2 │    │    bit 1 of flags is set; hum: uint16, 0.1 %
//                                └────┴─────────┴───────┴──────┴─────┴─────┴────┘
//                                0    1         7       8      10    12    14   15

#include "beacon/registry.hpp"
#include "beacon/whole_manufacturer_data.hpp"

#include <algorithm>

namespace moor {
namespace {

constexpr std::string_view format = "Inkbird";
constexpr Uuid inkbird_service(0xFFF0);
constexpr size_t small_size = 9;
constexpr size_t large_size = 18;
constexpr size_t first_probe = 10;
constexpr size_t air_size = 15;
constexpr uint16_t inkbird_company = 0x2449;  // the beginning of an address, 49:24
constexpr uint16_t probe_limits = 0x0002;
constexpr int max_battery = 100;
constexpr uint16_t not_connected = 0xFFFF;

struct Model {
  std::string_view advertised_name;  // in lower case
  std::string_view name;
  size_t size;
};
constexpr Model ibs_th{"sps", "IBS-TH", small_size};
constexpr Model ibs_th2{"tps", "IBS-TH2/P01B", small_size};
constexpr Model named_models[] = {
    ibs_th,
    ibs_th2,
    {"ibs-p02b", "IBS-P02B", large_size},
    {"ith-11-b", "ITH-11-B", large_size},
    {"ith-13-b", "ITH-13-B", large_size},
    {"ith-21-b", "ITH-21-B", large_size},
};

constexpr char lower(uint8_t c) noexcept {
  return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool same_name(Bytes name, std::string_view lower_case) noexcept {
  return std::ranges::equal(name, lower_case, {}, lower);
}

std::optional<Model> find_model(Bytes name, size_t size) noexcept {
  for (const Model& model : named_models)
    if (model.size == size && same_name(name, model.advertised_name)) return model;
  return std::nullopt;
}

uint16_t crc16_modbus(Bytes bytes) noexcept {
  unsigned crc = 0xFFFF;
  for (uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1;
  }
  return static_cast<uint16_t>(crc);
}

double le_signed(const uint8_t* p) noexcept {
  return static_cast<int16_t>(load_le16(p));
}

// The link layer has a checksum of its own, so a known name will do where the device's is wrong.
bool read_small(Bytes data, std::optional<Model> model, Decoded& into) noexcept {
  const bool proven = crc16_modbus(data.first(5)) == load_le16(&data[5]);
  if (!proven && !model) return false;
  const uint16_t humidity = load_le16(&data[2]);
  const bool could_lack_it = !model || model->name != ibs_th.name;
  const bool has_hygrometer = !could_lack_it || (humidity != 0 && (!proven || humidity != 0xFFFF));
  if (data[7] > max_battery || (has_hygrometer && humidity > 100 * 100)) return false;
  into.add(Quantity::temperature, le_signed(&data[0]) / 100);
  if (has_hygrometer) into.add(Quantity::humidity, humidity / 100.0);
  into.add(Quantity::battery, data[7]);
  into.add_attribute("model", model ? model->name : has_hygrometer ? ibs_th.name : ibs_th2.name);
  return true;
}

bool read_large(Bytes data, std::optional<Model> model, Decoded& into) noexcept {
  const uint16_t humidity = load_le16(&data[8]);
  if (data[10] > max_battery || humidity > 100 * 10) return false;
  into.add(Quantity::temperature, le_signed(&data[6]) / 10);
  if (humidity != 0) into.add(Quantity::humidity, humidity / 10.0);
  into.add(Quantity::battery, data[10]);
  if (model) into.add_attribute("model", model->name);
  return true;
}

bool is_grill(Bytes name) noexcept {
  return same_name(name, "ibbq") || same_name(name, "xbbq");
}

bool read_probes(Bytes data, Bytes name, Decoded& into) noexcept {
  const size_t count = (data.size() - first_probe) / 2;
  for (size_t at = first_probe; at < data.size(); at += 2) {
    if (load_le16(&data[at]) == not_connected) {
      into.add_unavailable(Quantity::temperature);
    } else {
      into.add(Quantity::temperature, le_signed(&data[at]) / 10);
    }
  }
  const char model[] = {static_cast<char>(name[0]), 'B', 'B', 'Q', '-', static_cast<char>('0' + count)};
  into.add_attribute("model", {model, sizeof model});
  return true;
}

bool has_probes(size_t size) noexcept {
  return size == first_probe + 2 || size == first_probe + 4 || size == first_probe + 8 || size == first_probe + 12;
}

Bytes newest_data(const AdvertisementData& advertisement) noexcept {
  const Bytes data = last_manufacturer_data(advertisement, [](Bytes whole) { return load_le16(whole.data()) != probe_limits; });
  return data.empty() ? last_manufacturer_data(advertisement, [](Bytes) { return true; }) : data;
}

}  // namespace

std::string_view claim_inkbird(const Candidate& candidate, Decoded& into) noexcept {
  // A service, a name and an identifier lead here from one payload: the first of them has said all.
  if (into.format() == format) return {};
  const AdvertisementData& advertisement = candidate.advertisement;
  const Bytes data = newest_data(advertisement);
  const Bytes name = advertisement.raw_local_name().value_or(Bytes());
  const auto model = find_model(name, data.size());
  bool read = false;
  if (is_grill(name)) {
    read = has_probes(data.size()) && read_probes(data, name, into);
  } else if (data.size() == small_size) {
    read = read_small(data, model, into);
  } else if (data.size() == large_size) {
    const bool looks_like_it = load_le16(data.data()) == inkbird_company && advertisement.has_service(inkbird_service) &&
                               std::ranges::all_of(data.last(3), [](uint8_t byte) { return byte == 0; });
    read = (model || looks_like_it) && read_large(data, model, into);
  }
  return read ? format : std::string_view();
}

std::string_view claim_inkbird_air(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() != air_size || data[0] != 0x00 || data[1] != 0x62) return {};  // Inkbird's addresses begin 62:00
  const uint16_t humidity = load_be16(&data[10]);
  if (humidity > 100 * 10) return {};
  const double degrees = static_cast<int16_t>(load_be16(&data[8])) / 10.0;
  const bool fahrenheit = (data[7] & 0x02) != 0;
  into.add(Quantity::temperature, fahrenheit ? (degrees - 32) * 5 / 9 : degrees);
  into.add(Quantity::humidity, humidity / 10.0);
  into.add(Quantity::carbon_dioxide, load_be16(&data[12]));
  into.add_attribute("model", "IAM-T2");
  return format;
}

}  // namespace moor
