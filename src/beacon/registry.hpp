#pragma once
// Which decoder is asked about an AD structure. A format registers under the key of the structure that carries it; finding a key
// is one multiplication and one comparison, whether it is known or not, because the table is hashed without collisions when it is
// compiled.

#include "moor/decoder.hpp"

#include <bit>
#include <concepts>

namespace moor {

/// What a structure is: where in an advertisement, and whose.
using FamilyKey = uint32_t;

namespace family_key {
inline constexpr uint32_t manufacturer_place = 0, service_data_place = 1, service_place = 2, name_place = 3;
inline constexpr uint32_t number_bits = 30;

constexpr FamilyKey make(uint32_t place, uint32_t number) noexcept {
  return place << number_bits | number;
}
constexpr uint32_t fold(const Uuid& uuid) noexcept {
  const auto number = uuid.assigned_number();
  if (number && *number <= 0xFFFF) return *number;
  const uint64_t mixed = (uuid.high() ^ uuid.low() * 0xFF51AFD7ED558CCDU) * 0x9E3779B97F4A7C15U;
  return static_cast<uint32_t>(mixed >> (64 - number_bits));
}
}  // namespace family_key

constexpr FamilyKey manufacturer_data(uint16_t company) noexcept {
  return family_key::make(family_key::manufacturer_place, company);
}
/// Manufacturer data that no family of its company claims; these are told by what they say, whatever the company.
constexpr FamilyKey any_manufacturer_data() noexcept {
  return family_key::make(family_key::manufacturer_place, 0x10000);
}
constexpr FamilyKey service_data(const Uuid& uuid) noexcept {
  return family_key::make(family_key::service_data_place, family_key::fold(uuid));
}
/// A UUID in a list of services.
constexpr FamilyKey listed_service(const Uuid& uuid) noexcept {
  return family_key::make(family_key::service_place, family_key::fold(uuid));
}
/// A local name that begins with these two characters.
constexpr FamilyKey name_beginning(char first, char second) noexcept {
  return family_key::make(family_key::name_place,
                          static_cast<uint32_t>(static_cast<uint8_t>(first) << 8 | static_cast<uint8_t>(second)));
}

/// The structure that led to a decoder.
struct Candidate {
  const AdvertisementData& advertisement;  ///< for a format that is spread over several structures
  Bytes data;                              ///< behind the company or UUID; the whole name; empty for a listed service
  const DecodeContext& context;
  uint16_t company = 0;  ///< of manufacturer data
};

/// A decoder: adds what it finds and returns its format's name, or adds nothing and returns an empty one. A vendor's 128-bit UUID
/// is folded in its key, and a name's key is its beginning only: a decoder that is registered under one of those looks at all of
/// it.
using Claim = std::string_view(const Candidate& candidate, Decoded& into) noexcept;

Claim claim_altbeacon;
Claim claim_apple_continuity;
Claim claim_atc;
Claim claim_bluemaestro;
Claim claim_chipolo;
Claim claim_bthome;
Claim claim_bthome_v1;
Claim claim_bthome_v1_encrypted;
Claim claim_eddystone;
Claim claim_exposure_notification;
Claim claim_fast_pair;
Claim claim_find_hub;
Claim claim_google_nearby;
Claim claim_govee_of_company_0001;
Claim claim_govee_presence;
Claim claim_govee_probes;
Claim claim_govee_sealed;
Claim claim_govee_shifted_thermometer;
Claim claim_govee_six_probes;
Claim claim_govee_thermometer;
Claim claim_hhccjcy10;
Claim claim_ibeacon;
Claim claim_inkbird;
Claim claim_inkbird_air;
Claim claim_kegtron;
Claim claim_leaone;
Claim claim_mibeacon;
Claim claim_microsoft;
Claim claim_minew;
Claim claim_moat;
Claim claim_mopeka;
Claim claim_oralb;
Claim claim_pebblebee;
Claim claim_qingping;
Claim claim_ruuvi;
Claim claim_ruuvi_url;
Claim claim_sensirion;
Claim claim_sensorpush;
Claim claim_sensorpush_ht1;
Claim claim_smarttag;
Claim claim_switchbot;
Claim claim_switchbot_address;
Claim claim_thermobeacon;
Claim claim_thermopro;
Claim claim_tile;
Claim claim_tilt;
Claim claim_victron;
Claim claim_xiaomi_composition;
Claim claim_xiaomi_scale;

struct Family {
  FamilyKey key = 0;
  Claim* claim = nullptr;
};

template <size_t count>
class Registry {
public:
  /// @param families  those of one key in the order in which they are to be asked.
  consteval explicit Registry(const Family (&families)[count]) {
    for (size_t i = 0; i < count; ++i) {
      size_t at = i;
      for (; at > 0 && families_[at - 1].key > families[i].key; --at) families_[at] = families_[at - 1];
      families_[at] = families[i];
    }
    while (!place_all()) multiplier_ += 0x3C6EF372U;  // even: it stays odd
  }

  /// The families of a key, in their order; none for most keys.
  [[nodiscard]] constexpr std::span<const Family> find(FamilyKey key) const noexcept {
    const Slot& slot = slots_[slot_of(key)];
    return {families_.data() + slot.first, slot.key == key ? slot.size : size_t{0}};
  }

private:
  struct Slot {
    FamilyKey key = 0;
    uint16_t first = 0;
    uint16_t size = 0;
  };
  static constexpr size_t slot_count = std::bit_ceil(count * 8);
  static_assert(slot_count <= 65536 && slot_count >= 2);

  [[nodiscard]] constexpr size_t slot_of(FamilyKey key) const noexcept {
    return static_cast<uint32_t>(key * multiplier_) >> (32 - std::bit_width(slot_count - 1));
  }
  constexpr bool place_all() {
    slots_ = {};
    for (size_t i = 0; i < count; ++i) {
      Slot& slot = slots_[slot_of(families_[i].key)];
      if (slot.size == 0) {
        slot = {families_[i].key, static_cast<uint16_t>(i), 0};
      } else if (slot.key != families_[i].key) {
        return false;
      }
      ++slot.size;
    }
    return true;
  }

  std::array<Family, count> families_{};  // by key
  std::array<Slot, slot_count> slots_{};
  uint32_t multiplier_ = 0x9E3779B1U;
};

/// Asks the families of one key until one claims the structure. @returns whether one did.
template <size_t count>
bool offer(const Registry<count>& registry, FamilyKey key, const Candidate& candidate, Decoded& into) noexcept {
  for (const Family& family : registry.find(key)) {
    const std::string_view format = family.claim(candidate, into);
    if (format.empty()) continue;
    into.claim(format);
    return true;
  }
  return false;
}

template <size_t count>
void decode_with(const Registry<count>& registry, const AdvertisementData& advertisement, const DecodeContext& context,
                 Decoded& into) noexcept {
  into.clear();
  for (const AdStructure& structure : advertisement) {
    switch (structure.type) {
      case AdType::manufacturer_data:
        if (const auto found = as_manufacturer_data(structure)) {
          const Candidate candidate{advertisement, found->data, context, found->company};
          if (!offer(registry, manufacturer_data(found->company), candidate, into))
            offer(registry, any_manufacturer_data(), candidate, into);
        }
        break;
      case AdType::service_data16:
      case AdType::service_data32:
      case AdType::service_data128:
        if (const auto found = as_service_data(structure))
          offer(registry, service_data(found->service), {advertisement, found->data, context}, into);
        break;
      case AdType::shortened_name:
      case AdType::complete_name:
        if (structure.data.size() >= 2)
          offer(registry, name_beginning(static_cast<char>(structure.data[0]), static_cast<char>(structure.data[1])),
                {advertisement, structure.data, context}, into);
        break;
      default:
        for_each_service_uuid(
            structure, [&](const Uuid& uuid) { offer(registry, listed_service(uuid), {advertisement, Bytes(), context}, into); });
    }
  }
}

}  // namespace moor
