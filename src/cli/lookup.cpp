// moor lookup: what a number of the Bluetooth SIG names, or which number a name has.

#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "core/hex.hpp"
#include "core/json_text.hpp"
#include "moor/error.hpp"
#include "moor/names.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

std::string number_of(const AssignedNumber& what) {
  return what.kind == NumberKind::ad_type ? fmt::format("{:02x}", what.number) : fmt::format("{:04x}", what.number);
}

json::object to_json(const AssignedNumber& what) {
  return {{"kind", to_string(what.kind)},
          {"number", number_of(what)},
          {"uuid", is_uuid(what.kind) ? json::value(what.uuid().to_string()) : json::value()},
          {"name", what.name}};
}

// Two digits are an AD type, four any number; the long forms are UUIDs, and only those.
std::vector<AssignedNumber> find_by_number(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  if (digits.size() == 2 && hex_digit(digits[0]) >= 0 && hex_digit(digits[1]) >= 0) {
    const auto type = static_cast<uint16_t>(hex_digit(digits[0]) << 4 | hex_digit(digits[1]));
    const std::string_view name = name_of(NumberKind::ad_type, type);
    return name.empty() ? std::vector<AssignedNumber>() : std::vector{AssignedNumber{NumberKind::ad_type, type, name}};
  }
  const auto uuid = Uuid::parse(text);
  if (!uuid) return {};
  if (digits.size() != 4) {
    const auto found = find_uuid(*uuid);
    return found ? std::vector{*found} : std::vector<AssignedNumber>();
  }
  auto found = find_number(static_cast<uint16_t>(*uuid->assigned_number()));
  std::erase_if(found, [](const AssignedNumber& each) { return each.kind == NumberKind::ad_type; });
  return found;
}

class Lookup final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "lookup"; }
  [[nodiscard]] std::string summary() const override {
    return "Name a UUID, company or other number of the Bluetooth SIG, or find it by name";
  }
  [[nodiscard]] std::vector<Option> options() override {
    return {{.name = "UUID|NAME",
             .value = "",
             .help = "A number such as 180f, a UUID, or a name or part of it",
             .target = &text_,
             .required = true},
            {.name = "--kind",
             .value = "KIND",
             .help = "Only numbers of this kind (default: all)",
             .target = &kind_,
             .choices = kinds()},
            {.name = "--limit",
             .value = "N",
             .help = "List so many matches (default: 20)",
             .target = &limit_,
             .least = 1,
             .most = 100'000},
            {.name = "--json", .value = "", .help = "Print JSON for programs", .target = &json_}};
  }

  [[nodiscard]] int run() override {
    std::vector<AssignedNumber> found = find_by_number(text_);
    keep_kind(found);
    if (found.empty()) {
      found = find_by_name(text_);
      keep_kind(found);
    }
    if (found.empty()) throw unknown(text_);
    const auto service = found[0].kind == NumberKind::service ? find_service(found[0].uuid()) : std::nullopt;
    if (json_)
      print_json(found, service);
    else
      print_words(found, service);
    flush_output();
    return 0;
  }

private:
  static std::vector<std::string> kinds() {
    std::vector<std::string> names;
    names.reserve(number_kind_count);
    for (size_t i = 0; i < number_kind_count; ++i) names.emplace_back(to_string(static_cast<NumberKind>(i)));
    return names;
  }

  void keep_kind(std::vector<AssignedNumber>& found) const {
    if (kind_.empty()) return;
    std::erase_if(found, [this](const AssignedNumber& each) { return to_string(each.kind) != kind_; });
  }

  static Error unknown(const std::string& text) {
    if (const auto uuid = Uuid::parse(text); uuid && !uuid->assigned_number())
      return Error("'" + text + "' is not of the Bluetooth SIG",
                   {.advice = "such a UUID is its maker's own: ask the device's documentation"});
    return Error("nothing is called '" + text + "'",
                 {.advice = "give a number such as 180f, or a part of a name such as 'heart'"});
  }

  [[nodiscard]] size_t listed(const std::vector<AssignedNumber>& found) const {
    return std::min(found.size(), static_cast<size_t>(limit_));
  }

  void print_json(const std::vector<AssignedNumber>& found, const std::optional<ServiceInfo>& service) const {
    json::object object = to_json(found[0]);
    json::array characteristics;
    if (service)
      for (const AssignedNumber& each : service->characteristics)
        characteristics.push_back(json::object{{"uuid", each.uuid().to_string()}, {"name", each.name}});
    object["characteristics"] = service ? json::value(std::move(characteristics)) : json::value();
    object["use"] = service ? json::value(service->use) : json::value();
    json::array matches;
    for (size_t i = 0; i < listed(found); ++i) matches.push_back(to_json(found[i]));
    object["total_matches"] = found.size();
    object["matches"] = std::move(matches);
    print_line(to_pretty(object));
  }

  void print_words(const std::vector<AssignedNumber>& found, const std::optional<ServiceInfo>& service) const {
    const AssignedNumber& best = found[0];
    print_line(paint(Colour::bold, best.name) + fmt::format(", {} {}", to_string(best.kind), number_of(best)));
    if (is_uuid(best.kind)) print_line("  " + best.uuid().to_string());
    if (service) {
      print_line(fmt::format("  {}", service->use));
      for (const AssignedNumber& each : service->characteristics)
        print_line(fmt::format("    {}  {}", number_of(each), each.name));
    }
    if (found.size() == 1) return;
    print_line("\nalso");
    Table table({{"", Table::Align::left, 30}, {""}, {"", Table::Align::left, 100}});
    for (size_t i = 1; i < listed(found); ++i)
      table.add({{"  " + std::string(to_string(found[i].kind))}, {number_of(found[i])}, {std::string(found[i].name)}});
    if (!table.empty()) table.print();
    if (const size_t more = found.size() - listed(found); more > 0) print_line(fmt::format("  and {} more (--limit)", more));
  }

  std::string text_;
  std::string kind_;
  int limit_ = 20;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_lookup() {
  return std::make_unique<Lookup>();
}

}  // namespace moor::cli
