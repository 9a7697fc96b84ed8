#include "beacon/govee.hpp"
#include "crypto/aes.hpp"

#include <algorithm>

// Govee's buttons and detectors, company 0xEF88 (not assigned). What they say is encrypted with a key that they say along with
// it, so this hides nothing, but it is checked by a checksum. Source: Bluetooth-Devices/govee-ble, issue 68 and pull request 89.
//
//   0         2          6             22         24
//   ┌─────────┬──────────┬─────────────┬──────────┐    time: ms; with twelve zeros behind it the key
//   │ address │ time (4) │ sealed (16) │ CRC (2)  │    sealed: AES-128 of one block; block and key are reversed
//   └─────────┴──────────┴─────────────┴──────────┘    CRC: CCITT of `sealed` beginning with 1D0F, big-endian
//
//   0    1    2      3    4         5
//   ┌────┬────┬──────┬────┬─────────┬───────┬─ zeros ─┐
//   │ 01 │ xx │ kind │ 02 │ battery │ state │         │
//   └────┴────┴──────┴────┴─────────┴───────┴─────────┘
namespace moor {
namespace {

constexpr size_t size = 24;
constexpr uint8_t pressed_mat_button = 0x10;

enum Kind : uint8_t { window = 2, motion = 3, button = 8, vibration = 9, six_buttons = 10, two_buttons = 11, mat = 13 };

uint16_t checksum(Bytes data) noexcept {
  uint16_t crc = 0x1D0F;
  for (const uint8_t byte : data) {
    crc = static_cast<uint16_t>(crc ^ byte << 8);
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<uint16_t>(crc << 1 ^ ((crc & 0x8000) != 0 ? 0x1021 : 0));
  }
  return crc;
}

std::optional<crypto::Block> open(Bytes data) noexcept {
  const Bytes sealed = data.subspan(6, 16);
  if (checksum(sealed) != load_be16(&data[22])) return std::nullopt;
  crypto::Block key{};
  crypto::Block block;
  std::ranges::reverse_copy(data.subspan(2, 4), key.end() - 4);
  std::ranges::reverse_copy(sealed, block.begin());
  auto plain = crypto::aes128_decrypt_block(key, block);
  if (plain) std::ranges::reverse(*plain);
  return plain;
}

void press(double channel, Decoded& into) noexcept {
  into.add(Quantity::channel, channel);
  into.add(Quantity::button, InputEvent::press);
}

/// @returns the model; empty for a kind that is not known.
std::string_view add_state(uint8_t kind, uint8_t state, Decoded& into) noexcept {
  switch (kind) {
    case window: into.add(Quantity::window, state == 2 ? 1 : 0); return "5123";
    case motion: into.add(Quantity::motion, state == 1 ? 1 : 0); return "5121";
    case vibration: into.add(Quantity::vibration, state == 1 ? 1 : 0); return "5124";
    case button: press(state, into); return "5122";
    case six_buttons: press(state, into); return "5125";
    case two_buttons: press(state, into); return "5126";
    case mat:
      if (state == pressed_mat_button) {
        press(0, into);
      } else {
        into.add(Quantity::presence, state != 0 ? 1 : 0);
      }
      return "5130";
    default: return {};
  }
}

}  // namespace

std::string_view claim_govee_sealed(const Candidate& candidate, Decoded& into) noexcept {
  if (candidate.data.size() != size) return {};
  const auto plain = open(candidate.data);
  if (!plain || (*plain)[0] != 1 || (*plain)[4] > 100) return {};
  into.add(Quantity::battery, (*plain)[4]);
  govee::add_model(add_state((*plain)[2], (*plain)[5], into), into);
  return govee::format;
}

}  // namespace moor
