#pragma once
// Beacon frames for property tests, every one of them encodable.

#include "moor/beacon.hpp"

#include <rapidcheck.h>

namespace moor {

inline rc::Gen<IBeacon> any_ibeacon() {
  return rc::gen::apply(
      [](uint64_t high, uint64_t low, uint16_t major, uint16_t minor, int8_t power) {
        return IBeacon{.uuid = Uuid(high, low), .major = major, .minor = minor, .power_dbm = power};
      },
      rc::gen::arbitrary<uint64_t>(), rc::gen::arbitrary<uint64_t>(), rc::gen::arbitrary<uint16_t>(),
      rc::gen::arbitrary<uint16_t>(), rc::gen::arbitrary<int8_t>());
}

inline rc::Gen<EddystoneUid> any_uid() {
  return rc::gen::apply(
      [](std::array<uint8_t, 10> name_space, std::array<uint8_t, 6> instance, int8_t power) {
        return EddystoneUid{.namespace_id = name_space, .instance_id = instance, .power_0m_dbm = power};
      },
      rc::gen::arbitrary<std::array<uint8_t, 10>>(), rc::gen::arbitrary<std::array<uint8_t, 6>>(), rc::gen::arbitrary<int8_t>());
}

/// Frames with any text that can be on the air, in any spelling of it.
inline rc::Gen<EddystoneUrl> any_url() {
  const auto code = rc::gen::oneOf(rc::gen::inRange<uint8_t>(0, 14), rc::gen::inRange<uint8_t>(33, 127));
  return rc::gen::map(
      rc::gen::tuple(rc::gen::arbitrary<uint8_t>(), rc::gen::inRange<uint8_t>(0, 4),
                     rc::gen::mapcat(rc::gen::inRange<size_t>(1, 18),
                                     [=](size_t size) { return rc::gen::container<std::vector<uint8_t>>(size, code); })),
      [](const auto& parts) {
        const auto& [power, scheme, text] = parts;
        std::vector<uint8_t> data = {0x10, power, scheme};
        data.insert(data.end(), text.begin(), text.end());
        return *decode_eddystone_url(data);
      });
}

inline rc::Gen<EddystoneTlm> any_tlm() {
  return rc::gen::apply(
      [](uint16_t battery, int16_t temperature, uint32_t advertisements, uint32_t uptime) {
        EddystoneTlm frame{.advertisements = advertisements, .uptime = EddystoneTlm::Uptime(uptime)};
        if (battery != 0) frame.battery_mv = battery;
        if (temperature != INT16_MIN) frame.temperature_c = temperature / 256.0;
        return frame;
      },
      rc::gen::arbitrary<uint16_t>(), rc::gen::arbitrary<int16_t>(), rc::gen::arbitrary<uint32_t>(),
      rc::gen::arbitrary<uint32_t>());
}

inline rc::Gen<AltBeacon> any_altbeacon() {
  return rc::gen::apply(
      [](uint16_t company, std::array<uint8_t, 20> id, int8_t power, uint8_t reserved) {
        return AltBeacon{.company = company, .id = id, .power_dbm = power, .reserved = reserved};
      },
      rc::gen::arbitrary<uint16_t>(), rc::gen::arbitrary<std::array<uint8_t, 20>>(), rc::gen::arbitrary<int8_t>(),
      rc::gen::arbitrary<uint8_t>());
}

/// Of nobody who is known.
inline rc::Gen<EddystoneEid> any_eid() {
  return rc::gen::apply([](std::array<uint8_t, 8> eid, int8_t power) { return EddystoneEid{.eid = eid, .power_0m_dbm = power}; },
                        rc::gen::arbitrary<std::array<uint8_t, 8>>(), rc::gen::arbitrary<int8_t>());
}

inline rc::Gen<BeaconFrame> any_frame() {
  return rc::gen::oneOf(rc::gen::map(any_ibeacon(), [](const IBeacon& frame) { return BeaconFrame(frame); }),
                        rc::gen::map(any_uid(), [](const EddystoneUid& frame) { return BeaconFrame(frame); }),
                        rc::gen::map(any_url(), [](const EddystoneUrl& frame) { return BeaconFrame(frame); }),
                        rc::gen::map(any_tlm(), [](const EddystoneTlm& frame) { return BeaconFrame(frame); }),
                        rc::gen::map(any_altbeacon(), [](const AltBeacon& frame) { return BeaconFrame(frame); }),
                        rc::gen::map(any_eid(), [](const EddystoneEid& frame) { return BeaconFrame(frame); }));
}

}  // namespace moor
