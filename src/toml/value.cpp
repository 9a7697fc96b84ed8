#include "toml/value.hpp"

namespace moor::config {

std::string in_words(const toml::node& node) {
  if (const auto* text = node.as_string()) return "'" + text->get().substr(0, 60) + "'";
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  return "a date or time";
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + '"';
}

Objected TakeValue::operator()(bool* field) const {
  const auto* value = node_.as_boolean();
  if (value == nullptr) return objection();
  *field = value->get();
  return std::nullopt;
}

Objected TakeValue::operator()(std::optional<int>* field) const {
  int value = 0;
  Objected objected = take_whole(&value);
  if (!objected) *field = value;
  return objected;
}

Objected TakeValue::operator()(double* field) const {
  const auto value = number();
  if (!value) return objection();
  *field = *value;
  return std::nullopt;
}

Objected TakeValue::operator()(std::optional<double>* field) const {
  const auto value = number();
  if (!value) return objection();
  *field = value;
  return std::nullopt;
}

Objected TakeValue::operator()(std::vector<Uuid>* field) const {
  return take_list(field, [](const toml::node& each) -> std::optional<Uuid> {
    return each.is_string() ? Uuid::parse(each.as_string()->get()) : std::nullopt;
  });
}

std::optional<double> TakeValue::number() const {
  const auto value = node_.value<double>();
  return node_.is_number() && value && in_range(*value) ? value : std::nullopt;
}

std::string DescribeType::number(std::string_view what) const {
  const std::string unit = bounds_.unit.empty() ? "" : fmt::format(" {}", bounds_.unit);
  return fmt::format("{} from {} to {}{}", what, bounds_.least, bounds_.most, unit);
}

std::string DescribeType::text(std::string_view what) const {
  return bounds_.least == 0 ? fmt::format("{} of up to {} bytes", what, bounds_.most)
                            : fmt::format("{} of {} to {} bytes", what, bounds_.least, bounds_.most);
}

}  // namespace moor::config
