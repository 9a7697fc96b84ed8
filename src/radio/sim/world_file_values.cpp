// Values of a world's file: what each type takes, in words and in TOML.

#include "radio/sim/world_file_keys.hpp"

#include "core/duration_text.hpp"

#include <array>
#include <cmath>

namespace moor::config {

template <>
std::span<const std::string_view> names_of<sim::RadioKind>() noexcept {
  static constexpr std::array<std::string_view, 2> names = {"adapter", "proxy"};
  return names;
}
template <>
std::span<const std::string_view> names_of<sim::RadioFault::Kind>() noexcept {
  static constexpr std::array<std::string_view, 4> names = {"silent", "stuck", "dead", "hang"};
  return names;
}
template <>
std::span<const std::string_view> names_of<sim::DeviceFault::Kind>() noexcept {
  static constexpr std::array<std::string_view, 14> names = {
      "connect error",     "connect timeout",     "connect hang", "removed", "services late",   "services missing",
      "services wrong",    "services changed",    "drop",         "reboot",  "operation error", "operation hang",
      "notification lost", "notification doubled"};
  return names;
}
template <>
std::span<const std::string_view> names_of<ConnectReason>() noexcept {
  static const auto names = [] {
    std::array<std::string_view, connect_reason_count> all;
    for (size_t i = 0; i < all.size(); ++i) all[i] = to_string(static_cast<ConnectReason>(i));
    return all;
  }();
  return names;
}
template <>
std::span<const std::string_view> names_of<CloseReason>() noexcept {
  static constexpr std::array<std::string_view, 8> names = {
      "local", "peer", "supervision timeout", "not established", "other host", "encryption failed", "radio lost", "unknown"};
  return names;
}
template <>
std::span<const std::string_view> names_of<PairingMethod>() noexcept {
  static constexpr std::array<std::string_view, 4> names = {"just works", "passkey entry", "passkey display",
                                                            "numeric comparison"};
  return names;
}
template <>
std::span<const std::string_view> names_of<sim::AddressType>() noexcept {
  static constexpr std::array<std::string_view, 2> names = {"public", "random"};
  return names;
}
template <>
std::span<const std::string_view> names_of<sim::FrameType>() noexcept {
  static constexpr std::array<std::string_view, 7> names = {"ibeacon",       "altbeacon", "eddystone-uid", "eddystone-url",
                                                            "eddystone-tlm", "bthome",    "ruuvi5"};
  return names;
}

}  // namespace moor::config

namespace moor::sim {

using config::Objected;
using config::Objection;
using config::toml_string;

namespace {

constexpr double farthest_m = 100'000;

std::optional<double> number_of(const toml::node& node, double least, double most) {
  const auto value = node.value<double>();
  return node.is_number() && value && *value >= least && *value <= most ? value : std::nullopt;
}

std::optional<Position> position_of(const toml::node& node) {
  const toml::array* numbers = node.as_array();
  if (numbers == nullptr || numbers->size() < 2 || numbers->size() > 3) return std::nullopt;
  std::array<double, 3> metres{};
  for (size_t i = 0; i < numbers->size(); ++i) {
    const auto value = number_of((*numbers)[i], -farthest_m, farthest_m);
    if (!value) return std::nullopt;
    metres[i] = *value;
  }
  return Position{metres[0], metres[1], metres[2]};
}

std::optional<Area> area_of(const toml::node& node) {
  const toml::array* corners = node.as_array();
  if (corners == nullptr || corners->size() != 2) return std::nullopt;
  const auto a = position_of((*corners)[0]), b = position_of((*corners)[1]);
  if (!a || !b) return std::nullopt;
  return Area{{std::min(a->x, b->x), std::min(a->y, b->y), std::min(a->z, b->z)},
              {std::max(a->x, b->x), std::max(a->y, b->y), std::max(a->z, b->z)}};
}

// A single value, or a list of the least and the most.
template <typename Value, typename Parse>
std::optional<std::pair<Value, Value>> range_of(const toml::node& node, Parse&& parse) {
  const toml::array* ends = node.as_array();
  if (ends != nullptr && ends->size() != 2) return std::nullopt;
  const std::optional<Value> least = parse(ends == nullptr ? node : (*ends)[0]);
  const std::optional<Value> most = parse(ends == nullptr ? node : (*ends)[1]);
  if (!least || !most || *least > *most) return std::nullopt;
  return std::pair(*least, *most);
}

struct TakeWorldValue : config::TakeValue {
  Bounds limits;
  std::string_view unit;

  TakeWorldValue(const toml::node& node, const Bounds& bounds, std::string_view unit)
      : TakeValue(node, bounds), limits(bounds), unit(unit) {}
  using TakeValue::operator();

  Objected operator()(std::string* field) const {
    return node().is_string() && !is_one_line(node().as_string()->get()) ? objection() : TakeValue::operator()(field);
  }
  Objected operator()(Uuid* field) const {
    return take_text(field, [](std::string_view text) { return Uuid::parse(text); });
  }
  Objected operator()(std::optional<Address>* field) const {
    return take_text(field, [](std::string_view text) { return Address::parse(text); });
  }
  Objected operator()(Duration* field) const { return take_parsed(field, duration_of(node())); }
  Objected operator()(std::optional<Duration>* field) const { return take_parsed(field, duration_of(node())); }
  Objected operator()(ConnectionInterval* field) const {
    const auto duration = duration_of(node());
    if (!duration) return objection();
    *field = ConnectionInterval::from(*duration);
    return std::nullopt;
  }
  Objected operator()(Position* field) const { return take_parsed(field, position_of(node())); }
  Objected operator()(std::optional<Position>* field) const { return take_parsed(field, position_of(node())); }
  Objected operator()(Area* field) const { return take_parsed(field, area_of(node())); }
  Objected operator()(std::optional<Area>* field) const { return take_parsed(field, area_of(node())); }
  Objected operator()(Range* field) const {
    const auto range =
        range_of<double>(node(), [&](const toml::node& each) { return number_of(each, limits.least, limits.most); });
    if (!range) return objection();
    *field = {range->first, range->second};
    return std::nullopt;
  }
  Objected operator()(DurationRange* field) const {
    const auto range = range_of<Duration>(node(), [&](const toml::node& each) { return duration_of(each); });
    if (!range) return objection();
    *field = {range->first, range->second};
    return std::nullopt;
  }
  Objected operator()(ValueFormat* field) const {
    if (!node().is_string()) return objection();
    try {
      *field = ValueFormat::parse(node().as_string()->get());
      return std::nullopt;
    } catch (const UsageError& error) {
      return Objection{fmt::format("is wrong: {}", error.what()), error.advice()};
    }
  }
  Objected operator()(Properties* field) const {
    std::vector<Property> listed;
    const Objected objected = take_list(&listed, [](const toml::node& each) {
      return each.is_string() ? Properties::parse(each.as_string()->get()) : std::nullopt;
    });
    uint8_t bits = 0;
    for (const Property each : listed) bits = static_cast<uint8_t>(bits | static_cast<uint8_t>(each));
    if (!objected) *field = Properties(bits);
    return objected;
  }
  Objected operator()(WallTime* field) const {
    const auto* value = node().as_date_time();
    if (value == nullptr) return objection();
    const toml::date_time& given = value->get();
    const std::chrono::sys_days date = std::chrono::year(given.date.year) / given.date.month / given.date.day;
    if (given.date.year < 1980 || given.date.year > 2200) return objection();
    *field = date + std::chrono::hours(given.time.hour) + std::chrono::minutes(given.time.minute) +
             std::chrono::seconds(given.time.second) + std::chrono::nanoseconds(given.time.nanosecond) -
             std::chrono::minutes(given.offset ? given.offset->minutes : 0);
    return std::nullopt;
  }
  Objected operator()(std::vector<uint8_t>* field) const {
    return take_text(field, [](std::string_view text) { return from_hex(text); });
  }
  Objected operator()(std::optional<std::vector<uint8_t>>* field) const {
    return take_text(field, [](std::string_view text) { return from_hex(text); });
  }
  Objected operator()(Pattern* field) const { return take_parsed(field, pattern_of(node(), limits)); }
  Objected operator()(std::vector<Pattern>* field) const {
    return take_list(field, [](const toml::node& each) { return pattern_of(each, {"", 1, 100}); });
  }
  Objected operator()(Node* field) const {
    *field = &node();
    return std::nullopt;
  }

private:
  template <typename Place, typename Value>
  Objected take_parsed(Place* field, const std::optional<Value>& value) const {
    if (!value) return objection();
    *field = *value;
    return std::nullopt;
  }
  template <typename Place, typename Parse>
  Objected take_text(Place* field, Parse&& parse) const {
    if (!node().is_string()) return objection();
    return take_parsed(field, parse(std::string_view(node().as_string()->get())));
  }
  static bool is_one_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  }
  static std::optional<Pattern> pattern_of(const toml::node& each, const Bounds& bounds) {
    std::string text;
    if (const auto* given = each.as_string())
      text = given->get();
    else if (const auto* number = each.as_integer())
      text = std::to_string(number->get());
    else
      return std::nullopt;
    const auto size = static_cast<double>(text.size());
    if (size < bounds.least || size > bounds.most || !is_one_line(text)) return std::nullopt;
    return Pattern{std::move(text), each.source().begin};
  }
  // "100 ms", or a number where the key's name has the unit.
  [[nodiscard]] std::optional<Duration> duration_of(const toml::node& each) const {
    std::optional<Duration> duration;
    if (unit.empty() && each.is_string())
      duration = parse_duration(each.as_string()->get());
    else if (const auto value = each.value<double>(); !unit.empty() && each.is_number() && value)
      duration = parse_duration(fmt::format("{:.9f} {}", *value, unit));
    if (!duration || !in_range(to_seconds(*duration))) return std::nullopt;
    return duration;
  }
};

struct DescribeWorldType : config::DescribeType {
  using DescribeType::DescribeType;
  using DescribeType::operator();

  std::string operator()(const Uuid*) const { return "a UUID such as \"180f\""; }
  std::string operator()(const std::optional<Address>*) const { return "an address such as \"A4:CF:12:34:56:78\""; }
  std::string operator()(const Duration*) const { return time("a time such as \"10 s\""); }
  std::string operator()(const std::optional<Duration>*) const { return time("a time such as \"10 s\""); }
  std::string operator()(const ConnectionInterval*) const { return time("a time such as \"30 ms\""); }
  std::string operator()(const Position*) const { return "a place in metres such as [2, 3] or [2, 3, 1.5]"; }
  std::string operator()(const std::optional<Position>* field) const { return (*this)(&**field); }
  std::string operator()(const Area*) const { return "an area in metres such as [[0, 0], [20, 10]]"; }
  std::string operator()(const std::optional<Area>*) const { return (*this)(static_cast<const Area*>(nullptr)); }
  std::string operator()(const Range*) const { return number("a number or two such as [0.5, 1.5],"); }
  std::string operator()(const DurationRange*) const { return time("a time or two such as [\"5 s\", \"2 min\"],"); }
  std::string operator()(const ValueFormat*) const { return "a format such as \"s16*0.01 °C\", \"utf8\" or \"hex\""; }
  std::string operator()(const Properties*) const {
    return "a list of \"read\", \"write\", \"write-without-response\", \"notify\", \"indicate\"";
  }
  std::string operator()(const WallTime*) const { return "a moment of 1980 to 2200 such as 2026-01-01T00:00:00Z"; }
  std::string operator()(const std::vector<uint8_t>*) const { return "hexadecimal digits"; }
  std::string operator()(const std::optional<std::vector<uint8_t>>*) const { return "hexadecimal digits"; }
  std::string operator()(const Pattern*) const { return text("a text"); }
  std::string operator()(const std::vector<Pattern>*) const { return "a list of texts such as [\"temperature=21.5\"]"; }
  std::string operator()(const Node*) const { return "what its section says"; }

private:
  [[nodiscard]] std::string time(std::string_view what) const {
    return fmt::format("{} from {} to {}", what, time_text(from_seconds(bounds().least)), time_text(from_seconds(bounds().most)));
  }
};

struct WriteWorldValue : config::WriteValue {
  using WriteValue::operator();

  std::string operator()(const Uuid&) const { return {}; }
  std::string operator()(Duration value) const { return toml_string(time_text(value)); }
  std::string operator()(ConnectionInterval value) const { return (*this)(value.duration()); }
  std::string operator()(const Position& value) const { return fmt::format("[{}, {}]", value.x, value.y); }
  std::string operator()(const Area&) const { return {}; }
  std::string operator()(const Range& value) const { return fmt::format("[{}, {}]", value.least, value.most); }
  std::string operator()(const DurationRange& value) const {
    return fmt::format("[{}, {}]", (*this)(value.least), (*this)(value.most));
  }
  std::string operator()(const ValueFormat& value) const { return toml_string(value.to_string()); }
  std::string operator()(Properties value) const {
    return list(value.names(), [](std::string_view each) {
      std::string name(each);
      std::ranges::transform(name, name.begin(),
                             [](char c) { return c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c); });
      return toml_string(name);
    });
  }
  std::string operator()(WallTime value) const {
    const auto date = std::chrono::floor<std::chrono::days>(value);
    const std::chrono::year_month_day day(date);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(value - date));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int{day.year()}, unsigned{day.month()}, unsigned{day.day()},
                       time.hours().count(), time.minutes().count(), time.seconds().count());
  }
  std::string operator()(const std::vector<uint8_t>& value) const { return toml_string(to_hex(value)); }
  std::string operator()(const Pattern&) const { return {}; }
  std::string operator()(const std::vector<Pattern>&) const { return {}; }
  std::string operator()(Node) const { return {}; }
  template <typename Value>
  std::string operator()(const std::optional<Value>& value) const {
    return value ? (*this)(*value) : std::string();
  }
};

}  // namespace

std::string time_text(Duration duration) {
  constexpr std::pair<std::string_view, Duration> units[] = {
      {"d", std::chrono::days(1)}, {"h", std::chrono::hours(1)}, {"min", std::chrono::minutes(1)}};
  for (const auto& [name, length] : units)
    if (duration >= length && duration % length == Duration::zero()) return fmt::format("{} {}", duration / length, name);
  if (duration >= std::chrono::seconds(1) || duration == Duration::zero()) return fmt::format("{:.10g} s", to_seconds(duration));
  return fmt::format("{:.10g} ms", to_seconds(duration) * 1000);
}

std::string expected(const Field& field, const Bounds& bounds) {
  return std::visit([&](const auto* place) { return DescribeWorldType(bounds)(place); }, field);
}

std::string value_text(const Field& field) {
  return std::visit([](const auto* place) { return WriteWorldValue()(*place); }, field);
}

Objected take(const Field& field, const Bounds& bounds, const toml::node& node, std::string_view unit) {
  return std::visit(TakeWorldValue(node, bounds, unit), field);
}

std::string Pattern::text(size_t n) const {
  std::string out;
  std::string_view rest = form;
  while (!rest.empty()) {
    const size_t begin = rest.find("{n");
    out += rest.substr(0, begin);
    if (begin == rest.npos) break;
    rest.remove_prefix(begin);
    if (rest.starts_with("{n}")) {
      out += std::to_string(n);
      rest.remove_prefix(3);
    } else if (rest.size() >= 7 && rest.starts_with("{n:0") && rest[4] >= '1' && rest[4] <= '8' && rest.substr(5, 2) == "x}") {
      out += fmt::format("{:0{}x}", n, rest[4] - '0');
      rest.remove_prefix(7);
    } else {
      out += "{n";
      rest.remove_prefix(2);
    }
  }
  return out;
}

std::string world_reference() {
  std::string out;
  for_each_section([&]<typename Owner>(const Section<Owner>& section) {
    const bool code = !section.path.empty();
    out += fmt::format("### {0}{1}{0}\n\n{2}\n\n", code ? "`" : "", section.heading, section.meaning);
    out += "| key | takes | default | meaning |\n|---|---|---|---|\n";
    for (const Key<Owner>& key : section.keys) {
      Owner owner{};
      const Field field = key.field(owner);
      const std::string value = key.need == Need::required ? std::string() : value_text(field);
      out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, expected(field, key.bounds),
                         key.need == Need::required ? "required"
                         : value.empty()            ? "unset"
                                                    : "`" + value + "`",
                         key.meaning);
    }
    out += '\n';
  });
  return out;
}

}  // namespace moor::sim
