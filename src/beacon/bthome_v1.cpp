// BTHome version 1, of before the end of 2022: service data of 0x181C, or 0x181E where it is encrypted. The objects are those of
// version 2, but each says how long it is and how its number is coded. Deprecated, and the services belong to others (User Data,
// Bond Management), so what is plain is believed only if every object is whole. Source: bthome.io, "BTHome v1 format".
//
//   0         1    2
//   ┌─────────┬────┬───────┬─
//   │ control │ id │ value │ ...     control: bits 0 to 4 the size of identifier and value, bits 5 to 7 the coding
//   └─────────┴────┴───────┴─        encrypted: objects, AES | counter (4) | MIC (4)

#include "beacon/bthome_objects.hpp"
#include "beacon/bthome_seal.hpp"
#include "beacon/registry.hpp"
#include "moor/bthome.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace moor {
namespace {

using bthome::Coding;
using bthome::Object;

constexpr std::string_view format = "BTHome v1";
constexpr std::array<uint8_t, 2> mark = {bthome_v1_sealed_service & 0xFF, bthome_v1_sealed_service >> 8};
constexpr std::array<uint8_t, 1> associated = {0x11};
constexpr size_t smallest_object = 3;

enum class Control : uint8_t { number, signed_number, floating, text, address, timestamp };

// IEEE 754 half precision, which C++20 has no type for.
double half(uint16_t bits) noexcept {
  const int exponent = bits >> 10 & 0x1F;
  const int fraction = bits & 0x3FF;
  if (exponent == 0x1F) return std::numeric_limits<double>::quiet_NaN();
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 0x400, exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

std::optional<double> number_of(Control control, Bytes value) noexcept {
  if (value.size() > 8) return std::nullopt;
  switch (control) {
    case Control::number:
    case Control::timestamp: return static_cast<double>(bthome::unsigned_number(value));
    case Control::signed_number: return static_cast<double>(bthome::signed_number(value));
    case Control::floating:
      if (value.size() == 2) return half(load_le16(value.data()));
      if (value.size() == 4) return double{std::bit_cast<float>(load_le32(value.data()))};
      if (value.size() == 8) return std::bit_cast<double>(load_le64(value.data()));
      return std::nullopt;
    default: return std::nullopt;
  }
}

void read_object(Control control, const Object& object, Bytes value, Decoded& into) noexcept {
  if (object.coding == Coding::number || object.coding == Coding::signed_number) {
    if (const auto number = number_of(control, value)) bthome::add_number(object, *number, into);
  } else if (object.coding == Coding::text || object.coding == Coding::raw || value.size() == object.size) {
    bthome::add_object(object, value, into);
  }
}

// Whether every object is whole. An identifier that is not known is passed over.
template <typename Visit>
bool for_each_object(Bytes objects, const Visit& visit) noexcept {
  ByteReader reader(objects);
  while (reader.remaining() > 0) {
    const uint8_t control = reader.u8();
    const Bytes whole = reader.take(control & 0x1F);
    if (!reader.ok() || whole.size() < 2) return false;
    if (const Object* object = bthome::find_object(whole[0]))
      visit(static_cast<Control>(control >> 5), *object, whole.subspan(1));
  }
  return true;
}

void read_objects(Bytes objects, Decoded& into) noexcept {
  (void)for_each_object(objects,
                        [&](Control control, const Object& object, Bytes value) { read_object(control, object, value, into); });
}

bool is_well_formed(Bytes objects) noexcept {
  size_t known = 0;
  return for_each_object(objects, [&](Control control, const Object&, Bytes) { known += control <= Control::timestamp; }) &&
         known > 0;
}

}  // namespace

std::string_view claim_bthome_v1(const Candidate& candidate, Decoded& into) noexcept {
  if (!is_well_formed(candidate.data)) return {};
  if (bthome::find_key(candidate.context, candidate.context.address) != nullptr) {
    into.set_problem(DecodeProblem::not_encrypted);
  } else {
    read_objects(candidate.data, into);
  }
  return format;
}

std::string_view claim_bthome_v1_encrypted(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes body = candidate.data;
  if (body.size() < smallest_object + bthome::counter_size + bthome::tag_size || body.size() > bthome::max_size) return {};
  const Address address = candidate.context.address;
  std::array<uint8_t, bthome::max_size> room;
  const auto objects = bthome::open({.address = address, .mark = mark, .associated = associated, .body = body},
                                    bthome::find_key(candidate.context, address), candidate.context.time, room, into);
  if (objects) read_objects(*objects, into);
  return format;
}

}  // namespace moor
