#include "hci/smp.hpp"

namespace moor::hci {

namespace {

// Of what follows the code, by code; 0 for those that are not there.
constexpr std::array<size_t, 15> body_sizes = {0, 6, 6, 16, 16, 1, 16, 10, 16, 7, 16, 1, 64, 16, 1};

}  // namespace

bool knows_smp_code(uint8_t code) noexcept {
  return code < body_sizes.size() && body_sizes[code] != 0;
}

std::optional<SmpPdu> parse_smp(Bytes pdu) {
  if (pdu.empty() || !knows_smp_code(pdu[0]) || pdu.size() != 1 + body_sizes[pdu[0]]) return std::nullopt;
  return SmpPdu{static_cast<SmpCode>(pdu[0]), pdu.subspan(1)};
}

PairingFeatures parse_features(Bytes body) {
  ByteReader reader(body);
  PairingFeatures features;
  features.io_capability = reader.u8();
  features.oob = reader.u8();
  features.auth = reader.u8();
  features.max_key_size = reader.u8();
  features.initiator_keys = reader.u8();
  features.responder_keys = reader.u8();
  return features;
}

std::array<uint8_t, 6> to_bytes(const PairingFeatures& features) noexcept {
  return {features.io_capability,  features.oob,           features.auth, features.max_key_size,
          features.initiator_keys, features.responder_keys};
}

std::vector<uint8_t> smp_pdu(SmpCode code, Bytes body) {
  std::vector<uint8_t> pdu;
  pdu.reserve(1 + body.size());
  pdu.push_back(static_cast<uint8_t>(code));
  pdu.insert(pdu.end(), body.begin(), body.end());
  return pdu;
}

}  // namespace moor::hci
