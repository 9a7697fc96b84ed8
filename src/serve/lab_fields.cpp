#include "serve/lab_fields.hpp"

#include "http/message.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>
#include <cmath>

namespace moor::serve {

namespace json = boost::json;

namespace {

http::Refusal refusal(std::string_view name, const std::string& what, std::string advice) {
  return {400, fmt::format("'{}' {}", name, what), std::move(advice)};
}

}  // namespace

LabFields::LabFields(const json::object& object, std::initializer_list<std::string_view> known) : object_(object) {
  for (const auto& [name, value] : object)
    if (std::ranges::find(known, std::string_view(name)) == known.end())
      throw http::Refusal(400, fmt::format("there is no field '{:.40}'", std::string_view(name)),
                          fmt::format("the fields are {}", fmt::join(known, ", ")));
}

const json::value* LabFields::find(std::string_view name) const {
  const json::value* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<double> LabFields::number(std::string_view name, double least, double most) const {
  const json::value* value = find(name);
  if (value == nullptr) return std::nullopt;
  return lab_number(*value, name, least, most);
}

std::optional<int> LabFields::integer(std::string_view name, int least, int most) const {
  const auto given = number(name, least, most);
  if (given && *given != std::trunc(*given))
    throw refusal(name, "is no whole number", fmt::format("give one from {} to {}", least, most));
  return given ? std::optional(static_cast<int>(*given)) : std::nullopt;
}

std::optional<std::string> LabFields::text(std::string_view name, size_t most_bytes) const {
  const json::value* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) throw refusal(name, "is no text", "put it in quotes");
  const json::string& given = value->get_string();
  if (given.size() > most_bytes) throw refusal(name, "is too long", fmt::format("give at most {} bytes", most_bytes));
  return std::string(given);
}

bool LabFields::flag(std::string_view name) const {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  if (!value->is_bool()) throw refusal(name, "is neither true nor false", "give one of these, without quotes");
  return value->get_bool();
}

const json::array* LabFields::array(std::string_view name, size_t most_elements) const {
  const json::value* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) throw refusal(name, "is no list", "give a list in brackets");
  if (value->get_array().size() > most_elements)
    throw refusal(name, "has too many elements", fmt::format("give at most {}", most_elements));
  return &value->get_array();
}

std::vector<std::string> LabFields::texts(std::string_view name, size_t most_elements, size_t most_bytes) const {
  std::vector<std::string> texts;
  const json::array* given = array(name, most_elements);
  if (given == nullptr) return texts;
  for (const json::value& each : *given) {
    if (!each.is_string() || each.get_string().size() > most_bytes)
      throw refusal(name, "is no list of texts", fmt::format("put each in quotes, of at most {} bytes", most_bytes));
    texts.emplace_back(each.get_string());
  }
  return texts;
}

double lab_number(const json::value& value, std::string_view what, double least, double most) {
  boost::system::error_code error;
  const double number = value.is_number() ? value.to_number<double>(error) : std::nan("");
  const bool inside = number >= least && number <= most;  // NaN is not
  if (error || !inside) throw refusal(what, "is out of range", fmt::format("give a number from {} to {}", least, most));
  return number;
}

}  // namespace moor::serve
