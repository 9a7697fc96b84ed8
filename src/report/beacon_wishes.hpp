#pragma once
// The bytes of a beacon's advertisement from what it is to say: what `moor encode` makes, and the dashboard.

#include "moor/bytes.hpp"

#include <optional>
#include <string>
#include <vector>

namespace moor {

/// What the advertisement says. Fields that its type does not have are passed over.
struct BeaconWishes {
  static constexpr double max_uptime_s = 429'496'729.5;  ///< what the field of Eddystone holds

  std::string type;  ///< one of `beacon_wish_types`
  std::optional<std::string> uuid{}, id{}, namespace_{}, instance{}, url{};
  std::vector<std::string> readings{};    ///< BTHome and RuuviTag: "temperature=21.5"
  std::string company = "0118";           ///< AltBeacon: Radius Networks, who wrote it
  int major = 0, minor = 0;               ///< 0 to 65535
  int power_dbm = -59;                    ///< heard at 1 m, -128 to 127
  std::optional<int> battery_mv{};        ///< 1 to 65535
  std::optional<double> temperature_c{};  ///< within 127.99
  double adverts = 0;                     ///< since power-on, 0 to 4,294,967,295
  double uptime_s = 0;                    ///< since power-on, 0 to max_uptime_s
};

/// "ibeacon", "altbeacon", "eddystone-uid", "eddystone-url", "eddystone-tlm", "bthome", "ruuvi5".
[[nodiscard]] const std::vector<std::string>& beacon_wish_types();

/// @param prefix  before the names of fields in what is thrown: "--" on the command line.
/// @pre  type and numbers are within what they may be.
/// @throws UsageError  where a field is missing or cannot be meant.
[[nodiscard]] std::vector<uint8_t> make_advertisement(const BeaconWishes& wishes, const std::string& prefix = "");

}  // namespace moor
