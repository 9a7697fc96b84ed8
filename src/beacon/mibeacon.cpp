// MiBeacon, in service data of 0xFE95: what Xiaomi's sensors, locks and switches of versions 2 to 5 send. Numbers are little-endian.
// Sources: Xiaomi, "MiBeacon protocol" of the MIoT BLE access guide, and its device SDK (mible); xiaomi-ble for the versions with
// keys of 12 bytes.
//
//   0         2         4         5           11     12
//   ┌─────────┬─────────┬─────────┬───────────┬──────┬────────────┬──────────┬─────────┬─────────────┬────────┐
//   │ control │ product │ counter │ [address] │ [cap]│ [Wi-Fi, 2] │ [I/O, 2] │ objects │ [counter, 3]│ [check]│
//   └─────────┴─────────┴─────────┴───────────┴──────┴────────────┴──────────┴─────────┴─────────────┴────────┘
//   control: bit 3 encrypted, 4 address, 5 capability, 6 objects, 7 mesh, 12-15 version
//   cap: bits 3-4 are 3 where two bytes of a Wi-Fi address follow, bit 5 where the I/O capability does
//   check: of 4 bytes from version 4 on, and then a CCM tag of the objects; before, of one byte that nobody can check

#include "beacon/mibeacon_objects.hpp"
#include "beacon/registry.hpp"
#include "beacon/replay.hpp"
#include "crypto/aes_modes.hpp"

#include <algorithm>

namespace moor {
namespace {

constexpr std::string_view format = "MiBeacon";
constexpr uint16_t encrypted = 1 << 3, has_address = 1 << 4, has_capability = 1 << 5, has_objects = 1 << 6, mesh = 1 << 7;
constexpr uint8_t associated = 0x11;
constexpr size_t object_header = 3;
constexpr size_t counter_size = 3;
constexpr size_t tag_size = 4;
constexpr size_t legacy_check_size = 1;

struct Frame {
  Bytes header;  // control, product and counter
  uint16_t control = 0;
  uint8_t counter = 0;
  const MiProduct* product = nullptr;  // nullptr where it is not known
  Address address;
  Bytes rest;  // objects and what follows them

  [[nodiscard]] int version() const noexcept { return control >> 12; }
  [[nodiscard]] bool legacy() const noexcept { return version() < 4; }
  [[nodiscard]] MiDialect dialect() const noexcept { return product != nullptr ? product->dialect : MiDialect::common; }
};

using Buffer = std::array<uint8_t, 256>;  // an AD structure is shorter

std::optional<Frame> read_frame(const Candidate& candidate) noexcept {
  ByteReader reader(candidate.data);
  Frame frame;
  frame.address = candidate.context.address;
  frame.control = reader.le16();
  frame.product = find_mi_product(reader.le16());
  frame.counter = reader.u8();
  if (!reader.ok() || frame.version() < 2 || frame.version() > 5 || (frame.control & mesh) != 0) return std::nullopt;
  frame.header = candidate.data.first(reader.offset());
  if ((frame.control & has_address) != 0) {
    const Bytes address = reader.take(6);
    if (!reader.ok()) return std::nullopt;
    frame.address = Address::from_le(address.data(), false);
    const uint64_t sender = candidate.context.address.bits();
    if (sender != 0 && sender != frame.address.bits()) return std::nullopt;
  } else if (frame.product == nullptr) {
    return std::nullopt;  // nothing in it can be checked
  }
  if ((frame.control & has_capability) != 0) {
    const uint8_t capability = reader.u8();
    if ((capability >> 3 & 3) == 3) reader.skip(2);
    if ((capability & 1 << 5) != 0) reader.skip(2);
  }
  frame.rest = reader.rest();
  return reader.ok() ? std::optional(frame) : std::nullopt;
}

// Calls `visit` for each object. @returns how many bytes are behind the last, fewer than an object has; nothing if one runs past the end.
template <typename Visit>
std::optional<size_t> for_each_object(Bytes objects, MiDialect dialect, Visit&& visit) noexcept {
  ByteReader reader(objects);
  while (reader.remaining() >= object_header) {
    MiObject object{.id = reader.le16(), .value = {}, .dialect = dialect};
    object.value = reader.take(reader.u8());
    if (!reader.ok()) return std::nullopt;
    visit(object);
  }
  return reader.remaining();
}

std::optional<size_t> rest_of(Bytes objects) noexcept {
  return for_each_object(objects, MiDialect::common, [](const MiObject&) {});
}

void add_objects(Bytes objects, MiDialect dialect, Decoded& into) noexcept {
  (void)for_each_object(objects, dialect, [&](const MiObject& object) { add_mi_object(object, into); });
}

// Versions 4 and 5: CCM with a tag. Nonce: address as on the air, product and counter, upper counter.
DecodeProblem open(const Frame& frame, Key& key, TimePoint now, std::span<uint8_t> plain) noexcept {
  const Bytes counter = frame.rest.subspan(plain.size(), counter_size);
  std::array<uint8_t, 12> nonce{};
  frame.address.to_le(nonce.data());
  std::copy_n(&frame.header[2], 3, &nonce[6]);
  std::copy_n(counter.data(), counter_size, &nonce[9]);
  const Bytes cipher = frame.rest.first(plain.size());
  if (!crypto::ccm_decrypt({key.bytes, nonce, Bytes(&associated, 1)}, cipher, frame.rest.last(tag_size), plain)) {
    ++key.state.failures;
    return DecodeProblem::key_wrong;
  }
  // The counter of the header is the low byte of what counts the messages.
  const uint32_t count = (counter[0] | static_cast<uint32_t>(load_le16(&counter[1])) << 8) << 8 | frame.counter;
  if (is_replay(key.state, count)) return DecodeProblem::replayed;
  key.state = {.counter = count, .time = now};
  return DecodeProblem::none;
}

// Versions 2 and 3: CCM's cipher without its tag, so a wrong key shows only where its objects are none. A counter that is not
// authenticated protects from nothing, and is not kept. Nonce: header, upper counter, address without its first byte.
DecodeProblem open_legacy(const Frame& frame, Key& key, std::span<uint8_t> plain) noexcept {
  static constexpr std::array<uint8_t, 4> middle = {0x8D, 0x3D, 0x3C, 0x97};  // of every key of 12 bytes
  std::array<uint8_t, 16> whole_key{};
  if (key.bytes.size() == whole_key.size()) {
    std::copy_n(key.bytes.data(), whole_key.size(), whole_key.data());
  } else {
    std::copy_n(key.bytes.data(), 6, whole_key.data());
    std::ranges::copy(middle, &whole_key[6]);
    std::copy_n(&key.bytes[6], 6, &whole_key[10]);
  }
  std::array<uint8_t, 6> address{};
  frame.address.to_le(address.data());
  crypto::Block block = {1};
  std::copy_n(frame.header.data(), 5, &block[1]);
  std::copy_n(&frame.rest[plain.size()], counter_size, &block[6]);
  std::copy_n(address.data(), 5, &block[9]);
  block.back() = 1;
  const bool opened = crypto::ctr_crypt(whole_key, block, frame.rest.first(plain.size()), plain) && rest_of(plain) == 0U;
  if (!opened) {
    ++key.state.failures;
    return DecodeProblem::key_wrong;
  }
  key.state.failures = 0;
  return DecodeProblem::none;
}

DecodeProblem add_encrypted(const Frame& frame, const DecodeContext& context, size_t size, Decoded& into) noexcept {
  Key* const key = context.keys != nullptr ? context.keys->find(KeyKind::mibeacon, frame.address) : nullptr;
  if (key == nullptr) return DecodeProblem::key_missing;
  if (!frame.legacy() && key->bytes.size() != 16) return DecodeProblem::key_wrong;
  Buffer buffer;
  const std::span<uint8_t> plain = std::span(buffer).first(size);
  const DecodeProblem problem = frame.legacy() ? open_legacy(frame, *key, plain) : open(frame, *key, context.time, plain);
  if (problem == DecodeProblem::none) add_objects(plain, frame.dialect(), into);
  return problem;
}

}  // namespace

std::string_view claim_mibeacon(const Candidate& candidate, Decoded& into) noexcept {
  const auto frame = read_frame(candidate);
  if (!frame) return {};
  const bool sealed = (frame->control & encrypted) != 0;
  const size_t trailer = sealed ? counter_size + (frame->legacy() ? legacy_check_size : tag_size) : 0;
  const size_t size = frame->rest.size() - std::min(trailer, frame->rest.size());
  if ((frame->control & has_objects) == 0) {
    if (!frame->rest.empty()) return {};
  } else if (size < object_header || size > Buffer().size() || (!sealed && !rest_of(frame->rest))) {
    return {};  // a thermometer sends a byte behind its object, so a few more are no fault
  }
  if (frame->product != nullptr) into.add_attribute("model", frame->product->model);
  if ((frame->control & has_objects) == 0) return format;
  if (sealed)
    into.set_problem(add_encrypted(*frame, candidate.context, size, into));
  else
    add_objects(frame->rest, frame->dialect(), into);
  return format;
}

}  // namespace moor
