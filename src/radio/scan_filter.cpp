#include "moor/scanner.hpp"

#include <algorithm>

namespace moor {

bool glob_matches(std::string_view pattern, std::string_view text) noexcept {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;  // the last '*', and where its text ended
  size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
      if (pattern[p - 1] == '?')  // one character, however many bytes it has in UTF-8
        while (t < text.size() && (static_cast<uint8_t>(text[t]) & 0xC0) == 0x80) ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool ScanFilter::passes(const Sighting& sighting) const noexcept {
  if (min_rssi_dbm && (!sighting.has_rssi() || sighting.rssi_dbm < *min_rssi_dbm)) return false;
  return addresses.empty() || std::any_of(addresses.begin(), addresses.end(),
                                          [&](const Address& wanted) { return wanted.bits() == sighting.address.bits(); });
}

bool ScanFilter::passes(const Device& device) const {
  if (!name.empty()) {
    const auto known = device.data.name();
    if (!known || !glob_matches(name, *known)) return false;
  }
  if (services.empty() && manufacturers.empty()) return true;
  bool service = services.empty();
  bool manufacturer = manufacturers.empty();
  device.data.for_each([&](const AdStructure& structure) {
    const auto wanted = [&](const Uuid& uuid) { service |= std::find(services.begin(), services.end(), uuid) != services.end(); };
    for_each_service_uuid(structure, wanted);
    if (const auto data = as_service_data(structure)) wanted(data->service);
    if (const auto data = as_manufacturer_data(structure))
      manufacturer |= std::find(manufacturers.begin(), manufacturers.end(), data->company) != manufacturers.end();
  });
  return service && manufacturer;
}

}  // namespace moor
