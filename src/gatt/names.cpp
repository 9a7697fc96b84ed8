#include "moor/names.hpp"

#include "gatt/tables.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace moor {
namespace {

constexpr std::array<std::string_view, number_kind_count> kind_names = {
    "service", "characteristic", "descriptor", "declaration", "unit", "company", "member", "appearance", "ad type"};

constexpr uint16_t category_mask = 0xFFC0;  // of an appearance; its low six bits are the subcategory

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_word(char c) noexcept {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || static_cast<uint8_t>(c) >= 0x80;
}

enum class Match : uint8_t { whole, beginning, word, inside, none };

/// How well a text fits a name; its best place counts.
Match match(std::string_view name, std::string_view text) noexcept {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  Match best = Match::none;
  for (auto at = name.begin();; ++at) {
    at = std::search(at, name.end(), text.begin(), text.end(), same);
    if (at == name.end()) return best;
    if (at == name.begin()) return name.size() == text.size() ? Match::whole : Match::beginning;
    best = std::min(best, is_word(at[-1]) ? Match::inside : Match::word);
  }
}

struct Found {
  Match match;
  AssignedNumber what;
};

void find_in(NumberKind kind, std::string_view text, std::vector<Found>& found) {
  std::string_view rows = table_of(kind);
  while (!rows.empty()) {
    std::string_view row = take_row(rows);
    const uint16_t number = number_in(take_field(row));
    if (const Match how = match(row, text); how != Match::none) found.push_back({how, {kind, number, row}});
  }
}

/// "battery service": the text before a kind's name, among numbers of that kind.
void find_qualified(std::string_view text, std::vector<Found>& found) {
  for (size_t i = 0; i < number_kind_count; ++i) {
    const std::string_view kind = kind_names[i];
    if (text.size() < kind.size() + 2 || text[text.size() - kind.size() - 1] != ' ') continue;
    if (match(text.substr(text.size() - kind.size()), kind) == Match::whole)
      find_in(static_cast<NumberKind>(i), text.substr(0, text.size() - kind.size() - 1), found);
  }
}

std::string_view name_of(NumberKind kind, const Uuid& uuid) noexcept {
  const auto number = uuid.assigned_number();
  return number && *number <= 0xFFFF ? name_of(kind, static_cast<uint16_t>(*number)) : std::string_view();
}

}  // namespace

std::string_view to_string(NumberKind kind) noexcept {
  return kind_names[static_cast<size_t>(kind)];
}

std::string_view name_of(NumberKind kind, uint16_t number) noexcept {
  return find_row(table_of(kind), number);
}

std::string_view company_name(uint16_t company) noexcept {
  return name_of(NumberKind::company, company);
}

std::string_view appearance_name(uint16_t appearance) noexcept {
  const std::string_view name = name_of(NumberKind::appearance, appearance);
  return name.empty() ? name_of(NumberKind::appearance, appearance & category_mask) : name;
}

std::string_view service_name(const Uuid& uuid) noexcept {
  return name_of(NumberKind::service, uuid);
}

std::string_view characteristic_name(const Uuid& uuid) noexcept {
  return name_of(NumberKind::characteristic, uuid);
}

std::string_view descriptor_name(const Uuid& uuid) noexcept {
  return name_of(NumberKind::descriptor, uuid);
}

std::string_view unit_name(const Uuid& uuid) noexcept {
  return name_of(NumberKind::unit, uuid);
}

std::optional<AssignedNumber> find_uuid(const Uuid& uuid) noexcept {
  for (size_t i = 0; i < number_kind_count; ++i) {
    const auto kind = static_cast<NumberKind>(i);
    if (!is_uuid(kind)) continue;
    const std::string_view name = name_of(kind, uuid);
    if (!name.empty()) return AssignedNumber{kind, static_cast<uint16_t>(*uuid.assigned_number()), name};
  }
  return std::nullopt;
}

std::vector<AssignedNumber> find_number(uint16_t number) {
  std::vector<AssignedNumber> found;
  for (size_t i = 0; i < number_kind_count; ++i) {
    const auto kind = static_cast<NumberKind>(i);
    const std::string_view name = name_of(kind, number);
    if (!name.empty()) found.push_back({kind, number, name});
  }
  return found;
}

std::vector<AssignedNumber> find_by_name(std::string_view text) {
  std::vector<Found> found;
  if (text.empty()) return {};
  for (size_t i = 0; i < number_kind_count; ++i) find_in(static_cast<NumberKind>(i), text, found);
  if (found.empty()) find_qualified(text, found);
  std::ranges::sort(found, {}, [](const Found& each) { return std::tuple(each.match, each.what.kind, each.what.number); });
  std::vector<AssignedNumber> numbers;
  numbers.reserve(found.size());
  for (const Found& each : found) numbers.push_back(each.what);
  return numbers;
}

std::optional<ServiceInfo> find_service(const Uuid& uuid) {
  const std::string_view name = service_name(uuid);
  if (name.empty()) return std::nullopt;
  ServiceInfo info{
      .service = {NumberKind::service, static_cast<uint16_t>(*uuid.assigned_number()), name}, .characteristics = {}, .use = {}};
  info.use = find_row(services_use(), info.service.number);
  std::string_view list = take_field(info.use);
  while (!list.empty() && list != "-") {
    const uint16_t number = number_in(take_field(list, ','));
    info.characteristics.push_back({NumberKind::characteristic, number, name_of(NumberKind::characteristic, number)});
  }
  return info;
}

}  // namespace moor
