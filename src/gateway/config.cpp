#include "gateway/config.hpp"

#include "gateway/config_keys.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <map>
#include <system_error>

namespace moor {

namespace {

using config::Key;
using Position = toml::source_position;

// What is wrong with a value, and what to do about it; nothing if it has been taken over.
struct Objection {
  std::string what;
  std::string remedy;
};
using Objected = std::optional<Objection>;

std::string in_words(const toml::node& node) {
  if (const auto* text = node.as_string()) return "'" + text->get().substr(0, 60) + "'";
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  return "a date or time";
}

// Takes a value over into a field of each type.
struct TakeValue {
  const Key& key;
  const toml::node& node;

  Objected operator()(bool* field) const {
    const auto* value = node.as_boolean();
    if (value == nullptr) return objection(node);
    *field = value->get();
    return std::nullopt;
  }
  Objected operator()(int* field) const { return take_whole<int>(field); }
  Objected operator()(size_t* field) const { return take_whole<size_t>(field); }
  Objected operator()(std::optional<int>* field) const { return take_whole<int>(field); }
  Objected operator()(double* field) const {
    const auto value = number();
    if (!value) return objection(node);
    *field = *value;
    return std::nullopt;
  }
  Objected operator()(Duration* field) const { return take_duration(field); }
  Objected operator()(std::optional<Duration>* field) const { return take_duration(field); }
  Objected operator()(std::string* field) const { return take_text(field); }
  Objected operator()(std::filesystem::path* field) const { return take_text(field); }
  Objected operator()(RadioSpec* field) const {
    const auto* value = node.as_string();
    if (value == nullptr) return objection(node);
    try {
      *field = RadioSpec::parse(value->get());
      return std::nullopt;
    } catch (const UsageError& error) {
      return Objection{fmt::format("is wrong: {}", error.what()), error.advice()};
    }
  }
  Objected operator()(std::optional<Address>* field) const {
    const auto* value = node.as_string();
    const auto address = value == nullptr ? std::nullopt : Address::parse(value->get());
    if (!address) return objection(node);
    *field = address;
    return std::nullopt;
  }
  Objected operator()(GatewayConfig::HexKey* field) const {
    const auto* value = node.as_string();
    auto bytes = value == nullptr ? std::nullopt : from_hex(value->get());
    if (!bytes || bytes->empty()) return Objection{"is no key", "use " + config::expected(key)};  // a secret is not repeated
    field->bytes = std::move(*bytes);
    return std::nullopt;
  }
  Objected operator()(std::vector<Uuid>* field) const {
    return take_list(field, [](const toml::node& each) -> std::optional<Uuid> {
      return each.is_string() ? Uuid::parse(each.as_string()->get()) : std::nullopt;
    });
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
  template <typename Choice>
    requires std::is_enum_v<Choice>
  Objected operator()(Choice* field) const {
    const auto names = config::names_of<Choice>();
    const auto* value = node.as_string();
    const auto name = value == nullptr ? names.end() : std::ranges::find(names, std::string_view(value->get()));
    if (name == names.end()) return objection(node);
    *field = static_cast<Choice>(name - names.begin());
    return std::nullopt;
  }

private:
  [[nodiscard]] Objection objection(const toml::node& culprit) const {
    return {"is " + in_words(culprit), "use " + config::expected(key)};
  }
  [[nodiscard]] bool in_range(double value) const { return value >= key.least && value <= key.most; }  // false for NaN

  [[nodiscard]] std::optional<double> number() const {
    const auto value = node.value<double>();  // of an integer too
    return node.is_number() && value && in_range(*value) ? value : std::nullopt;
  }
  template <typename Whole, typename Place>
  Objected take_whole(Place* field) const {
    const auto value = number();
    if (!value || !node.is_integer()) return objection(node);
    *field = static_cast<Whole>(*value);
    return std::nullopt;
  }
  template <typename Length>
  Objected take_duration(Length* field) const {
    const auto value = number();
    if (!value) return objection(node);
    *field = from_seconds(*value * to_seconds(config::length_of(key.unit)));
    return std::nullopt;
  }
  template <typename Text>
  Objected take_text(Text* field) const {
    const auto* value = node.as_string();
    if (value == nullptr || !in_range(static_cast<double>(value->get().size()))) return objection(node);
    *field = value->get();
    return std::nullopt;
  }
  template <typename Value, typename Parse>
  Objected take_list(std::vector<Value>* field, Parse&& parse) const {
    const auto* values = node.as_array();
    if (values == nullptr) return objection(node);
    field->clear();
    for (const toml::node& each : *values) {
      const auto value = parse(each);
      if (!value) return Objection{"has " + in_words(each), "use " + config::expected(key)};
      field->push_back(*value);
    }
    return std::nullopt;
  }
};

std::string joined(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

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
    std::ranges::sort(mistakes_, {}, [](const ConfigMistake& each) { return std::pair(each.line, each.column); });
    if (!mistakes_.empty()) throw ConfigMistakes(file, std::move(mistakes_));
    for (std::filesystem::path* path : {&config_.store.path, &config_.privacy.key_file})
      if (!path->empty()) *path = config_.gateway.data_dir / *path;  // which leaves an absolute path alone
    return std::move(config_);
  }

private:
  void object(Position at, std::string key, std::string what, std::string remedy) {
    mistakes_.push_back({at.line, at.column, std::move(key), std::move(what), std::move(remedy)});
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
    const size_t mistakes_before = mistakes_.size();
    read_keys(std::string(config::key_section), *entry.as_table());
    if (!entry.as_table()->contains("key"))
      object(entry.source().begin, "key.key", "is missing",
             "give it as hexadecimal digits, such as key = \"231d39c1d7cc1ab1aee224cd096db932\"");
    if (mistakes_.size() > mistakes_before) config_.keys.back().key.bytes.clear();  // what is wrong with it has been said
  }

  void read_keys(const std::string& section, const toml::table& table) {
    for (const auto& [name, node] : table) {
      const Key* key = config::find_key(section, name.str());
      if (key == nullptr) {
        unknown_key(section, name);
        continue;
      }
      const std::string path = section + "." + std::string(name.str());
      if (const Objected objection = std::visit(TakeValue{*key, node}, key->field(config_)))
        object(node.source().begin, path, objection->what, objection->remedy);
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
    const auto near = config::nearest(name.str(), sections);
    object(name.source().begin, std::string(name.str()), "is no section",
           near ? "did you mean '" + std::string(*near) + "'?" : "there are " + joined(sections));
  }

  void unknown_key(const std::string& section, const toml::key& name) {
    std::vector<std::string_view> here;
    for (const Key& key : config::keys())
      if (key.section == section) here.push_back(key.name);
    std::string remedy = "there are " + joined(here);
    const auto elsewhere = std::ranges::find(config::keys(), name.str(), &Key::name);
    if (const auto near = config::nearest(name.str(), here))
      remedy = "did you mean '" + std::string(*near) + "'?";
    else if (elsewhere != config::keys().end())
      remedy = belongs_in(elsewhere->section);
    object(name.source().begin, section + "." + std::string(name.str()), "is not known", remedy);
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
  std::vector<ConfigMistake> mistakes_;
  std::map<std::string, Position> given_;  // keys that were taken over
  std::vector<Position> radio_positions_;
  std::vector<Position> key_positions_;
};

std::string listed(const std::string& file, const std::vector<ConfigMistake>& mistakes) {
  std::string out;
  for (const ConfigMistake& mistake : mistakes)
    out += fmt::format("{}{}:{}:{}: {}{}{}; {}", out.empty() ? "" : "\n", file, mistake.line, mistake.column, mistake.key,
                       mistake.key.empty() ? "" : " ", mistake.what, mistake.remedy);
  return out;
}

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

ConfigMistakes::ConfigMistakes(const std::string& file, std::vector<ConfigMistake> mistakes)
    : ConfigError(listed(file, mistakes), {.cause = mistakes.front().what, .advice = "docs/gateway.md describes every key."}),
      mistakes_(std::move(mistakes)) {}

GatewayConfig parse_config(std::string_view text, const std::string& name) {
  Reader reader;
  try {
    reader.read(toml::parse(text));
  } catch (const toml::parse_error& error) {
    const Position at = error.source().begin;
    throw ConfigMistakes(name,
                         {{at.line, at.column, "", std::string(error.description()), "correct it to see what else there is"}});
  }
  return reader.take_config(name);
}

GatewayConfig load_config(const std::filesystem::path& path) {
  constexpr size_t most = 1 << 20;
  const auto refuse = [&](const std::string& cause, const char* advice) {
    return ConfigError("configuration '" + path.string() + "': " + cause, {.cause = cause, .advice = advice});
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw refuse("is a folder", "Name the file in it.");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(most + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad())
    throw refuse("cannot be read (" + std::generic_category().message(errno) + ")",
                 "'moor gateway --init' writes one to start from.");
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > most) throw refuse("is over 1 MiB", "Name a configuration, not a capture or a store.");
  return parse_config(text, path.string());
}

}  // namespace moor
