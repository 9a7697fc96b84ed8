#include "gateway/config.hpp"

#include "gateway/config_keys.hpp"
#include "toml/document.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

namespace moor {

namespace {

using config::in_words;
using config::Key;
using config::Objected;
using config::Objection;
using Position = toml::source_position;

constexpr config::FileWords words = {
    .what = "configuration",
    .if_unreadable = "'moor gateway --init' writes one to start from.",
    .if_large = "Name a configuration, not a capture or a store.",
    .where_described = "docs/gateway.md describes every key.",
};

// Takes a value over into a field of each type.
struct TakeValue : config::TakeValue {
  const Key& key;

  TakeValue(const Key& of, const toml::node& node) : config::TakeValue(node, config::bounds_of(of)), key(of) {}
  using config::TakeValue::operator();
  Objected operator()(Duration* field) const { return take_duration(field); }
  Objected operator()(std::optional<Duration>* field) const { return take_duration(field); }
  Objected operator()(RadioSpec* field) const {
    const auto* value = node().as_string();
    if (value == nullptr) return objection();
    try {
      *field = RadioSpec::parse(value->get());
      return std::nullopt;
    } catch (const UsageError& error) {
      return Objection{fmt::format("is wrong: {}", error.what()), error.advice()};
    }
  }
  Objected operator()(std::optional<Address>* field) const {
    const auto* value = node().as_string();
    const auto address = value == nullptr ? std::nullopt : Address::parse(value->get());
    if (!address) return objection();
    *field = address;
    return std::nullopt;
  }
  Objected operator()(GatewayConfig::HexKey* field) const {
    const auto* value = node().as_string();
    auto bytes = value == nullptr ? std::nullopt : from_hex(value->get());
    if (!bytes || bytes->empty()) return Objection{"is no key"};  // a secret is not repeated
    field->bytes = std::move(*bytes);
    return std::nullopt;
  }
  Objected operator()(std::vector<Address>* field) const {
    return take_list(field, [](const toml::node& each) -> std::optional<Address> {
      return each.is_string() ? Address::parse(each.as_string()->get()) : std::nullopt;
    });
  }
  Objected operator()(std::vector<uint16_t>* field) const {
    return take_list(field, [this](const toml::node& each) -> std::optional<uint16_t> {
      const auto* value = each.as_integer();
      if (value == nullptr || !in_range(static_cast<double>(value->get()))) return std::nullopt;
      return static_cast<uint16_t>(value->get());
    });
  }

private:
  template <typename Length>
  Objected take_duration(Length* field) const {
    const auto value = number();
    if (!value) return objection();
    *field = from_seconds(*value * to_seconds(config::length_of(key.unit)));
    return std::nullopt;
  }
};

// Reads a file's tables into a configuration and notes everything that is wrong.
class Reader {
public:
  void read(const toml::table& root) {
    for (const auto& [name, node] : root) read_section(name, node);
    if (config_.radios.empty()) config_.radios.emplace_back();
    check_presence();
    check_sizes();
    check_radios();
    check_keys();
  }

  [[nodiscard]] GatewayConfig take_config(const std::string& file) {
    mistakes_.throw_if_any(file, words);
    for (std::filesystem::path* path : {&config_.store.path, &config_.privacy.key_file})
      if (!path->empty()) *path = config_.gateway.data_dir / *path;  // which leaves an absolute path alone
    return std::move(config_);
  }

private:
  void object(Position at, std::string key, std::string what, std::string remedy) {
    mistakes_.add(at, std::move(key), std::move(what), std::move(remedy));
  }

  void read_section(const toml::key& name, const toml::node& node) {
    const std::string section(name.str());
    const auto known = config::sections();
    if (std::ranges::find(known, section, &config::Section::name) == known.end()) return unknown_section(name);
    if (!config::repeats(section)) {
      if (const toml::table* table = node.as_table()) return read_keys(section, *table);
      return object(name.source().begin, section, "is " + in_words(node), "begin a section with [" + section + "]");
    }
    const toml::array* entries = node.as_array();
    if (entries == nullptr || !std::ranges::all_of(*entries, [](const toml::node& each) { return each.is_table(); }))
      return object(name.source().begin, section, "is " + in_words(node),
                    fmt::format("begin each {0} with [[{0}]], since there may be several", section));
    for (const toml::node& each : *entries) section == config::radio_section ? read_radio(each) : read_key(each);
  }

  void read_radio(const toml::node& entry) {
    config_.radios.emplace_back();
    radio_positions_.push_back(entry.source().begin);
    read_keys(std::string(config::radio_section), *entry.as_table());
    if (!entry.as_table()->contains("spec"))
      object(entry.source().begin, "radio.spec", "is missing", "say which radio, such as spec = \"bluez\"");
  }

  void read_key(const toml::node& entry) {
    config_.keys.emplace_back();
    key_positions_.push_back(entry.source().begin);
    const size_t mistakes_before = mistakes_.count();
    read_keys(std::string(config::key_section), *entry.as_table());
    if (!entry.as_table()->contains("key"))
      object(entry.source().begin, "key.key", "is missing",
             "give it as hexadecimal digits, such as key = \"231d39c1d7cc1ab1aee224cd096db932\"");
    if (mistakes_.count() > mistakes_before) config_.keys.back().key.bytes.clear();  // what is wrong with it has been said
  }

  void read_keys(const std::string& section, const toml::table& table) {
    for (const auto& [name, node] : table) {
      const Key* key = config::find_key(section, name.str());
      if (key == nullptr) {
        unknown_key(section, name);
        continue;
      }
      const std::string path = section + "." + std::string(name.str());
      if (const Objected objection = std::visit(TakeValue(*key, node), key->field(config_)))
        object(node.source().begin, path, objection->what,
               objection->remedy.empty() ? "use " + config::expected(*key) : objection->remedy);
      else
        given_[path] = node.source().begin;
    }
  }

  void unknown_section(const toml::key& name) {
    std::vector<std::string_view> sections;
    for (const config::Section& section : config::sections()) sections.push_back(section.name);
    for (const Key& key : config::keys())
      if (key.name == name.str())
        return object(name.source().begin, std::string(name.str()), "is in no section", belongs_in(key.section));
    object(name.source().begin, std::string(name.str()), "is no section", config::remedy_for_unknown(name.str(), sections, ""));
  }

  void unknown_key(const std::string& section, const toml::key& name) {
    std::vector<std::string_view> here;
    for (const Key& key : config::keys())
      if (key.section == section) here.push_back(key.name);
    const auto elsewhere = std::ranges::find(config::keys(), name.str(), &Key::name);
    object(name.source().begin, section + "." + std::string(name.str()), "is not known",
           config::remedy_for_unknown(name.str(), here,
                                      elsewhere != config::keys().end() ? belongs_in(elsewhere->section) : std::string()));
  }

  static std::string belongs_in(std::string_view section) { return fmt::format("it belongs in [{}]", section); }

  // The place of the first of these keys that the file gives; nothing if it gives none, and then they are the defaults.
  [[nodiscard]] std::optional<std::pair<std::string, Position>> given(std::initializer_list<const char*> paths) const {
    for (const char* path : paths)
      if (const auto found = given_.find(path); found != given_.end()) return *found;
    return std::nullopt;
  }

  void check_presence() {
    const GatewayConfig::Presence& presence = config_.presence;
    if (const auto at = given({"presence.near_dbm", "presence.far_dbm"}); at && presence.near_dbm <= presence.far_dbm)
      object(at->second, at->first, fmt::format("makes near_dbm {} and far_dbm {}", presence.near_dbm, presence.far_dbm),
             "near is the stronger signal: use a near_dbm above far_dbm");
    if (const auto at = given({"presence.tau_s"}); at && given({"presence.alpha"}))
      object(at->second, at->first, "is given and so is alpha", "keep one: alpha weighs samples, tau_s time");
    if (const auto at = given({"devices.forget_after_s", "presence.lost_after_s"});
        at && config_.devices.forget_after < presence.lost_after)
      object(at->second, at->first,
             fmt::format("makes forget_after_s {} and lost_after_s {}", to_seconds(config_.devices.forget_after),
                         to_seconds(presence.lost_after)),
             "a device must leave before it is forgotten: use a devices.forget_after_s of at least presence.lost_after_s");
  }

  void check_sizes() {
    if (const auto at = given({"store.batch_rows", "store.queue_rows"});
        at && config_.store.batch_rows > config_.store.queue_rows)
      object(at->second, at->first,
             fmt::format("makes batch_rows {} and queue_rows {}", config_.store.batch_rows, config_.store.queue_rows),
             "a batch comes from the queue: use a queue_rows of at least batch_rows");
  }

  void check_radios() {
    for (size_t i = 0; i < radio_positions_.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (const std::string spec = config_.radios[i].spec.to_string(); spec == config_.radios[j].spec.to_string()) {
          object(radio_positions_[i], "radio.spec", fmt::format("is '{}' as in line {}", spec, radio_positions_[j].line),
                 "a radio can be opened once: remove one of the two");
          break;
        }
  }

  // A key that was read at all must fit its kind and be the device's only one.
  void check_keys() {
    KeyRing ring;
    for (size_t i = 0; i < key_positions_.size(); ++i) {
      if (config_.keys[i].key.bytes.empty()) continue;
      try {
        add_keys({config_.keys[i]}, ring);
      } catch (const UsageError& error) {
        object(key_positions_[i], "key", fmt::format("is wrong: {}", error.what()), error.advice());
      }
    }
  }

  GatewayConfig config_;
  config::Mistakes mistakes_;
  std::map<std::string, Position> given_;  // keys that were taken over
  std::vector<Position> radio_positions_;
  std::vector<Position> key_positions_;
};

}  // namespace

void add_keys(const std::vector<GatewayConfig::KeyEntry>& keys, KeyRing& ring) {
  for (const GatewayConfig::KeyEntry& entry : keys) {
    const bool may_have_device = entry.kind != KeyKind::eddystone;
    const bool must_have_device = may_have_device && entry.kind != KeyKind::irk;
    if (entry.device ? !may_have_device : must_have_device)
      throw UsageError(
          fmt::format("a key of kind {} needs {} device", to_string(entry.kind), entry.device ? "no" : "a"),
          {.advice = entry.device ? "leave out its device" : "add the device's address, such as device = \"A4:CF:12:34:56:78\""});
    if (entry.device)
      ring.add(entry.kind, *entry.device, entry.key.bytes, entry.name);
    else
      ring.add(entry.kind, entry.key.bytes, entry.name);
  }
}

GatewayConfig parse_config(std::string_view text, const std::string& name) {
  Reader reader;
  reader.read(config::parse_document(text, name, words));
  return reader.take_config(name);
}

GatewayConfig load_config(const std::filesystem::path& path) {
  return parse_config(config::read_document(path, words), path.string());
}

}  // namespace moor
