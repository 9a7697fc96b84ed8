// moor encode: the bytes of an advertisement, from what it is to say. Needs no radio.

#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "report/beacon_wishes.hpp"
#include "report/dissection.hpp"

#include <boost/json/object.hpp>

namespace moor::cli {

namespace {

class Encode final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "encode"; }
  [[nodiscard]] std::string summary() const override { return "Make the bytes of a beacon's advertisement"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options = {{.name = "TYPE",
                                    .value = "",
                                    .help = "ibeacon, altbeacon, eddystone-uid, eddystone-url, eddystone-tlm, bthome or ruuvi5",
                                    .target = &wishes_.type,
                                    .required = true,
                                    .choices = beacon_wish_types()}};
    add_identity(options);
    add_telemetry(options);
    options.push_back({.name = "--reading",
                       .value = "QUANTITY=VALUE",
                       .help = "BTHome and RuuviTag: what is measured, such as temperature=21.5; may be repeated",
                       .target = &wishes_.readings});
    options.push_back({.name = "--json", .value = "", .help = "Print JSON for programs, as moor decode does", .target = &json_});
    return options;
  }

  [[nodiscard]] int run() override {
    const std::vector<uint8_t> made = make_advertisement(wishes_, "--");
    print_line(json_ ? to_pretty(dissect(made, {})) : to_hex(made));
    flush_output();
    return 0;
  }

private:
  void add_identity(std::vector<Option>& options) {
    options.push_back({.name = "--uuid", .value = "UUID", .help = "iBeacon: whose beacon", .target = &wishes_.uuid});
    options.push_back({.name = "--major",
                       .value = "N",
                       .help = "iBeacon: which group (default: 0)",
                       .target = &wishes_.major,
                       .least = 0,
                       .most = 65535});
    options.push_back({.name = "--minor",
                       .value = "N",
                       .help = "iBeacon: which of the group (default: 0)",
                       .target = &wishes_.minor,
                       .least = 0,
                       .most = 65535});
    options.push_back({.name = "--company",
                       .value = "ID",
                       .help = "AltBeacon: company identifier (default: 0118)",
                       .target = &wishes_.company});
    options.push_back({.name = "--id", .value = "HEX", .help = "AltBeacon: who it is, 20 bytes", .target = &wishes_.id});
    options.push_back(
        {.name = "--namespace", .value = "HEX", .help = "Eddystone-UID: whose beacon, 10 bytes", .target = &wishes_.namespace_});
    options.push_back(
        {.name = "--instance", .value = "HEX", .help = "Eddystone-UID: which of them, 6 bytes", .target = &wishes_.instance});
    options.push_back({.name = "--url", .value = "URL", .help = "Eddystone-URL: the address", .target = &wishes_.url});
    options.push_back({.name = "--power",
                       .value = "DBM",
                       .help = "How loud it is heard at 1 m (default: -59)",
                       .target = &wishes_.power_dbm,
                       .least = -128,
                       .most = 127});
  }

  void add_telemetry(std::vector<Option>& options) {
    options.push_back({.name = "--battery",
                       .value = "MV",
                       .help = "Eddystone-TLM: battery in mV (default: none)",
                       .target = &wishes_.battery_mv,
                       .least = 1,
                       .most = 65535});
    options.push_back({.name = "--temperature",
                       .value = "C",
                       .help = "Eddystone-TLM: in °C (default: none)",
                       .target = &wishes_.temperature_c,
                       .least = -127.99,
                       .most = 127.99});
    options.push_back({.name = "--adverts",
                       .value = "N",
                       .help = "Eddystone-TLM: advertisements since power-on (default: 0)",
                       .target = &wishes_.adverts,
                       .least = 0,
                       .most = 4294967295.0});
    options.push_back({.name = "--uptime",
                       .value = "S",
                       .help = "Eddystone-TLM: seconds since power-on (default: 0)",
                       .target = &wishes_.uptime_s,
                       .least = 0,
                       .most = BeaconWishes::max_uptime_s});
  }

  BeaconWishes wishes_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_encode() {
  return std::make_unique<Encode>();
}

}  // namespace moor::cli
