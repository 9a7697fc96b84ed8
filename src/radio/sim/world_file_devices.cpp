// The devices of a world's file, each as often as its count says.

#include "radio/sim/world_file_devices.hpp"
#include "radio/sim/random.hpp"
#include "toml/nearest.hpp"

namespace moor::sim {

namespace {

constexpr std::string_view section = "device";

// A measure of what a table becomes in memory: nodes, and texts by their length.
size_t weight_of(const toml::node& node) {
  size_t weight = 1;
  if (const auto* table = node.as_table())
    for (const auto& [key, value] : *table) weight += weight_of(value);
  if (const auto* list = node.as_array())
    for (const toml::node& each : *list) weight += weight_of(each);
  if (const auto* text = node.as_string()) weight += text->get().size() / 32;
  return weight;
}

bool comes_by_itself(DeviceFault::Kind kind) {
  return kind == DeviceFault::Kind::drop || kind == DeviceFault::Kind::reboot || kind == DeviceFault::Kind::services_changed;
}

// The keys of a fault that only some kinds look at.
bool is_for(std::string_view key, DeviceFault::Kind kind) {
  using enum DeviceFault::Kind;
  if (key == "reason" || key == "text") return kind == connect_error;
  if (key == "close") return kind == drop;
  if (key == "att_code") return kind == operation_error;
  if (key == "every" || key == "random") return comes_by_itself(kind);
  if (key == "after") return kind == connect_error || kind == services_late || kind == reboot;
  return true;
}

}  // namespace

void DeviceReader::read(Node node) {
  reader_.each_table(node, section, [&](const toml::table& table) { read_device(table); });
}

void DeviceReader::read_device(const toml::table& table) {
  const size_t mistakes_before = reader_.mistakes();
  DeviceDraft draft;
  const Given given = reader_.read(table, draft);
  if (const std::string name = draft.name.text(draft.count); draft.count > 1 && name == draft.name.form && draft.name.is_given())
    draft.name.form += " {n}";
  draft.entry.movement = movement(draft, given, table);
  draft.entry.services = read_services(reader_, draft.services);
  draft.entry.sleep = sleep(draft.sleep);
  read_pairing(draft, given, table);
  reader_.each_table(draft.faults, "device.fault", [&](const toml::table& entry) { draft.entry.faults.push_back(fault(entry)); });
  const auto plan = advertising(draft, table);
  if (plan && plan->given.contains("connectable") && !plan->draft.entry.connectable && !draft.entry.services.empty())
    reader_.object(plan->given.at("connectable"), "device.advertising", "connectable", "is false for a device with services",
                   "leave it out, or the services");
  if (!has_room_for(draft.count, table)) return;
  for (size_t n = 1; n <= draft.count && reader_.mistakes() == mistakes_before; ++n) add_copy(draft, plan, n, table);
}

bool DeviceReader::has_room_for(size_t count, const toml::table& table) {
  constexpr size_t most_devices = 100'000;
  constexpr size_t most_weight = 3'000'000;  // some hundred MB
  const size_t weight = weight_of(table);
  if (devices_.size() + count > most_devices || weight * count > most_weight - weight_) {
    reader_.object(
        table.source().begin, section, "count", fmt::format("makes {} devices", devices_.size() + count),
        devices_.size() + count > most_devices ? "a world has up to 100000" : "that is too much with all they have: use fewer");
    return false;
  }
  weight_ += weight * count;
  return true;
}

std::optional<AdvertisingPlan> DeviceReader::advertising(const DeviceDraft& draft, const toml::table& table) {
  if (draft.advertising == nullptr) return AdvertisingPlan{.draft = {}, .given = {}, .at = table.source().begin};
  if (const auto* wanted = draft.advertising->as_boolean())
    return wanted->get() ? std::optional(AdvertisingPlan{.draft = {}, .given = {}, .at = table.source().begin}) : std::nullopt;
  const toml::table* section_table = reader_.only_table(draft.advertising, "device.advertising");
  if (section_table == nullptr) return std::nullopt;
  return read_advertising(reader_, *section_table);
}

Movement DeviceReader::movement(const DeviceDraft& draft, const Given& given, const toml::table& table) {
  std::string_view first;
  for (const std::string_view key : {"position", "area", "path", "walk"}) {
    const auto at = given.find(key);
    if (at == given.end()) continue;
    if (!first.empty())
      reader_.object(at->second, section, key, fmt::format("is given and so is {}", first),
                     "keep one: a device moves in one way");
    first = key;
  }
  if (const auto at = given.find("stagger"); at != given.end() && first != "path")
    reader_.object(at->second, section, "stagger", "is given without a path", "give a path, or leave it out");
  if (const toml::table* walk_table = reader_.only_table(draft.walk, "device.walk")) {
    WalkDraft walk;
    (void)reader_.read(*walk_table, walk);
    return RandomWaypoint{.min = walk.area.min,
                          .max = walk.area.max,
                          .speed_min = walk.speed.least,
                          .speed_max = walk.speed.most,
                          .stay_min = walk.stay.least,
                          .stay_max = walk.stay.most};
  }
  if (draft.path == nullptr) return draft.position.value_or(Position{});
  std::vector<Waypoint> path;
  reader_.each_table(draft.path, "device.path", [&](const toml::table& entry) {
    Waypoint point;
    (void)reader_.read(entry, point);
    if (!path.empty() && point.at <= path.back().at)
      reader_.object(entry.source().begin, "device.path", "at", "is not after the one before",
                     "put the places in the order of time");
    path.push_back(point);
  });
  if (path.empty() && draft.path->is_array() && draft.path->as_array()->empty())
    reader_.object(table.source().begin, section, "path", "is empty", "give at least one place");
  return path;
}

std::optional<Sleep> DeviceReader::sleep(Node node) {
  const toml::table* table = reader_.only_table(node, "device.sleep");
  if (table == nullptr) return std::nullopt;
  Sleep read;
  (void)reader_.read(*table, read);
  return read;
}

void DeviceReader::read_pairing(DeviceDraft& draft, const Given& given, const toml::table& table) {
  const PairingMethod method = draft.entry.pairing;
  const auto pairing = given.find("pairing");
  if (pairing != given.end() && !draft.entry.bonds)
    reader_.object(pairing->second, section, "pairing", "is given and bonds is false", "leave one of them out");
  const bool has_passkey = method == PairingMethod::passkey_entry || method == PairingMethod::passkey_display;
  if (const auto at = given.find("passkey"); at != given.end() && !has_passkey)
    reader_.object(at->second, section, "passkey", fmt::format("is not for {}", to_string(method)),
                   "leave it out, or use pairing = \"passkey entry\"");
  if (method == PairingMethod::passkey_entry && !given.contains("passkey"))
    reader_.object(table.source().begin, section, "passkey", "is missing", "say what the device shows, such as passkey = 123456");
  draft.entry.passkey = static_cast<uint32_t>(draft.passkey.value_or(0));
}

DeviceFault DeviceReader::fault(const toml::table& table) {
  constexpr std::string_view here = "device.fault";
  DeviceFaultDraft draft;
  const Given given = reader_.read(table, draft);
  DeviceFault& made = draft.entry;
  made.att_code = static_cast<uint8_t>(draft.att_code);
  const std::string_view kind = config::names_of<DeviceFault::Kind>()[static_cast<size_t>(made.kind)];
  const size_t mistakes_before = reader_.mistakes();
  for (const auto& [key, at] : given)
    if (!is_for(key, made.kind)) reader_.object(at, here, key, fmt::format("is not for {}", kind), "leave it out");
  if (made.random && !made.every && reader_.mistakes() == mistakes_before)
    reader_.object(given.at("random"), here, "random", "is given without every", "say how often, such as every = \"60 h\"");
  if ((made.kind == DeviceFault::Kind::reboot || made.kind == DeviceFault::Kind::services_late) && made.after == Duration::zero())
    reader_.object(table.source().begin, here, "after", "is missing", fmt::format("say how long the {} takes", kind));
  const auto named = [&](const RadioEntry& radio) { return radio.name == made.radio; };
  if (!made.radio.empty() && std::ranges::none_of(radios_, named)) {
    std::vector<std::string_view> names;
    for (const RadioEntry& radio : radios_)
      if (names.size() < 20) names.push_back(radio.name);
    reader_.object(given.at("radio"), here, "radio", fmt::format("is '{}', which is no radio of this world", made.radio),
                   config::remedy_for_unknown(made.radio, names, ""));
  }
  return std::move(made);
}

void DeviceReader::add_copy(const DeviceDraft& draft, const std::optional<AdvertisingPlan>& plan, size_t n,
                            const toml::table& table) {
  DeviceEntry device = draft.entry;
  device.name = draft.name.text(n);
  const bool random = !draft.address || draft.address_type == AddressType::random;
  constexpr uint64_t own_addresses = 0xC000'0000'0000;  // random static, which begin with two set bits
  device.address = Address((draft.address ? draft.address->bits() + (n - 1) : own_addresses + devices_.size() + 1), random);
  const Place at = table.source().begin;
  if (const auto [found, is_new] = addresses_.emplace(device.address.bits(), at.line); !is_new) {
    reader_.object(at, section, "address",
                   fmt::format("is {} as of the device in line {}", device.address.to_string(), found->second),
                   "give each device its own; those of a count follow each other");
    return;
  }
  if (auto* path = std::get_if<std::vector<Waypoint>>(&device.movement))
    for (Waypoint& point : *path) point.at += draft.stagger * static_cast<Duration::rep>(n - 1);
  if (draft.area) {
    const Random random_number(seed_);
    const auto between = [&](double least, double most, uint64_t axis) {
      return least + (most - least) * random_number.uniform(Purpose::movement, devices_.size(), ~uint64_t{0}, axis);
    };
    device.movement = Position{between(draft.area->min.x, draft.area->max.x, 0), between(draft.area->min.y, draft.area->max.y, 1),
                               between(draft.area->min.z, draft.area->max.z, 2)};
  }
  if (plan)
    device.advertising = build_advertising(reader_, *plan, device, n);
  else
    device.advertising.reset();
  devices_.push_back(std::move(device));
}

}  // namespace moor::sim
