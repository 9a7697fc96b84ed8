#include "moor/bthome.hpp"

#include "beacon/bthome_objects.hpp"
#include "beacon/bthome_seal.hpp"
#include "beacon/registry.hpp"

namespace moor {
namespace {

using bthome::Coding;
using bthome::Object;

// The bytes of an object behind its identifier; nothing where they are not all there.
std::optional<Bytes> take_value(const Object& object, ByteReader& reader) noexcept {
  size_t size = object.size;
  if (object.coding == Coding::text || object.coding == Coding::raw) size = reader.u8();
  if (object.coding == Coding::command) size = 1U + (reader.u8() & 0x1FU);
  const Bytes value = reader.take(size);
  return reader.ok() ? std::optional(value) : std::nullopt;
}

// An identifier that is not known ends the reading, since nobody knows how long its value is.
void read_objects(Bytes objects, Decoded& into) noexcept {
  ByteReader reader(objects);
  while (reader.remaining() > 0) {
    const Object* object = bthome::find_object(reader.u8());
    const auto value = object != nullptr ? take_value(*object, reader) : std::nullopt;
    if (!value) return;
    if (!value->empty()) bthome::add_object(*object, *value, into);
  }
}

struct Model {
  std::string_view name;
  std::string_view model;
};
// Shelly's names are product numbers (Shelly's knowledge base, "Shelly BLU").
constexpr Model models[] = {
    {"SBBT-002C", "Shelly BLU Button1"},
    {"SBBT-102C", "Shelly BLU Button1 ZB"},
    {"SBDW-002C", "Shelly BLU Door/Window"},
    {"SBMO-003Z", "Shelly BLU Motion"},
    {"SBHT-003C", "Shelly BLU H&T"},
    {"SBHT-203C", "Shelly BLU H&T ZB"},
    {"SBHT-103C", "Shelly BLU H&T Display ZB"},
    {"SBBT-004CEU", "Shelly BLU Wall Switch 4"},
    {"SBBT-004CUS", "Shelly BLU RC Button 4"},
    {"SBTR-001AEU", "Shelly BLU TRV"},
    {"prst", "b-parasite"},
};

void add_model(const AdvertisementData& advertisement, Decoded& into) noexcept {
  const auto raw = advertisement.raw_local_name();
  if (!raw) return;
  const std::string_view name(reinterpret_cast<const char*>(raw->data()), raw->size());
  for (const Model& each : models)
    if (each.name == name) return into.add_attribute("model", each.model);
}

}  // namespace

bool decode_bthome(Bytes service_data, const DecodeContext& context, Decoded& into) noexcept {
  ByteReader reader(service_data);
  const uint8_t info = reader.u8();
  if (info >> bthome::version_shift != bthome::version || service_data.size() > bthome::max_size) return false;
  Address address = context.address;
  if ((info & bthome::has_address) != 0) {
    const Bytes given = reader.take(6);
    if (!reader.ok()) return false;
    address = Address::from_le(given.data(), address.is_random());
  }
  const Bytes body = reader.rest();
  const bool encrypted = (info & bthome::encrypted) != 0;
  if (encrypted && body.size() <= bthome::counter_size + bthome::tag_size) return false;

  if ((info & bthome::trigger_based) != 0) into.add_attribute("trigger_based", "true");
  Key* key = bthome::find_key(context, address);
  if (encrypted) {
    std::array<uint8_t, bthome::max_size> room;
    const auto mark = bthome::mark_of(info);
    const auto objects = bthome::open({.address = address, .mark = mark, .body = body}, key, context.time, room, into);
    if (objects) read_objects(*objects, into);
  } else if (key != nullptr) {
    into.set_problem(DecodeProblem::not_encrypted);
  } else {
    read_objects(body, into);
  }
  return true;
}

std::string_view claim_bthome(const Candidate& candidate, Decoded& into) noexcept {
  if (!decode_bthome(candidate.data, candidate.context, into)) return {};
  add_model(candidate.advertisement, into);
  return "BTHome";
}

}  // namespace moor
