#include "beacon/registry.hpp"
#include "crypto/aes_modes.hpp"

#include <algorithm>

// Victron Energy, "instant readout", company 0x02E1. Source: Victron Energy, "Extra manufacturer data", 2022-12-14. Numbers are
// little-endian.
//
//   0         2             4        5             7           8
//   ┌─────────┬─────────────┬────────┬─────────────┬───────────┬─ encrypted ─┐
//   │ 10 xx   │ product (2) │ record │ counter (2) │ key check │             │    key check: the first byte of the key
//   └─────────┴─────────────┴────────┴─────────────┴───────────┴─────────────┘
//
// AES-128 in counter mode, the block beginning with the counter. Nothing authenticates the message and the counter soon comes
// round again, so unlike other formats' it does not show a replay. In a record fields follow each other by bits, from the lowest:
//
//   01 solar charger     state 8, error 8, battery 0.01 V s16, battery 0.1 A s16, yield today 0.01 kWh u16, PV 1 W u16,
//                        load 0.1 A u9
//   02 battery monitor   minutes to go u16, battery 0.01 V s16, alarm 16, auxiliary u16, its kind 2, battery 1 mA s22, consumed
//                        0.1 Ah u20, charged 0.1 % u10
//   03 inverter          state 8, alarm 16, battery 0.01 V s16, AC 1 VA u16, AC 0.01 V u15, AC 0.1 A u11
//   04 DC-DC converter   state 8, error 8, input 0.01 V u16, output 0.01 V s16, why it is off 32
//
// All ones, of a signed field the highest number, is not available. Of several voltages the battery's, or the input's, comes
// first.
namespace moor {
namespace {

constexpr std::string_view format = "Victron";
constexpr size_t header_size = 8;
constexpr size_t largest_record = 16;

class BitReader {
public:
  explicit BitReader(Bytes bytes) noexcept : bytes_(bytes) {}
  uint32_t take(unsigned bits) noexcept {
    uint32_t value = 0;
    for (unsigned i = 0; i < bits; ++i, ++at_) value |= static_cast<uint32_t>(bytes_[at_ / 8] >> at_ % 8 & 1) << i;
    return value;
  }

private:
  Bytes bytes_;  // whoever reads has made sure that they suffice
  size_t at_ = 0;
};

void add_unsigned(BitReader& reader, unsigned bits, Quantity quantity, double scale, Decoded& into) noexcept {
  const uint32_t raw = reader.take(bits);
  if (raw == (1U << bits) - 1) {
    into.add_unavailable(quantity);
  } else {
    into.add(quantity, raw * scale);
  }
}

void add_signed(BitReader& reader, unsigned bits, Quantity quantity, double scale, Decoded& into) noexcept {
  const uint32_t raw = reader.take(bits);
  const uint32_t sign = 1U << (bits - 1);
  if (raw == sign - 1) {
    into.add_unavailable(quantity);
  } else {
    into.add(quantity, static_cast<int32_t>((raw ^ sign) - sign) * scale);
  }
}

void add_state(uint32_t state, Decoded& into) noexcept {
  struct Name {
    uint8_t state;
    std::string_view name;
  };
  static constexpr Name names[] = {
      {0, "off"},           {1, "low power"}, {2, "fault"},     {3, "bulk"},          {4, "absorption"}, {5, "float"},
      {6, "storage"},       {7, "equalize"},  {9, "inverting"}, {11, "power supply"}, {245, "starting"}, {246, "absorption"},
      {247, "recondition"}, {248, "safe"},    {249, "active"},  {252, "controlled"},
  };
  const auto found = std::ranges::find(names, state, &Name::state);
  if (found != std::end(names)) into.add_attribute("state", found->name);
}

void add_error(uint32_t error, Decoded& into) noexcept {
  constexpr uint32_t unknown = 0xFF;
  if (error == unknown) {
    into.add_unavailable(Quantity::problem);
  } else {
    into.add(Quantity::problem, error != 0 ? 1 : 0);
  }
}

void solar_charger(BitReader reader, Decoded& into) noexcept {
  add_state(reader.take(8), into);
  add_error(reader.take(8), into);
  add_signed(reader, 16, Quantity::voltage, 0.01, into);
  add_signed(reader, 16, Quantity::current, 0.1, into);
  add_unsigned(reader, 16, Quantity::energy, 0.01, into);
  add_unsigned(reader, 16, Quantity::power, 1, into);
  add_unsigned(reader, 9, Quantity::current, 0.1, into);
}

void add_auxiliary(uint32_t kind, uint32_t raw, Decoded& into) noexcept {
  constexpr uint32_t starter_battery = 0, midpoint = 1, temperature = 2;
  constexpr double zero_celsius_k = 273.15;
  if (kind == starter_battery) into.add(Quantity::voltage, static_cast<int16_t>(raw) / 100.0);
  if (kind == midpoint) into.add(Quantity::voltage, raw / 100.0);
  if (kind != temperature) return;
  if (raw == 0xFFFF) {
    into.add_unavailable(Quantity::temperature);
  } else {
    into.add(Quantity::temperature, raw / 100.0 - zero_celsius_k);
  }
}

void battery_monitor(BitReader reader, Decoded& into) noexcept {
  add_unsigned(reader, 16, Quantity::remaining_time, 60, into);
  add_signed(reader, 16, Quantity::voltage, 0.01, into);
  into.add(Quantity::problem, reader.take(16) != 0 ? 1 : 0);
  const uint32_t auxiliary = reader.take(16);
  add_auxiliary(reader.take(2), auxiliary, into);
  add_signed(reader, 22, Quantity::current, 0.001, into);
  add_unsigned(reader, 20, Quantity::charge_consumed, 0.1, into);
  add_unsigned(reader, 10, Quantity::battery, 0.1, into);
}

void inverter(BitReader reader, Decoded& into) noexcept {
  add_state(reader.take(8), into);
  into.add(Quantity::problem, reader.take(16) != 0 ? 1 : 0);
  add_signed(reader, 16, Quantity::voltage, 0.01, into);
  add_unsigned(reader, 16, Quantity::apparent_power, 1, into);
  add_unsigned(reader, 15, Quantity::voltage, 0.01, into);
  add_unsigned(reader, 11, Quantity::current, 0.1, into);
}

void converter(BitReader reader, Decoded& into) noexcept {
  add_state(reader.take(8), into);
  add_error(reader.take(8), into);
  add_unsigned(reader, 16, Quantity::voltage, 0.01, into);
  add_signed(reader, 16, Quantity::voltage, 0.01, into);
}

struct Record {
  uint8_t number;
  std::string_view kind;
  uint8_t size;
  void (*decode)(BitReader reader, Decoded& into) noexcept;  // none: it is known by name only
};
constexpr Record records[] = {
    {0x01, "solar charger", 12, solar_charger},
    {0x02, "battery monitor", 15, battery_monitor},
    {0x03, "inverter", 11, inverter},
    {0x04, "DC-DC converter", 10, converter},
    {0x05, "lithium battery", 0, nullptr},
    {0x06, "inverter RS", 0, nullptr},
    {0x08, "AC charger", 0, nullptr},
    {0x09, "battery protect", 0, nullptr},
    {0x0A, "battery management", 0, nullptr},
    {0x0B, "Multi RS", 0, nullptr},
    {0x0C, "VE.Bus", 0, nullptr},
    {0x0D, "DC energy meter", 0, nullptr},
    {0x0F, "Orion XS", 0, nullptr},
};

void open(const Record& record, const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  const Key* key =
      candidate.context.keys == nullptr ? nullptr : candidate.context.keys->find(KeyKind::victron, candidate.context.address);
  if (key == nullptr) return into.set_problem(DecodeProblem::key_missing);
  if (key->bytes.empty() || key->bytes[0] != data[7]) return into.set_problem(DecodeProblem::key_wrong);
  const Bytes sealed = data.subspan(header_size, std::min(largest_record, data.size() - header_size));
  std::array<uint8_t, largest_record> plain{};
  const crypto::Block counter = {data[5], data[6]};
  if (!crypto::ctr_crypt(key->bytes, counter, sealed, std::span(plain).first(sealed.size()), crypto::CounterOrder::little_endian))
    return into.set_problem(DecodeProblem::key_wrong);
  record.decode(BitReader(plain), into);
}

}  // namespace

std::string_view claim_victron(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  constexpr uint8_t product_advertisement = 0x10;
  if (data.size() <= header_size || data[0] != product_advertisement) return {};
  const auto record = std::ranges::find(records, data[4], &Record::number);
  if (record == std::end(records) || data.size() < header_size + record->size) return {};
  into.add_attribute("kind", record->kind);
  if (record->decode != nullptr) open(*record, candidate, into);
  return format;
}

}  // namespace moor
