// Xiaomi's thermometers with a firmware of their users', in service data of 0x181A (Environmental Sensing), where anybody may send what he
// likes: the address within has to be the sender's. Sources: the documents of ATC_MiThermometer by atc1441 and by pvvx.
//
//   ATC1441, numbers big-endian                       pvvx ("custom"), numbers little-endian
//   0         6      8     9    10     12             0         6      8      10     12   13     14
//   ┌─────────┬──────┬─────┬────┬──────┬─────┐        ┌─────────┬──────┬──────┬──────┬────┬──────┬───────┐
//   │ address │ temp │ hum │ %  │ mV   │ no. │        │ address │ temp │ hum  │ mV   │ %  │ no.  │ flags │
//   └─────────┴──────┴─────┴────┴──────┴─────┘        └─────────┴──────┴──────┴──────┴────┴──────┴───────┘
//   temp: 0.1 °C; hum, %: of charge, 1 %              temp: 0.01 °C; hum: 0.01 %; the flags are of its pins
//
//   encrypted: no. (1) | cipher (3 for ATC1441, 6 for pvvx) | CCM tag (4)
//   nonce: address as on the air | the AD structure's bytes up to and with no. ; associated: 11
//   ATC1441: temp (0.5 °C, from -40), hum (0.5 %), % in seven bits      pvvx: temp (2), hum (2), %, flags

#include "beacon/registry.hpp"
#include "crypto/aes_modes.hpp"

#include <algorithm>

namespace moor {
namespace {

constexpr std::string_view atc1441 = "ATC1441", pvvx = "pvvx";
constexpr size_t atc1441_size = 13, pvvx_size = 15;
constexpr size_t sealed_atc1441_size = 8, sealed_pvvx_size = 11;
constexpr size_t number_size = 1, tag_size = 4;
constexpr uint32_t telink_maker = 0xA4C138;  // of most of these devices

bool is_from(const Address& inside, const Address& sender) noexcept {
  return sender.bits() != 0 ? inside.bits() == sender.bits() : inside.bits() >> 24 == telink_maker;
}

void add_pvvx_climate(const uint8_t* at, Decoded& into) noexcept {
  into.add(Quantity::temperature, static_cast<int16_t>(load_le16(at)) * 0.01);
  into.add(Quantity::humidity, load_le16(at + 2) * 0.01);
}

std::string_view claim_atc1441(Bytes data, const Address& sender, Decoded& into) noexcept {
  const Address inside(load_be64(data.data()) >> 16, false);
  if (!is_from(inside, sender) || data[8] > 100 || data[9] > 100) return {};
  into.add(Quantity::temperature, static_cast<int16_t>(load_be16(&data[6])) * 0.1);
  into.add(Quantity::humidity, data[8]);
  into.add(Quantity::battery, data[9]);
  into.add(Quantity::voltage, load_be16(&data[10]) * 0.001);
  into.add(Quantity::packet_id, data[12]);
  return atc1441;
}

std::string_view claim_pvvx(Bytes data, const Address& sender, Decoded& into) noexcept {
  const Address inside = Address::from_le(data.data(), false);
  if (!is_from(inside, sender) || load_le16(&data[8]) > 100'00 || data[12] > 100) return {};
  add_pvvx_climate(&data[6], into);
  into.add(Quantity::battery, data[12]);
  into.add(Quantity::voltage, load_le16(&data[10]) * 0.001);
  into.add(Quantity::packet_id, data[13]);
  return pvvx;
}

// Its number is of eight bits and soon the same again, so nothing is taken for a repeat.
bool open(const Candidate& candidate, const Key& key, std::span<uint8_t> plain) noexcept {
  const Bytes data = candidate.data;
  constexpr size_t header_size = 4;  // of the AD structure: its length, its type and the UUID
  std::array<uint8_t, 11> nonce{};
  candidate.context.address.to_le(nonce.data());
  nonce[6] = static_cast<uint8_t>(data.size() + header_size - 1);
  nonce[7] = static_cast<uint8_t>(AdType::service_data16);
  nonce[8] = 0x1A;
  nonce[9] = 0x18;
  nonce[10] = data[0];
  constexpr uint8_t associated = 0x11;
  return crypto::ccm_decrypt({key.bytes, nonce, Bytes(&associated, 1)}, data.subspan(number_size, plain.size()),
                             data.last(tag_size), plain);
}

// Bytes of these sizes may be anybody's: only who has a key for the device knows what they are.
std::string_view claim_sealed(const Candidate& candidate, Decoded& into) noexcept {
  KeyRing* const keys = candidate.context.keys;
  if (keys == nullptr) return {};
  Key* key = keys->find(KeyKind::bthome, candidate.context.address);
  if (key == nullptr) key = keys->find(KeyKind::mibeacon, candidate.context.address);
  if (key == nullptr || key->bytes.size() != 16) return {};
  std::array<uint8_t, 6> buffer{};
  const std::span<uint8_t> plain = std::span(buffer).first(candidate.data.size() - number_size - tag_size);
  const bool is_pvvx = candidate.data.size() == sealed_pvvx_size;
  if (!open(candidate, *key, plain)) {
    into.set_problem(DecodeProblem::key_wrong);
  } else if (is_pvvx) {
    add_pvvx_climate(plain.data(), into);
    into.add(Quantity::battery, std::min<int>(plain[4], 100));
  } else {
    into.add(Quantity::temperature, plain[0] * 0.5 - 40);
    into.add(Quantity::humidity, plain[1] * 0.5);
    into.add(Quantity::battery, std::min(plain[2] & 0x7F, 100));
  }
  if (into.problem() == DecodeProblem::none) into.add(Quantity::packet_id, candidate.data[0]);
  return is_pvvx ? pvvx : atc1441;
}

}  // namespace

std::string_view claim_atc(const Candidate& candidate, Decoded& into) noexcept {
  switch (candidate.data.size()) {
    case atc1441_size: return claim_atc1441(candidate.data, candidate.context.address, into);
    case pvvx_size: return claim_pvvx(candidate.data, candidate.context.address, into);
    case sealed_atc1441_size:
    case sealed_pvvx_size: return claim_sealed(candidate, into);
    default: return {};
  }
}

}  // namespace moor
