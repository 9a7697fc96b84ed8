#include "moor/eddystone_keys.hpp"

#include "beacon/eddystone_telemetry.hpp"
#include "crypto/aes_modes.hpp"
#include "crypto/hmac.hpp"
#include "moor/error.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace moor {
namespace {

constexpr uint8_t max_exponent = 15;
constexpr int64_t beacon_time_end = int64_t{1} << 32;

void store_be32(uint8_t* at, uint32_t number) noexcept {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<uint8_t>(number >> (24 - 8 * i));
}

uint32_t begin_of_rotation(const EddystoneMoment& moment) noexcept {
  return moment.beacon_time >> moment.rotation_exponent << moment.rotation_exponent;
}

EddystoneMoment begin_of(int64_t rotation, uint8_t exponent) noexcept {
  return {.beacon_time = static_cast<uint32_t>(rotation << exponent), .rotation_exponent = exponent};
}

std::array<uint8_t, 6> make_nonce(const EddystoneMoment& moment, uint16_t salt) noexcept {
  std::array<uint8_t, 6> nonce{};
  store_be32(nonce.data(), begin_of_rotation(moment));
  nonce[4] = static_cast<uint8_t>(salt >> 8);
  nonce[5] = static_cast<uint8_t>(salt);
  return nonce;
}

// Which rotation it is for a beacon whose counter stood at 0 then; negative before that.
int64_t rotation_at(TimePoint time, TimePoint zero, uint8_t exponent) noexcept {
  return std::chrono::floor<std::chrono::seconds>(time - zero).count() >> exponent;
}

}  // namespace

std::array<uint8_t, 8> make_eid(const EddystoneKey& key, const EddystoneMoment& moment) {
  crypto::Block block{};
  block[11] = 0xFF;
  block[14] = static_cast<uint8_t>(moment.beacon_time >> 24);
  block[15] = static_cast<uint8_t>(moment.beacon_time >> 16);
  crypto::Block temporary = crypto::aes128_encrypt_block(key, block);

  block = {};
  block[11] = moment.rotation_exponent;
  store_be32(&block[12], begin_of_rotation(moment));
  block = crypto::aes128_encrypt_block(temporary, block);
  crypto::wipe(temporary);

  std::array<uint8_t, 8> eid{};
  std::copy_n(block.begin(), eid.size(), eid.begin());
  return eid;
}

EddystoneEtlm encrypt(const EddystoneTlm& telemetry, const EddystoneKey& key, const EddystoneMoment& moment, uint16_t salt) {
  EddystoneEtlm frame{.salt = salt};
  const auto nonce = make_nonce(moment, salt);
  std::array<uint8_t, 2> tag{};
  if (!crypto::eax_encrypt({.key = key, .nonce = nonce}, pack_telemetry(telemetry), frame.encrypted, tag))
    throw std::runtime_error("libcrypto cannot encrypt with AES-128");
  frame.mic = load_be16(tag.data());
  return frame;
}

std::optional<EddystoneTlm> decrypt(const EddystoneEtlm& frame, const EddystoneKey& key, const EddystoneMoment& moment) noexcept {
  const auto nonce = make_nonce(moment, frame.salt);
  const std::array<uint8_t, 2> tag = {static_cast<uint8_t>(frame.mic >> 8), static_cast<uint8_t>(frame.mic)};
  PackedTelemetry plain{};
  if (!crypto::eax_decrypt({.key = key, .nonce = nonce}, frame.encrypted, tag, plain)) return std::nullopt;
  return unpack_telemetry(plain);
}

EidResolver::~EidResolver() {
  for (Beacon& beacon : beacons_) crypto::wipe(beacon.key);
}

void EidResolver::add(std::string name, const EddystoneKey& key, const EddystoneClock& clock) {
  const uint8_t first = clock.rotation_exponent.value_or(0);
  const uint8_t last = clock.rotation_exponent.value_or(max_exponent);
  if (last > max_exponent)
    throw UsageError("the rotation exponent of '" + name + "' is " + std::to_string(last), {.advice = "it is 0 to 15"});
  const size_t more = (size_t{last} - first + 1) * width();
  if (places_.size() + more > options_.max_eids)
    throw UsageError("the Eddystone key of '" + name + "' is one too many: there would be over " +
                         std::to_string(options_.max_eids) + " identifiers to look for",
                     {.advice = "give the rotation exponents of the beacons, or raise max_eids"});

  for (unsigned exponent = first; exponent <= last; ++exponent)
    rows_.push_back({.beacon = static_cast<uint32_t>(beacons_.size()), .exponent = static_cast<uint8_t>(exponent)});
  places_.resize(places_.size() + more);
  by_eid_.reserve(places_.size());
  if (beacons_.size() == beacons_.capacity()) grow();
  beacons_.push_back({.name = std::move(name), .key = key, .zero = clock.zero, .address = {}});
  valid_until_ = TimePoint::min();
}

// A vector that grows by itself would leave the keys behind in the memory that it gives back.
void EidResolver::grow() {
  std::vector<Beacon> roomier;
  roomier.reserve(std::max<size_t>(8, 2 * beacons_.size()));
  std::ranges::copy(beacons_, std::back_inserter(roomier));
  beacons_.swap(roomier);
  for (Beacon& beacon : roomier) crypto::wipe(beacon.key);
}

std::optional<ResolvedEid> EidResolver::resolve(const std::array<uint8_t, 8>& eid, const Address& address,
                                                TimePoint time) noexcept {
  refresh(time);
  const auto found = by_eid_.find(load_be64(eid.data()));
  if (found == by_eid_.end()) return std::nullopt;
  const Row& row = rows_[found->second / width()];
  Beacon& beacon = beacons_[row.beacon];
  beacon.address = address;
  beacon.exponent = row.exponent;
  beacon.rotation = places_[found->second].rotation;
  beacon.expected = rotation_at(time, beacon.zero, row.exponent);
  return ResolvedEid{.name = beacon.name, .sent = begin_of(beacon.rotation, row.exponent)};
}

std::optional<EddystoneTlm> EidResolver::decrypt(const EddystoneEtlm& frame, const Address& address,
                                                 TimePoint time) const noexcept {
  const Beacon* beacon = find(address);
  if (beacon == nullptr) return std::nullopt;
  // As many rotations as have begun by our clock; by the beacon's it may be one more or one less.
  const int64_t passed = rotation_at(time, beacon->zero, beacon->exponent) - beacon->expected;
  if (passed < 0 || passed > options_.tolerance) return std::nullopt;
  for (const int64_t more : {passed, passed + 1, passed - 1}) {
    const int64_t rotation = beacon->rotation + more;
    if (more < 0 || rotation << beacon->exponent >= beacon_time_end) continue;
    if (const auto telemetry = moor::decrypt(frame, beacon->key, begin_of(rotation, beacon->exponent))) return telemetry;
  }
  return std::nullopt;
}

const EidResolver::Beacon* EidResolver::find(const Address& address) const noexcept {
  const auto found = std::ranges::find(beacons_, std::optional(address), &Beacon::address);
  return found == beacons_.end() ? nullptr : &*found;
}

// Allocates nothing: an emptied map keeps its room, which is for all places.
void EidResolver::refresh(TimePoint time) noexcept {
  if (time >= valid_from_ && time < valid_until_) return;
  valid_from_ = TimePoint::min();
  valid_until_ = TimePoint::max();
  by_eid_.clear();
  for (size_t number = 0; number < rows_.size(); ++number) refresh_row(number, time);
}

// Of the places, only those are computed that serve another rotation than before.
void EidResolver::refresh_row(size_t number, TimePoint time) noexcept {
  const Row& row = rows_[number];
  const Beacon& beacon = beacons_[row.beacon];
  const int64_t now = rotation_at(time, beacon.zero, row.exponent);
  valid_from_ = std::max(valid_from_, beacon.zero + std::chrono::seconds(now << row.exponent));
  valid_until_ = std::min(valid_until_, beacon.zero + std::chrono::seconds((now + 1) << row.exponent));

  const int64_t first = std::max<int64_t>(0, now - options_.tolerance);
  const int64_t last = std::min(((beacon_time_end - 1) >> row.exponent), now + options_.tolerance);
  for (int64_t rotation = first; rotation <= last; ++rotation) {
    const size_t index = number * width() + static_cast<size_t>(rotation) % width();
    Place& place = places_[index];
    if (place.rotation != rotation)
      place = {.rotation = rotation, .eid = load_be64(make_eid(beacon.key, begin_of(rotation, row.exponent)).data())};
    by_eid_.emplace(place.eid, index);
  }
}

}  // namespace moor
