#include "report/beacon_wishes.hpp"

#include "beacon/reading_text.hpp"
#include "moor/beacon.hpp"
#include "moor/bthome.hpp"
#include "moor/error.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace moor {

namespace {

constexpr uint8_t flags = 0x06;  // general discoverable, no BR/EDR

class Maker {
public:
  Maker(const BeaconWishes& wishes, const std::string& prefix) : wishes_(wishes), prefix_(prefix) {}

  [[nodiscard]] std::vector<uint8_t> payload() const {
    const bool bthome = wishes_.type == "bthome";
    if (!bthome && wishes_.type != "ruuvi5") return encode_advertisement(frame());
    if (wishes_.readings.empty()) (void)needed("reading", std::nullopt);
    const std::vector<Reading> readings = parse_readings(wishes_.readings);
    AdvertisementBuilder builder;
    builder.flags(flags);
    if (bthome)
      encode(BTHome{.readings = readings}, builder);
    else
      encode(ruuvi_tag_of(readings), builder);
    return builder.bytes();
  }

private:
  [[nodiscard]] BeaconFrame frame() const {
    if (wishes_.type == "ibeacon") return ibeacon();
    if (wishes_.type == "altbeacon") return altbeacon();
    if (wishes_.type == "eddystone-uid") return eddystone_uid();
    if (wishes_.type == "eddystone-url") return eddystone_url();
    return eddystone_tlm();
  }

  [[nodiscard]] IBeacon ibeacon() const {
    const auto uuid = Uuid::parse(needed("uuid", wishes_.uuid));
    if (!uuid)
      throw UsageError(fmt::format("{}uuid '{}' is no UUID", prefix_, *wishes_.uuid),
                       {.advice = "give 32 hexadecimal digits, with or without hyphens"});
    return {.uuid = *uuid,
            .major = static_cast<uint16_t>(wishes_.major),
            .minor = static_cast<uint16_t>(wishes_.minor),
            .power_dbm = power(0)};
  }

  [[nodiscard]] AltBeacon altbeacon() const {
    return {.company = company(), .id = bytes<20>("id", wishes_.id), .power_dbm = power(0), .reserved = 0};
  }

  [[nodiscard]] EddystoneUid eddystone_uid() const {
    return {.namespace_id = bytes<10>("namespace", wishes_.namespace_),
            .instance_id = bytes<6>("instance", wishes_.instance),
            .power_0m_dbm = power(eddystone_loss_at_1m_db)};
  }

  [[nodiscard]] EddystoneUrl eddystone_url() const {
    const std::string& text = needed("url", wishes_.url);
    const auto url = EddystoneUrl::parse(text, power(eddystone_loss_at_1m_db));
    if (!url)
      throw UsageError(fmt::format("{}url '{}': {}", prefix_, text, to_string(url.error())),
                       {.advice = "a short address fits, such as https://example.com/a"});
    return *url;
  }

  [[nodiscard]] EddystoneTlm eddystone_tlm() const {
    EddystoneTlm telemetry{
        .battery_mv = {}, .temperature_c = wishes_.temperature_c, .advertisements = static_cast<uint32_t>(wishes_.adverts)};
    if (wishes_.battery_mv) telemetry.battery_mv = static_cast<uint16_t>(*wishes_.battery_mv);
    telemetry.uptime = EddystoneTlm::Uptime(static_cast<uint32_t>(std::llround(wishes_.uptime_s * 10)));
    return telemetry;
  }

  [[nodiscard]] const std::string& needed(const char* field, const std::optional<std::string>& given) const {
    if (!given) throw UsageError(wishes_.type + " needs " + prefix_ + field);
    return *given;
  }

  template <size_t size>
  [[nodiscard]] std::array<uint8_t, size> bytes(const char* field, const std::optional<std::string>& given) const {
    const auto parsed = from_hex(needed(field, given));
    if (!parsed || parsed->size() != size)
      throw UsageError(fmt::format("{}{} '{}' is not {} bytes", prefix_, field, *given, size),
                       {.advice = fmt::format("give {} hexadecimal digits", size * 2)});
    std::array<uint8_t, size> array;
    std::ranges::copy(*parsed, array.begin());
    return array;
  }

  [[nodiscard]] uint16_t company() const {
    const auto parsed = from_hex(wishes_.company);
    if (!parsed || parsed->size() != 2)
      throw UsageError(fmt::format("{}company '{}' is no company identifier", prefix_, wishes_.company),
                       {.advice = "give four hexadecimal digits, such as 0118"});
    return load_be16(parsed->data());
  }

  /// @param offset_db  from 1 m to the distance that the format counts from.
  [[nodiscard]] int8_t power(int offset_db) const {
    const int dbm = wishes_.power_dbm + offset_db;
    if (dbm < -128 || dbm > 127)
      throw UsageError(fmt::format("{}power {} does not fit into {}", prefix_, wishes_.power_dbm, wishes_.type),
                       {.advice = "beacons are between -100 and 0"});
    return static_cast<int8_t>(dbm);
  }

  const BeaconWishes& wishes_;
  const std::string& prefix_;
};

}  // namespace

const std::vector<std::string>& beacon_wish_types() {
  static const std::vector<std::string> types = {"ibeacon",       "altbeacon", "eddystone-uid", "eddystone-url",
                                                 "eddystone-tlm", "bthome",    "ruuvi5"};
  return types;
}

std::vector<uint8_t> make_advertisement(const BeaconWishes& wishes, const std::string& prefix) {
  return Maker(wishes, prefix).payload();
}

}  // namespace moor
