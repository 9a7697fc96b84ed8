#include "proxy/about.hpp"

namespace moor::proxy {

std::string compact_mac(std::string_view mac) {
  std::string digits;
  for (const char each : mac) {
    if (each == ':' || each == '-') continue;
    digits += each >= 'A' && each <= 'F' ? static_cast<char>(each - 'A' + 'a') : each;
  }
  return digits;
}

}  // namespace moor::proxy
