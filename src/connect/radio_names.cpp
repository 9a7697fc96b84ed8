#include "connect/radio_names.hpp"

namespace moor {

std::string_view short_name(std::string_view radio_name) noexcept {
  const size_t slash = radio_name.rfind('/');
  return radio_name.substr((slash != std::string_view::npos ? slash : radio_name.find(':')) + 1);
}

Radio* find_radio(PathSource& paths, std::string_view name) {
  Radio* by_part = nullptr;
  for (Radio* radio : paths.radios()) {
    const std::string_view whole = radio->info().name;
    if (whole == name) return radio;
    const bool is_part = short_name(whole) == name || whole.substr(whole.find(':') + 1) == name;
    if (is_part && by_part == nullptr) by_part = radio;
  }
  return by_part;
}

}  // namespace moor
