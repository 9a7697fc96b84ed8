// A configuration in words: what keys take, the reference, the example and the explanation.

#include "gateway/config_keys.hpp"

#include <fmt/format.h>

namespace moor::config {

namespace {

struct WriteGatewayValue : WriteValue {
  const Key& key;

  explicit WriteGatewayValue(const Key& of) : key(of) {}
  using WriteValue::operator();
  std::string operator()(Duration value) const {
    return fmt::format("{:.9g}", to_seconds(value) / to_seconds(length_of(key.unit)));
  }
  std::string operator()(const GatewayConfig::HexKey&) const { return {}; }  // a secret
  std::string operator()(const GatewayConfig::Secret&) const { return {}; }
  std::string operator()(const Uuid& value) const { return toml_string(value.to_string()); }
  std::string operator()(const std::vector<std::string>& values) const {
    return list(values, [](const std::string& each) { return toml_string(each); });
  }
  std::string operator()(const std::set<EventKind>& values) const {
    return list(values, [](EventKind each) { return toml_string(names_of<EventKind>()[static_cast<size_t>(each)]); });
  }
  std::string operator()(const RadioSpec& value) const { return toml_string(value.to_setting()); }
  std::string operator()(const std::vector<uint16_t>& values) const {
    return list(values, [](uint16_t each) { return fmt::format("0x{:04x}", each); });
  }
  std::string operator()(const std::vector<Address>& values) const {
    return list(values, [](const Address& each) { return toml_string(each.to_string()); });
  }
  template <typename Value>
  std::string operator()(const std::optional<Value>& value) const {
    return value ? (*this)(*value) : std::string();
  }
};

struct DescribeGatewayType : DescribeType {
  explicit DescribeGatewayType(const Key& key) : DescribeType(bounds_of(key)) {}

  using DescribeType::operator();
  std::string operator()(const Duration*) const { return number("a number"); }
  std::string operator()(const std::optional<Duration>*) const { return number("a number"); }
  std::string operator()(const std::optional<Address>*) const { return "an address such as \"A4:CF:12:34:56:78\""; }
  std::string operator()(const GatewayConfig::HexKey*) const { return "hexadecimal digits, 32 of most kinds"; }
  std::string operator()(const GatewayConfig::Secret*) const { return "a secret text"; }
  std::string operator()(const std::optional<Uuid>*) const { return "a UUID such as \"181a\""; }
  std::string operator()(const std::vector<std::string>*) const { return "a list of texts"; }
  std::string operator()(const std::set<EventKind>*) const { return "a list of \"zone\" and \"visit\""; }
  std::string operator()(const RadioSpec*) const { return "a radio such as \"bluez:hci0\""; }
  std::string operator()(const std::vector<uint16_t>*) const {
    return fmt::format("a list of company numbers from {} to {}", bounds().least, bounds().most);
  }
  std::string operator()(const std::vector<Address>*) const { return "a list of addresses such as [\"A4:CF:12:34:56:78\"]"; }
};

// A value to show where a key has no default, or one that says little.
std::string sample_text(const Key& key, GatewayConfig& defaults) {
  std::string value = value_text(key, defaults);
  const Entries* entries = find_section(key.section)->entries;
  if (entries != nullptr && key.name == entries->required) return std::string(entries->example);
  const Field field = key.field(defaults);
  if (std::holds_alternative<std::vector<std::string>*>(field)) return "[\"bluez\"]";
  if (key.section == "sensor" && key.name == "read") return "[\"2a19\"]";
  if (!value.empty()) return value;
  if (std::holds_alternative<std::optional<Address>*>(field)) return "\"A4:CF:12:34:56:78\"";
  if (std::holds_alternative<std::optional<Uuid>*>(field)) return "\"181a\"";
  if (std::holds_alternative<GatewayConfig::Secret*>(field)) return "\"\"";
  if (key.unit == "days") return "30";
  return key.unit == "s" ? "10" : "-59";
}

GatewayConfig defaults() {
  GatewayConfig config;
  for (const Section& section : sections())
    if (section.entries != nullptr) section.entries->append(config);
  return config;
}

}  // namespace

std::string expected(const Key& key) {
  GatewayConfig config = defaults();
  return std::visit(DescribeGatewayType(key), key.field(config));
}

std::string value_text(const Key& key, GatewayConfig& config) {
  return std::visit([&](const auto* field) { return WriteGatewayValue(key)(*field); }, key.field(config));
}

}  // namespace moor::config

namespace moor {

using namespace config;

std::string config_reference() {
  GatewayConfig config = defaults();
  std::string out;
  for (const Section& section : sections()) {
    const bool repeated = section.entries != nullptr;
    out += fmt::format("### `{}{}{}`\n\n{}\n\n", repeated ? "[[" : "[", section.name, repeated ? "]]" : "]", section.meaning);
    out += "| key | takes | default | meaning |\n|---|---|---|---|\n";
    for (const config::Key& key : keys()) {
      if (key.section != section.name) continue;
      const std::string value = value_text(key, config);
      out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, expected(key), value.empty() ? "unset" : "`" + value + "`",
                         key.meaning);
    }
    out += '\n';
  }
  return out;
}

namespace {

// One section of the example. What differs from the default stands as it is, the rest behind '#'.
std::string example_of(const Section& section, GatewayConfig& chosen, bool given) {
  GatewayConfig plain = defaults();
  const auto differs = [&](const config::Key& key) {
    const bool required = section.entries != nullptr && section.entries->required == key.name;
    return given && (required || value_text(key, chosen) != value_text(key, plain));
  };
  const bool repeated = section.entries != nullptr;
  bool any = false;
  std::string lines;
  for (const config::Key& key : keys()) {
    if (key.section != section.name) continue;
    lines += fmt::format("\n# {}\n# Takes {}.\n", key.meaning, expected(key));
    if (differs(key)) {
      any = true;
      lines += fmt::format("{} = {}\n", key.name, value_text(key, chosen));
    } else {
      lines += fmt::format("#{} = {}\n", key.name, sample_text(key, plain));
    }
  }
  return fmt::format("\n# {}\n{}{}{}{}\n", section.meaning, any ? "" : "#", repeated ? "[[" : "[", section.name,
                     repeated ? "]]" : "]") +
         lines;
}

}  // namespace

std::string example_config(const GatewayConfig& chosen) {
  std::string out =
      "# Configuration of 'moor gateway'. Every key is here with its default; remove the '#' before those to change, and the "
      "one\n"
      "# before their section.\n";
  for (const Section& section : sections()) {
    const size_t entries = section.entries == nullptr ? 1 : section.entries->count(chosen);
    for (size_t i = 0; i < entries; ++i) {
      GatewayConfig one = section.entries == nullptr ? chosen : section.entries->with_last(chosen, i);
      out += example_of(section, one, true);
    }
    if (entries == 0) {
      GatewayConfig plain = defaults();
      out += example_of(section, plain, false);
    }
  }
  return out;
}

std::string explain_config(const GatewayConfig& given) {
  GatewayConfig all = given;
  std::string out;
  const auto explain = [&](std::string_view heading, std::string_view section, GatewayConfig& config) {
    out += fmt::format("{}{}\n", out.empty() ? "" : "\n", heading);
    for (const config::Key& key : keys()) {
      if (key.section != section) continue;
      const std::string value = value_text(key, config);
      if (!value.empty()) out += fmt::format("{} = {}\n", key.name, value);
    }
  };
  for (const Section& section : sections()) {
    if (section.entries == nullptr) {
      explain(fmt::format("[{}]", section.name), section.name, all);
      continue;
    }
    for (size_t i = 0; i < section.entries->count(given); ++i) {
      GatewayConfig one = section.entries->with_last(given, i);
      explain(fmt::format("[[{}]]", section.name), section.name, one);
    }
  }
  return out;
}

}  // namespace moor
