#include "radio/sim/world_file_devices.hpp"

namespace moor::sim {

namespace {

constexpr config::FileWords words = {
    .what = "world",
    .if_unreadable = "examples/worlds has some to start from.",
    .if_large = "Use count for many devices of one kind.",
    .where_described = "docs/worlds.md describes every key.",
};
constexpr size_t most_radios = 1000;

void read_channel(FileReader& reader, Node node, Channel& into) {
  const toml::table* table = reader.only_table(node, "channel");
  if (table == nullptr) return;
  const Given given = reader.read(*table, into);
  if (into.body_min_db > into.body_max_db) {
    const auto at = given.contains("body_min_db") ? given.find("body_min_db") : given.find("body_max_db");
    reader.object(at->second, "channel", at->first,
                  fmt::format("makes body_min_db {} and body_max_db {}", into.body_min_db, into.body_max_db),
                  "use a body_min_db of at most body_max_db");
  }
}

RadioFault read_fault(FileReader& reader, const toml::table& table) {
  constexpr std::string_view section = "radio.fault";
  RadioFault fault;
  const Given given = reader.read(table, fault);
  if (fault.every && !fault.lasts)
    reader.object(given.at("every"), section, "every", "is given for what does not end", "say how long it lasts");
  if (fault.random && !fault.every && !given.contains("every"))
    reader.object(given.at("random"), section, "random", "is given without every", "say how often, such as every = \"60 h\"");
  return fault;
}

class RadioReader {
public:
  explicit RadioReader(FileReader& reader) : reader_(reader) {}

  [[nodiscard]] std::vector<RadioEntry> read(Node node) {
    reader_.each_table(node, "radio", [&](const toml::table& table) { read_radio(table); });
    if (radios_.empty()) radios_.push_back({.name = "radio", .position = {}});
    return std::move(radios_);
  }

private:
  void read_radio(const toml::table& table) {
    const Place at = table.source().begin;
    if (lines_.size() == most_radios) return reader_.object(at, "radio", "", "is one too many", "a world has up to 1000 of them");
    RadioDraft draft;
    const Given given = reader_.read(table, draft);
    RadioEntry& radio = draft.entry;
    if (const auto [found, is_new] = lines_.emplace(radio.name, at.line); !is_new && given.contains("name"))
      reader_.object(given.at("name"), "radio", "name", fmt::format("is '{}' as in line {}", radio.name, found->second),
                     "give each radio its own");
    if (!given.contains("scan_window") && radio.scan_window > radio.scan_interval) radio.scan_window = radio.scan_interval;
    if (radio.scan_window > radio.scan_interval)
      reader_.object(given.at("scan_window"), "radio", "scan_window",
                     fmt::format("is {} and scan_interval {}", time_text(radio.scan_window), time_text(radio.scan_interval)),
                     "listen for at most the interval");
    reader_.each_table(draft.faults, "radio.fault",
                       [&](const toml::table& entry) { radio.faults.push_back(read_fault(reader_, entry)); });
    radios_.push_back(std::move(radio));
  }

  FileReader& reader_;
  std::vector<RadioEntry> radios_;
  std::map<std::string, toml::source_index> lines_;
};

}  // namespace

WorldSpec parse_world(std::string_view text, const std::string& name) {
  const toml::table root = config::parse_document(text, name, words);
  config::Mistakes mistakes;
  FileReader reader(mistakes);
  WorldDraft draft;
  (void)reader.read(root, draft);
  WorldSpec& world = draft.spec;
  read_channel(reader, draft.channel, world.channel);
  reader.each_table(draft.walls, "wall", [&](const toml::table& table) { (void)reader.read(table, world.walls.emplace_back()); });
  world.radios = RadioReader(reader).read(draft.radios);
  DeviceReader devices(reader, world.radios, world.seed);
  devices.read(draft.devices);
  world.devices = devices.take_devices();
  mistakes.throw_if_any(name, words);
  return std::move(world);
}

WorldSpec load_world(const std::filesystem::path& path) {
  return parse_world(config::read_document(path, words), path.string());
}

}  // namespace moor::sim
