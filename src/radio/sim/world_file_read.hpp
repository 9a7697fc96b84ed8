#pragma once
// Reads one section of a world's file after the other, and notes everything that is wrong.

#include "radio/sim/world_file_keys.hpp"
#include "toml/document.hpp"

#include <map>

namespace moor::sim {

using Place = toml::source_position;

/// Which keys of a table were given, rightly or wrongly, and where.
using Given = std::map<std::string_view, Place>;

/// What reading a file goes along with.
class FileReader {
public:
  explicit FileReader(config::Mistakes& mistakes) noexcept : mistakes_(mistakes) {}

  void object(Place at, std::string_view section, std::string_view key, std::string what, std::string remedy);
  [[nodiscard]] size_t mistakes() const noexcept { return mistakes_.count(); }

  /// Reads a table's keys into their fields.
  template <typename Owner>
  Given read(const toml::table& table, Owner& owner) {
    const Section<Owner>& section = section_of<Owner>();
    std::vector<Row> rows;
    rows.reserve(section.keys.size());
    for (const Key<Owner>& key : section.keys) rows.push_back({key.name, key.bounds, key.need, key.field(owner)});
    return read_rows(section.path, table, rows);
  }
  /// Calls `visit(table)` for the tables of a list, or for a table that is the only one.
  template <typename Visit>
  void each_table(Node node, std::string_view section, Visit&& visit) {
    if (node == nullptr) return;
    for (const toml::table* table : tables(*node, section)) visit(*table);
  }
  /// The table of a section that comes once; null where it is not given or is none.
  const toml::table* only_table(Node node, std::string_view section);

private:
  struct Row {
    std::string_view name;
    Bounds bounds;
    Need need;
    Field field;
  };
  Given read_rows(std::string_view section, const toml::table& table, const std::vector<Row>& rows);
  std::vector<const toml::table*> tables(const toml::node& node, std::string_view section);

  config::Mistakes& mistakes_;
};

/// What a device advertises, as the file says it for all its copies.
struct AdvertisingPlan {
  AdvertisingDraft draft;
  Given given;
  Place at;
  std::vector<ManufacturerDraft> manufacturer{};
  std::vector<ServiceDataDraft> service_data{};
  std::vector<std::pair<FrameDraft, Given>> frames{};
};
[[nodiscard]] AdvertisingPlan read_advertising(FileReader& reader, const toml::table& table);
/// The advertisement of the n-th copy. @param device  its name and RSSI at 1 m are used.
[[nodiscard]] Advertising build_advertising(FileReader& reader, const AdvertisingPlan& plan, const DeviceEntry& device, size_t n);

/// GATT services with their values.
[[nodiscard]] std::vector<Service> read_services(FileReader& reader, Node node);

}  // namespace moor::sim
