#include "gatt/value_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <span>

namespace moor {

namespace json = boost::json;

namespace {

json::value scalar(const ValueField& field) {
  if (const double* number = std::get_if<double>(&field.value)) return *number;
  if (const bool* flag = std::get_if<bool>(&field.value)) return *flag;
  if (const std::string* text = std::get_if<std::string>(&field.value)) return json::string(*text);
  return nullptr;
}

json::value field_json(const ValueField& field) {
  if (field.unit.empty()) return scalar(field);
  return json::object{{"value", scalar(field)}, {"unit", field.unit}};
}

}  // namespace

json::value to_json(const DecodedValue& value) {
  const ValueField& first = value.fields.front();
  if (value.has_main && value.fields.size() == 1) return field_json(first);
  json::object object;
  size_t from = 0;
  if (value.has_main) {
    object["value"] = scalar(first);
    if (!first.unit.empty()) object["unit"] = first.unit;
    from = 1;
  }
  for (const ValueField& field : std::span(value.fields).subspan(from)) {
    json::value& member = object[field.name];
    if (!field.in_list)
      member = field_json(field);
    else if (member.is_array())
      member.get_array().push_back(field_json(field));
    else
      member = json::array{field_json(field)};
  }
  return object;
}

}  // namespace moor
