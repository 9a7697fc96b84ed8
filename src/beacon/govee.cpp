#include "beacon/govee.hpp"

#include <algorithm>

namespace moor::govee {
namespace {

constexpr uint8_t glued_beginning[] = {0x4C, 0x00, 0x02, 0x15, 'I', 'N', 'T', 'E', 'L', 'L', 'I', '_', 'R', 'O', 'C', 'K', 'S'};
constexpr size_t glued_size = 25;  // company, type, length and the 21 bytes of an iBeacon

std::string_view name_of(const AdvertisementData& advertisement) noexcept {
  const auto raw = advertisement.raw_local_name().value_or(Bytes());
  return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_govees(std::string_view name) noexcept {
  return name.starts_with("GV") || name.starts_with("Govee_") || name.starts_with("B5178");
}

}  // namespace

std::string_view model_number(const AdvertisementData& advertisement) noexcept {
  const std::string_view name = name_of(advertisement);
  if (!is_govees(name)) return {};
  const size_t first = name.find('5');
  if (first == std::string_view::npos) return {};
  const std::string_view number = name.substr(first, 4);
  return number.size() == 4 && std::ranges::all_of(number, is_digit) ? number : std::string_view();
}

bool shows_signs(const AdvertisementData& advertisement) noexcept {
  if (is_govees(name_of(advertisement)) || advertisement.has_service(Uuid(service))) return true;
  const auto beacon = advertisement.manufacturer_data(apple_company).value_or(Bytes());
  const auto expected = Bytes(glued_beginning).subspan(2);
  return beacon.size() >= expected.size() && std::ranges::equal(beacon.first(expected.size()), expected);
}

Bytes without_glued_beacon(Bytes data) noexcept {
  if (data.size() <= glued_size) return data;
  const Bytes tail = data.last(glued_size);
  return std::ranges::equal(tail.first(std::size(glued_beginning)), glued_beginning) ? data.first(data.size() - glued_size)
                                                                                     : data;
}

void add_model(std::string_view number, Decoded& into) noexcept {
  std::array<char, 5> text = {'H'};
  if (number.size() != text.size() - 1) return;
  std::ranges::copy(number, text.begin() + 1);
  into.add_attribute("model", {text.data(), text.size()});
}

}  // namespace moor::govee
