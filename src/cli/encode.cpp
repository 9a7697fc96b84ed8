// moor encode: the bytes of an advertisement, from what it is to say. Needs no radio.

#include "beacon/reading_text.hpp"
#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "moor/beacon.hpp"
#include "moor/bthome.hpp"
#include "moor/error.hpp"
#include "report/dissection.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json/object.hpp>
#include <cmath>

namespace moor::cli {

namespace {

constexpr uint8_t flags = 0x06;                 // general discoverable, no BR/EDR
constexpr double max_uptime_s = 429'496'729.5;  // what the field of Eddystone holds

class Encode final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "encode"; }
  [[nodiscard]] std::string summary() const override { return "Make the bytes of a beacon's advertisement"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options = {
        {.name = "TYPE",
         .value = "",
         .help = "ibeacon, altbeacon, eddystone-uid, eddystone-url, eddystone-tlm, bthome or ruuvi5",
         .target = &type_,
         .required = true,
         .choices = {"ibeacon", "altbeacon", "eddystone-uid", "eddystone-url", "eddystone-tlm", "bthome", "ruuvi5"}}};
    add_identity(options);
    add_telemetry(options);
    options.push_back({.name = "--reading",
                       .value = "QUANTITY=VALUE",
                       .help = "BTHome and RuuviTag: what is measured, such as temperature=21.5; may be repeated",
                       .target = &readings_});
    options.push_back({.name = "--json", .value = "", .help = "Print JSON for programs, as moor decode does", .target = &json_});
    return options;
  }

  [[nodiscard]] int run() override {
    const std::vector<uint8_t> made = payload();
    print_line(json_ ? to_pretty(dissect(made, {})) : to_hex(made));
    flush_output();
    return 0;
  }

private:
  void add_identity(std::vector<Option>& options) {
    options.push_back({.name = "--uuid", .value = "UUID", .help = "iBeacon: whose beacon", .target = &uuid_});
    options.push_back({.name = "--major",
                       .value = "N",
                       .help = "iBeacon: which group (default: 0)",
                       .target = &major_,
                       .least = 0,
                       .most = 65535});
    options.push_back({.name = "--minor",
                       .value = "N",
                       .help = "iBeacon: which of the group (default: 0)",
                       .target = &minor_,
                       .least = 0,
                       .most = 65535});
    options.push_back(
        {.name = "--company", .value = "ID", .help = "AltBeacon: company identifier (default: 0118)", .target = &company_});
    options.push_back({.name = "--id", .value = "HEX", .help = "AltBeacon: who it is, 20 bytes", .target = &id_});
    options.push_back(
        {.name = "--namespace", .value = "HEX", .help = "Eddystone-UID: whose beacon, 10 bytes", .target = &namespace_});
    options.push_back(
        {.name = "--instance", .value = "HEX", .help = "Eddystone-UID: which of them, 6 bytes", .target = &instance_});
    options.push_back({.name = "--url", .value = "URL", .help = "Eddystone-URL: the address", .target = &url_});
    options.push_back({.name = "--power",
                       .value = "DBM",
                       .help = "How loud it is heard at 1 m (default: -59)",
                       .target = &power_dbm_,
                       .least = -128,
                       .most = 127});
  }

  void add_telemetry(std::vector<Option>& options) {
    options.push_back({.name = "--battery",
                       .value = "MV",
                       .help = "Eddystone-TLM: battery in mV (default: none)",
                       .target = &battery_mv_,
                       .least = 1,
                       .most = 65535});
    options.push_back({.name = "--temperature",
                       .value = "C",
                       .help = "Eddystone-TLM: in °C (default: none)",
                       .target = &temperature_c_,
                       .least = -127.99,
                       .most = 127.99});
    options.push_back({.name = "--adverts",
                       .value = "N",
                       .help = "Eddystone-TLM: advertisements since power-on (default: 0)",
                       .target = &adverts_,
                       .least = 0,
                       .most = 4294967295.0});
    options.push_back({.name = "--uptime",
                       .value = "S",
                       .help = "Eddystone-TLM: seconds since power-on (default: 0)",
                       .target = &uptime_s_,
                       .least = 0,
                       .most = max_uptime_s});
  }

  [[nodiscard]] std::vector<uint8_t> payload() const {
    const bool bthome = type_ == "bthome";
    if (!bthome && type_ != "ruuvi5") return encode_advertisement(frame());
    if (readings_.empty()) (void)needed("--reading", std::nullopt);
    const std::vector<Reading> readings = parse_readings(readings_);
    AdvertisementBuilder builder;
    builder.flags(flags);
    if (bthome)
      encode(BTHome{.readings = readings}, builder);
    else
      encode(ruuvi_tag_of(readings), builder);
    return builder.bytes();
  }

  [[nodiscard]] BeaconFrame frame() const {
    if (type_ == "ibeacon") return ibeacon();
    if (type_ == "altbeacon") return altbeacon();
    if (type_ == "eddystone-uid") return eddystone_uid();
    if (type_ == "eddystone-url") return eddystone_url();
    return eddystone_tlm();
  }

  [[nodiscard]] IBeacon ibeacon() const {
    const auto uuid = Uuid::parse(needed("--uuid", uuid_));
    if (!uuid)
      throw UsageError("--uuid '" + *uuid_ + "' is no UUID", {.advice = "give 32 hexadecimal digits, with or without hyphens"});
    return {.uuid = *uuid, .major = static_cast<uint16_t>(major_), .minor = static_cast<uint16_t>(minor_), .power_dbm = power(0)};
  }

  [[nodiscard]] AltBeacon altbeacon() const {
    return {.company = company(), .id = bytes<20>("--id", id_), .power_dbm = power(0), .reserved = 0};
  }

  [[nodiscard]] EddystoneUid eddystone_uid() const {
    return {.namespace_id = bytes<10>("--namespace", namespace_),
            .instance_id = bytes<6>("--instance", instance_),
            .power_0m_dbm = power(eddystone_loss_at_1m_db)};
  }

  [[nodiscard]] EddystoneUrl eddystone_url() const {
    const std::string& text = needed("--url", url_);
    const auto url = EddystoneUrl::parse(text, power(eddystone_loss_at_1m_db));
    if (!url)
      throw UsageError("--url '" + text + "': " + to_string(url.error()),
                       {.advice = "a short address fits, such as https://example.com/a"});
    return *url;
  }

  [[nodiscard]] EddystoneTlm eddystone_tlm() const {
    EddystoneTlm telemetry{.battery_mv = {}, .temperature_c = temperature_c_, .advertisements = static_cast<uint32_t>(adverts_)};
    if (battery_mv_) telemetry.battery_mv = static_cast<uint16_t>(*battery_mv_);
    telemetry.uptime = EddystoneTlm::Uptime(static_cast<uint32_t>(std::llround(uptime_s_ * 10)));
    return telemetry;
  }

  [[nodiscard]] const std::string& needed(const char* option, const std::optional<std::string>& given) const {
    if (!given) throw UsageError(type_ + " needs " + option);
    return *given;
  }

  template <size_t size>
  [[nodiscard]] std::array<uint8_t, size> bytes(const char* option, const std::optional<std::string>& given) const {
    const auto parsed = from_hex(needed(option, given));
    if (!parsed || parsed->size() != size)
      throw UsageError(fmt::format("{} '{}' is not {} bytes", option, *given, size),
                       {.advice = fmt::format("give {} hexadecimal digits", size * 2)});
    std::array<uint8_t, size> array;
    std::ranges::copy(*parsed, array.begin());
    return array;
  }

  [[nodiscard]] uint16_t company() const {
    const auto parsed = from_hex(company_);
    if (!parsed || parsed->size() != 2)
      throw UsageError("--company '" + company_ + "' is no company identifier",
                       {.advice = "give four hexadecimal digits, such as 0118"});
    return load_be16(parsed->data());
  }

  /// @param offset_db  from 1 m to the distance that the format counts from.
  [[nodiscard]] int8_t power(int offset_db) const {
    const int dbm = power_dbm_ + offset_db;
    if (dbm < -128 || dbm > 127)
      throw UsageError(fmt::format("--power {} does not fit into {}", power_dbm_, type_),
                       {.advice = "beacons are between -100 and 0"});
    return static_cast<int8_t>(dbm);
  }

  std::string type_;
  std::optional<std::string> uuid_, id_, namespace_, instance_, url_;
  std::vector<std::string> readings_;
  std::string company_ = "0118";  // Radius Networks, who wrote AltBeacon
  int major_ = 0, minor_ = 0, power_dbm_ = -59;
  std::optional<int> battery_mv_;
  std::optional<double> temperature_c_;
  double adverts_ = 0, uptime_s_ = 0;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_encode() {
  return std::make_unique<Encode>();
}

}  // namespace moor::cli
