#include "radio/sim/world_file_read.hpp"

#include "toml/nearest.hpp"

namespace moor::sim {

namespace {

std::string path_of(std::string_view section, std::string_view key) {
  return section.empty() || key.empty() ? fmt::format("{}{}", section, key) : fmt::format("{}.{}", section, key);
}

bool is_time(const Field& field) {
  return std::holds_alternative<Duration*>(field) || std::holds_alternative<std::optional<Duration>*>(field) ||
         std::holds_alternative<ConnectionInterval*>(field) || std::holds_alternative<DurationRange*>(field);
}

}  // namespace

void FileReader::object(Place at, std::string_view section, std::string_view key, std::string what, std::string remedy) {
  mistakes_.add(at, path_of(section, key), std::move(what), std::move(remedy));
}

Given FileReader::read_rows(std::string_view section, const toml::table& table, const std::vector<Row>& rows) {
  Given given;
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    auto row = std::ranges::find(rows, name, &Row::name);
    std::string_view unit;
    if (const size_t bar = name.rfind('_'); row == rows.end() && bar != name.npos) {  // interval_ms
      row = std::ranges::find_if(rows, [&](const Row& each) { return each.name == name.substr(0, bar) && is_time(each.field); });
      if (row != rows.end()) unit = name.substr(bar + 1);
    }
    const bool known_unit =
        unit.empty() || unit == "us" || unit == "ms" || unit == "s" || unit == "min" || unit == "h" || unit == "d";
    if (row == rows.end() || !known_unit) {
      std::vector<std::string_view> names;
      names.reserve(rows.size());
      for (const Row& each : rows) names.push_back(each.name);
      object(key.source().begin, section, name, "is not known", config::remedy_for_unknown(name, names, ""));
    } else if (!given.emplace(row->name, node.source().begin).second) {
      object(key.source().begin, section, name, fmt::format("is given and so is another '{}'", row->name), "keep one");
    } else if (const auto objected = take(row->field, row->bounds, node, unit)) {
      std::string remedy = objected->remedy.empty() ? "use " + expected(row->field, row->bounds) : objected->remedy;
      if (is_time(row->field) && unit.empty() && node.is_number()) remedy += fmt::format(", or {}_s for seconds", name);
      if (!unit.empty())
        remedy = fmt::format("use a number of {}; '{}' takes {}", unit, row->name, expected(row->field, row->bounds));
      object(node.source().begin, section, name, objected->what, remedy);
    }
  }
  for (const Row& row : rows)
    if (row.need == Need::required && !given.contains(row.name))
      object(table.source().begin, section, row.name, "is missing", "add it; it takes " + expected(row.field, row.bounds));
  return given;
}

std::vector<const toml::table*> FileReader::tables(const toml::node& node, std::string_view section) {
  std::vector<const toml::table*> found;
  if (const toml::table* table = node.as_table()) found.push_back(table);
  if (const toml::array* entries = node.as_array())
    for (const toml::node& each : *entries) {
      if (const toml::table* table = each.as_table())
        found.push_back(table);
      else
        object(each.source().begin, section, "", "has " + config::in_words(each),
               fmt::format("begin each one with [[{}]]", section));
    }
  else if (found.empty())
    object(node.source().begin, section, "", "is " + config::in_words(node), fmt::format("begin it with [[{}]]", section));
  return found;
}

const toml::table* FileReader::only_table(Node node, std::string_view section) {
  if (node == nullptr) return nullptr;
  if (!node->is_table())
    object(node->source().begin, section, "", "is " + config::in_words(*node), fmt::format("begin it with [{}], once", section));
  return node->as_table();
}

}  // namespace moor::sim
