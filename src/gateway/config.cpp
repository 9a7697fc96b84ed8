#include "gateway/config.hpp"

#include "gateway/config_keys.hpp"
#include "toml/document.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/ip/address.hpp>
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
  Objected operator()(std::optional<Uuid>* field) const {
    const auto* value = node().as_string();
    const auto uuid = value == nullptr ? std::nullopt : Uuid::parse(value->get());
    if (!uuid) return objection();
    *field = uuid;
    return std::nullopt;
  }
  Objected operator()(std::vector<std::string>* field) const {
    return take_list(field, [](const toml::node& each) -> std::optional<std::string> {
      return each.is_string() ? std::optional(each.as_string()->get()) : std::nullopt;
    });
  }
  Objected operator()(std::set<EventKind>* field) const {
    std::vector<EventKind> kinds;
    const auto names = config::names_of<EventKind>();
    Objected objected = take_list(&kinds, [&](const toml::node& each) -> std::optional<EventKind> {
      const auto name = each.is_string() ? std::ranges::find(names, each.as_string()->get()) : names.end();
      return name == names.end() ? std::nullopt : std::optional(static_cast<EventKind>(name - names.begin()));
    });
    if (!objected) *field = {kinds.begin(), kinds.end()};
    return objected;
  }
  Objected operator()(GatewayConfig::Secret* field) const {
    const auto* value = node().as_string();
    if (value == nullptr || value->get().find_first_of("\r\n") != std::string::npos)
      return Objection{"is no text of one line"};  // a secret is not repeated
    field->text = value->get();
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
    check_sensors();
    check_zones();
    check_publishing();
    check_serving();
  }

  [[nodiscard]] GatewayConfig take_config(const std::string& file) {
    mistakes_.throw_if_any(file, words);
    const auto place = [this](std::filesystem::path& path) {
      if (!path.empty()) path = config_.gateway.data_dir / path;  // which leaves an absolute path alone
    };
    for (std::filesystem::path* path :
         {&config_.store.path, &config_.privacy.key_file, &config_.mqtt.password_file, &config_.mqtt.ca_file,
          &config_.mqtt.cert_file, &config_.mqtt.key_file, &config_.serve.token_file, &config_.serve.cert_file,
          &config_.serve.key_file, &config_.serve.client_ca_file})
      place(*path);
    for (GatewayConfig::WebhookEntry& webhook : config_.webhooks) place(webhook.token_file);
    return std::move(config_);
  }

private:
  void object(Position at, std::string key, std::string what, std::string remedy) {
    mistakes_.add(at, std::move(key), std::move(what), std::move(remedy));
  }

  void read_section(const toml::key& name, const toml::node& node) {
    const std::string section(name.str());
    const config::Section* known = config::find_section(section);
    if (known == nullptr) return unknown_section(name);
    if (known->entries == nullptr) {
      if (const toml::table* table = node.as_table()) return read_keys(section, *table);
      return object(name.source().begin, section, "is " + in_words(node), "begin a section with [" + section + "]");
    }
    const toml::array* entries = node.as_array();
    if (entries == nullptr || !std::ranges::all_of(*entries, [](const toml::node& each) { return each.is_table(); }))
      return object(name.source().begin, section, "is " + in_words(node),
                    fmt::format("begin each {0} with [[{0}]], since there may be several", section));
    for (const toml::node& each : *entries) read_entry(*known, *each.as_table());
  }

  void read_entry(const config::Section& section, const toml::table& entry) {
    section.entries->append(config_);
    const size_t mistakes_before = mistakes_.count();
    const std::string name(section.name);
    read_keys(name, entry);
    const config::Entries& entries = *section.entries;
    if (!entry.contains(entries.required))
      object(entry.source().begin, fmt::format("{}.{}", name, entries.required), "is missing",
             fmt::format("give it, such as {} = {}", entries.required, entries.example));
    entries_[name].push_back({entry.source().begin, mistakes_.count() == mistakes_before});
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

  // The places of a section's entries, and whether each was right so far.
  struct Entry {
    Position at;
    bool right = false;
  };
  [[nodiscard]] const std::vector<Entry>& entries(const std::string& section) { return entries_[section]; }

  void check_radios() {
    const auto& places = entries("radio");
    for (size_t i = 0; i < places.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (const std::string spec = config_.radios[i].spec.to_string(); spec == config_.radios[j].spec.to_string()) {
          object(places[i].at, "radio.spec", fmt::format("is '{}' as in line {}", spec, places[j].at.line),
                 "a radio can be opened once: remove one of the two");
          break;
        }
  }

  // A key that was read at all must fit its kind and be the device's only one.
  void check_keys() {
    KeyRing ring;
    const auto& places = entries("key");
    for (size_t i = 0; i < places.size(); ++i) {
      if (!places[i].right) continue;  // what is wrong with it has been said
      try {
        add_keys({config_.keys[i]}, ring);
      } catch (const UsageError& error) {
        object(places[i].at, "key", fmt::format("is wrong: {}", error.what()), error.advice());
      }
    }
  }

  void check_sensors() {
    const auto& places = entries("sensor");
    for (size_t i = 0; i < places.size(); ++i) {
      const GatewayConfig::SensorEntry& sensor = config_.sensors[i];
      if (!places[i].right) continue;
      if (sensor.device.has_value() == sensor.service.has_value())
        object(places[i].at, "sensor", sensor.device ? "has a device and a service" : "has neither a device nor a service",
               "say which one to connect to: a device's address, or a service that devices advertise");
      if (sensor.read.empty() && sensor.subscribe.empty())
        object(places[i].at, "sensor", "reads nothing and subscribes to nothing",
               "give read or subscribe a characteristic, such as read = [\"2a19\"]");
    }
  }

  void check_zones() {
    const auto& places = entries("zone");
    for (size_t i = 0; i < places.size(); ++i) {
      if (!places[i].right) continue;
      if (config_.zones[i].radios.empty())
        object(places[i].at, "zone.radios", "is missing", "a zone is where its radios are: radios = [\"bluez:hci0\"]");
      for (size_t j = 0; j < i; ++j) {
        if (config_.zones[j].name == config_.zones[i].name)
          object(places[i].at, "zone.name", fmt::format("is '{}' as in line {}", config_.zones[i].name, places[j].at.line),
                 "give each zone a name of its own");
        for (const std::string& radio : config_.zones[i].radios)
          if (std::ranges::find(config_.zones[j].radios, radio) != config_.zones[j].radios.end())
            object(places[i].at, "zone.radios", fmt::format("has '{}' as that in line {}", radio, places[j].at.line),
                   "a radio is in one place: remove it from one of the two");
      }
    }
  }

  void check_publishing() {
    const GatewayConfig::Mqtt& mqtt = config_.mqtt;
    if (const auto at = given({"mqtt.topic"}); at && !is_topic(mqtt.topic))
      object(at->second, at->first, fmt::format("is '{}'", mqtt.topic), "use words with / between them, without + and #");
    if (const auto at = given({"home_assistant.prefix"}); at && !is_topic(config_.home_assistant.prefix))
      object(at->second, at->first, fmt::format("is '{}'", config_.home_assistant.prefix),
             "use words with / between them, without + and #");
    if (const auto at = given({"mqtt.cert_file", "mqtt.key_file"}); at && mqtt.cert_file.empty() != mqtt.key_file.empty())
      object(at->second, at->first, "is given without the other",
             "a certificate needs its key: give both cert_file and key_file");
    if (const auto at = given({"mqtt.ca_file", "mqtt.cert_file"});
        at && !mqtt.tls && !(mqtt.ca_file.empty() && mqtt.cert_file.empty()))
      object(at->second, at->first, "is given and tls is off", "add tls = true");
    if (const auto at = given({"mqtt.password"}); at && given({"mqtt.password_file"}))
      object(at->second, at->first, "is given and so is password_file", "keep one of the two");
    const auto& places = entries("webhook");
    for (size_t i = 0; i < places.size(); ++i)
      if (const std::string& url = config_.webhooks[i].url;
          places[i].right && !url.starts_with("http://") && !url.starts_with("https://"))
        object(places[i].at, "webhook.url", fmt::format("is '{}'", url), "begin it with http:// or https://");
  }

  static bool is_topic(const std::string& topic) {
    return topic.find_first_of("+#") == std::string::npos && !topic.starts_with('/') && !topic.ends_with('/') &&
           topic.find("//") == std::string::npos && !topic.starts_with('$');
  }

  void check_serving() {
    const GatewayConfig::Serve& serve = config_.serve;
    const bool tls = !serve.cert_file.empty();
    const bool has_token = !serve.token.text.empty() || !serve.token_file.empty();
    if (const auto at = given({"serve.cert_file", "serve.key_file"}); at && tls == serve.key_file.empty())
      object(at->second, at->first, "is given without the other",
             "a certificate needs its key: give both cert_file and key_file");
    if (const auto at = given({"serve.client_ca_file"}); at && !tls && !serve.client_ca_file.empty())
      object(at->second, at->first, "is given without TLS", "add cert_file and key_file");
    const auto at = given({"serve.address"});
    if (!at) return;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(serve.address, error);
    if (error)
      return object(at->second, at->first, fmt::format("is '{}'", serve.address),
                    "use a numeric address such as 127.0.0.1 or 0.0.0.0");
    if (!address.is_loopback() && !(tls && (has_token || !serve.client_ca_file.empty())))
      object(at->second, at->first, fmt::format("lets others than this machine in at {}", serve.address),
             "add cert_file and key_file, and a token or client_ca_file; or keep 127.0.0.1 behind a proxy that does it");
  }

  GatewayConfig config_;
  config::Mistakes mistakes_;
  std::map<std::string, Position> given_;  // keys that were taken over
  std::map<std::string, std::vector<Entry>> entries_;
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
