#include "beacon/govee.hpp"

// Thermometers, hygrometers and what else Govee sells that measures air, or sees people. Sources: the decoder govee-ble
// (Bluetooth-Devices), the notes of GoveeWatcher (Thrilleratplay), and the advertisements that users reported to both. Behind the
// company:
//
//   EC88   00 │ packed (3) │ battery │ 00                                      H5072, H5075, H5129
//   EC88   00 │ temperature (2) │ humidity (2) │ battery │ 02                  H5074
//   EC88   00 │ temperature (2) │ humidity (2) │ battery │ 3 bytes             H5051, H5052, H5071
//   8801   EC 00 01 01 │ temperature (2) │ humidity (2) │ battery              H5179, all of it shifted by a byte in front
//   8803   EC 00 xx 01 │ occupied │ bit 4: moving                              H5127, also as 8843
//   0001   01 01 │ packed (3) │ battery                                        H5100 to H5105, H5110, H5174, H5177, newer H5179
//   0001   01 01 │ packed (4)                                                  H5106, with PM2.5
//   0001   01 01 │ packed (3) │ battery │ 00 00                                H5108
//   0001   01 01 │ packed (3) │ battery │ 00 │ 41: first probe, 82: second     H5112; the second has no humidity
//   0001   01 01 │ packed (3) │ CO2 (2), big-endian │ 01: at fault             H5140
//   0001   01 xx │ sensor │ packed (3) │ battery │ 2 bytes                     H5178; sensor 1 is the one outdoors
//
// packed (3), big-endian: a sign bit, then tenths of a degree times 1000 plus tenths of a per cent. packed (4): the same with
// three more digits, PM2.5. temperature (2), humidity (2): little-endian, hundredths. battery: per cent, the top bit set where
// the sensor is at fault.
namespace moor {
namespace {

constexpr double lowest_c = -40;  // what the sensors can measure; a number beyond it means that they do not
constexpr double highest_c = 100;
constexpr uint8_t fault_bit = 0x80;

struct Climate {
  double temperature_c = 0;
  double humidity = 0;
};

Climate unpacked(bool below_zero, uint32_t digits) noexcept {
  const uint32_t tenths = digits / 1000;  // of a degree; the three digits below are the humidity
  const double temperature_c = tenths / 10.0;
  return {below_zero ? -temperature_c : temperature_c, digits % 1000 / 10.0};
}

Climate packed24(const uint8_t* at) noexcept {
  return unpacked((at[0] & 0x80) != 0, (at[0] & 0x7FU) << 16 | load_be16(at + 1));
}

Climate in_hundredths(const uint8_t* at) noexcept {
  return {static_cast<int16_t>(load_le16(at)) / 100.0, load_le16(at + 2) / 100.0};
}

void add_or_not(Quantity quantity, double value, bool available, Decoded& into) noexcept {
  if (available) {
    into.add(quantity, value);
  } else {
    into.add_unavailable(quantity);
  }
}

void add_climate(const Climate& climate, bool at_fault, Decoded& into, bool has_humidity = true) noexcept {
  const bool available =
      !at_fault && climate.temperature_c >= lowest_c && climate.temperature_c <= highest_c && climate.humidity <= 100;
  add_or_not(Quantity::temperature, climate.temperature_c, available, into);
  if (has_humidity) add_or_not(Quantity::humidity, climate.humidity, available, into);
}

bool is_battery(uint8_t byte) noexcept {
  return (byte & ~fault_bit) <= 100;
}

std::string_view thermometer(const Climate& climate, uint8_t battery, Decoded& into, bool has_humidity = true) noexcept {
  if (!is_battery(battery)) return {};
  add_climate(climate, (battery & fault_bit) != 0, into, has_humidity);
  into.add(Quantity::battery, battery & ~fault_bit);
  return govee::format;
}

std::string_view air_monitor(Bytes data, Decoded& into) noexcept {
  const uint32_t packed = load_be32(&data[2]);
  const uint32_t digits = packed & 0x7FFFFFFF;
  add_climate(unpacked(packed != digits, digits / 1000), false, into);
  into.add(Quantity::pm25, digits % 1000);
  return govee::format;
}

std::string_view carbon_dioxide_monitor(Bytes data, Decoded& into) noexcept {
  const bool at_fault = data[7] != 0;
  add_climate(packed24(&data[2]), at_fault, into);
  add_or_not(Quantity::carbon_dioxide, load_be16(&data[5]), !at_fault, into);
  return govee::format;
}

std::string_view two_probes(Bytes data, Decoded& into) noexcept {
  constexpr uint8_t first = 0x41;
  constexpr uint8_t second = 0x82;
  if (!is_battery(data[5])) return {};
  if (data[7] != first && data[7] != second) return govee::format;
  into.add(Quantity::channel, data[7] == first ? 1 : 2);
  return thermometer(packed24(&data[2]), data[5], into, data[7] == first);
}

std::string_view indoors_and_outdoors(Bytes data, Decoded& into) noexcept {
  if (!is_battery(data[6])) return {};
  constexpr uint8_t outdoors = 1;
  into.add(Quantity::channel, data[2] == outdoors ? 1 : 0);
  return thermometer(packed24(&data[3]), data[6], into);
}

std::string_view shifted_thermometer(Bytes data, Decoded& into) noexcept {
  if (data.size() != 9 || data[0] != 0xEC || data[1] != 0) return {};
  return thermometer(in_hundredths(&data[4]), data[8], into);
}

std::string_view of_company_ec88(Bytes data, Decoded& into) noexcept {
  if (data.empty() || data[0] != 0) return {};
  switch (data.size()) {
    case 6: return thermometer(packed24(&data[1]), data[4], into);
    case 7:
    case 9: return thermometer(in_hundredths(&data[1]), data[5], into);
    default: return {};
  }
}

std::string_view of_company_0001(Bytes data, std::string_view model, Decoded& into) noexcept {
  if (data.size() < 2 || data[0] != 1) return {};
  if (data.size() == 9) return indoors_and_outdoors(data, into);
  if (data[1] != 1) return {};
  if (data.size() == 6) return model == "5106" ? air_monitor(data, into) : thermometer(packed24(&data[2]), data[5], into);
  if (data.size() != 8) return {};
  if (model == "5140") return carbon_dioxide_monitor(data, into);
  return model == "5112" ? two_probes(data, into) : thermometer(packed24(&data[2]), data[5], into);
}

std::string_view named(std::string_view format, std::string_view model, Decoded& into) noexcept {
  if (!format.empty()) govee::add_model(model, into);
  return format;
}

}  // namespace

std::string_view claim_govee_thermometer(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = govee::without_glued_beacon(candidate.data);
  return named(of_company_ec88(data, into), govee::model_number(candidate.advertisement), into);
}

std::string_view claim_govee_shifted_thermometer(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = govee::without_glued_beacon(candidate.data);
  return named(shifted_thermometer(data, into), govee::model_number(candidate.advertisement), into);
}

std::string_view claim_govee_of_company_0001(const Candidate& candidate, Decoded& into) noexcept {
  if (!govee::shows_signs(candidate.advertisement)) return {};
  const std::string_view model = govee::model_number(candidate.advertisement);
  return named(of_company_0001(govee::without_glued_beacon(candidate.data), model, into), model, into);
}

std::string_view claim_govee_presence(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  constexpr uint8_t moving = 0x10;
  if (data.size() != 6 || data[0] != 0xEC || data[1] != 0 || data[3] != 1 || data[4] > 1) return {};
  into.add(Quantity::occupancy, data[4]);
  into.add(Quantity::motion, (data[5] & moving) != 0 ? 1 : 0);
  return named(govee::format, "5127", into);
}

}  // namespace moor
