#include "proxy/config.hpp"

#include "proxy/about.hpp"
#include "toml/document.hpp"
#include "toml/nearest.hpp"
#include "toml/value.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <variant>

namespace moor::proxy {

namespace {

using config::Bounds;
using config::Objected;
using config::Objection;
using Position = toml::source_position;

constexpr config::FileWords words = {
    .what = "configuration",
    .if_unreadable = "'moor proxy --init' writes one to start from.",
    .if_large = "Name a configuration.",
    .where_described = "docs/proxy.md describes every key.",
};
constexpr std::string_view section_name = "proxy";

using Field = std::variant<std::string*, bool*, int*, RadioSpec*, std::vector<ListenAddress>*, std::optional<Address>*,
                           std::filesystem::path*>;

struct Key {
  std::string_view name;
  double least = 0;
  double most = 0;
  std::string_view meaning;
  Field (*field)(ProxyConfig&);
};

// A name has 31 characters at most in ESPHome; a host's name in DNS could have 63.
constexpr Key keys[] = {
    {"name", 1, 31,
     "What the proxy is called on the network, one of a kind there: lower-case letters, digits and '-'. Must be given.",
     [](ProxyConfig& c) -> Field { return &c.name; }},
    {"friendly_name", 0, 120, "What people see; empty is the name.", [](ProxyConfig& c) -> Field { return &c.friendly_name; }},
    {"area", 0, 120, "The area that Home Assistant suggests for it; empty is none.",
     [](ProxyConfig& c) -> Field { return &c.area; }},
    {"radio", 1, 4096,
     "The radio that is served, as on the command line: bluez, bluez:hci1, sim:WORLD.toml or replay:CAPTURE, which plays at the "
     "speed of life.",
     [](ProxyConfig& c) -> Field { return &c.radio; }},
    {"active_connections", 0, 0, "Whether clients may connect to devices through it; off, they only hear advertisements.",
     [](ProxyConfig& c) -> Field { return &c.active; }},
    {"slots", 1, 9, "Connections at the same time, where the radio has as many.",
     [](ProxyConfig& c) -> Field { return &c.slots; }},
    {"listen", 0, 0, "Addresses and ports to serve at; port 0 is any that is free.",
     [](ProxyConfig& c) -> Field { return &c.listen; }},
    {"mac", 0, 0,
     "What Home Assistant knows it by for good; unset, the adapter's own address, or one that is made at the first start and "
     "kept beside the key.",
     [](ProxyConfig& c) -> Field { return &c.mac; }},
    {"encryption", 0, 0, "Off, anybody on the network can connect through it to locks and sensors: only for tests.",
     [](ProxyConfig& c) -> Field { return &c.encryption; }},
    {"key_file", 0, 4096,
     "Keeps the key, made at the first start; empty is NAME.key. Relative paths start from the folder of this file.",
     [](ProxyConfig& c) -> Field { return &c.key_file; }},
    {"announce", 0, 0, "Whether Home Assistant finds it by itself (multicast DNS).",
     [](ProxyConfig& c) -> Field { return &c.announce; }},
};

Bounds bounds_of(const Key& key) {
  return {"", key.least, key.most};
}

std::vector<ListenAddress> default_listen() {
  return {{"0.0.0.0", default_port}, {"::", default_port}};
}
ProxyConfig defaults() {
  ProxyConfig config;
  config.listen = default_listen();
  return config;
}

struct Take : config::TakeValue {
  Take(const Key& key, const toml::node& node) : config::TakeValue(node, bounds_of(key)) {}
  using config::TakeValue::operator();
  Objected operator()(RadioSpec* field) const {
    const auto* value = node().as_string();
    if (value == nullptr) return objection();
    try {
      *field = RadioSpec::parse(value->get());
    } catch (const UsageError& error) {
      return Objection{fmt::format("is wrong: {}", error.what()), error.advice()};
    }
    if (field->kind == RadioSpec::Kind::replay && !field->speed) field->speed = 1;
    if (field->is_virtual_time())
      return Objection{"is as fast as it goes", "its clients live in real time: leave ?speed=max out"};
    return std::nullopt;
  }
  Objected operator()(std::vector<ListenAddress>* field) const {
    Objected objected = take_list(field, [](const toml::node& each) -> std::optional<ListenAddress> {
      return each.is_string() ? ListenAddress::parse(each.as_string()->get()) : std::nullopt;
    });
    if (!objected && field->empty()) return Objection{"is empty"};
    return objected;
  }
  Objected operator()(std::optional<Address>* field) const {
    const auto* value = node().as_string();
    const auto address = value == nullptr ? std::nullopt : Address::parse(value->get());
    if (!address) return objection();
    *field = address;
    return std::nullopt;
  }
};

struct Write : config::WriteValue {
  using config::WriteValue::operator();
  std::string operator()(const RadioSpec& value) const { return config::toml_string(value.to_string()); }
  std::string operator()(const std::vector<ListenAddress>& values) const {
    return list(values, [](const ListenAddress& each) { return config::toml_string(each.to_string()); });
  }
  std::string operator()(const std::optional<Address>& value) const {
    return value ? config::toml_string(value->to_string()) : std::string();
  }
};

struct Describe : config::DescribeType {
  using config::DescribeType::DescribeType;
  using config::DescribeType::operator();
  std::string operator()(const RadioSpec*) const { return "a radio such as \"bluez:hci0\""; }
  std::string operator()(const std::vector<ListenAddress>*) const { return "a list such as [\"0.0.0.0:6053\", \"[::]:6053\"]"; }
  std::string operator()(const std::optional<Address>*) const { return "an address such as \"A4:CF:12:34:56:78\""; }
};

std::string expected(const Key& key) {
  ProxyConfig config;
  return std::visit(Describe(bounds_of(key)), key.field(config));
}
std::string value_text(const Key& key, ProxyConfig& config) {
  return std::visit([](const auto* field) { return Write()(*field); }, key.field(config));
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.front() != '-' && name.back() != '-' && std::ranges::all_of(name, [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '-';
  });
}

class Reader {
public:
  explicit Reader(const std::filesystem::path& folder) : folder_(folder) {}

  void read(const toml::table& root) {
    const toml::node* several = root.get(section_name);
    if (several == nullptr) return read_proxy(root, {1, 1});
    for (const auto& [name, node] : root)
      if (name.str() != section_name)
        mistakes_.add(name.source().begin, std::string(name.str()), "is outside of [[proxy]]",
                      "with [[proxy]] every key belongs to one: put it there");
    const toml::array* entries = several->as_array();
    if (entries == nullptr || entries->empty() ||
        !std::ranges::all_of(*entries, [](const toml::node& each) { return each.is_table(); }))
      return mistakes_.add(several->source().begin, std::string(section_name), "is " + config::in_words(*several),
                           "begin each proxy with [[proxy]], or leave it out where there is one");
    if (entries->size() > max_proxies)
      return mistakes_.add(several->source().begin, std::string(section_name), fmt::format("comes {} times", entries->size()),
                           fmt::format("use {} at most", max_proxies));
    for (const toml::node& each : *entries) read_proxy(*each.as_table(), each.source().begin);
    check_together();
  }

  [[nodiscard]] Config take(const std::string& file) {
    mistakes_.throw_if_any(file, words);
    return std::move(config_);
  }

private:
  static constexpr size_t max_proxies = 16;

  void read_proxy(const toml::table& table, Position at) {
    ProxyConfig& proxy = config_.proxies.emplace_back(defaults());
    places_.push_back(at);
    proxy.listen_is_default = !table.contains("listen");
    for (const auto& [name, node] : table) {
      const auto* key = std::ranges::find(keys, name.str(), &Key::name);
      if (key == std::end(keys)) {
        unknown(name);
      } else if (const Objected objection = std::visit(Take(*key, node), key->field(proxy))) {
        mistakes_.add(node.source().begin, std::string(name.str()), objection->what,
                      objection->remedy.empty() ? "use " + expected(*key) : objection->remedy);
        if (name.str() == "name") proxy.name = "-";  // what is wrong with it has been said
      } else if (name.str() == "name" && !is_host_name(proxy.name)) {
        mistakes_.add(node.source().begin, "name", "is " + config::in_words(node),
                      "use lower-case letters, digits and '-', which is neither first nor last");
      }
    }
    if (proxy.name.empty())
      mistakes_.add(at, "name", "is missing", "say what the proxy is called, such as name = \"hall-proxy\"");
    if (proxy.friendly_name.empty()) proxy.friendly_name = proxy.name;
    proxy.key_file = folder_ / (proxy.key_file.empty() ? std::filesystem::path(proxy.name + ".key") : proxy.key_file);
  }

  void unknown(const toml::key& name) {
    std::vector<std::string_view> names;
    for (const Key& key : keys) names.push_back(key.name);
    mistakes_.add(name.source().begin, std::string(name.str()), "is not known",
                  config::remedy_for_unknown(name.str(), names, ""));
  }

  void check_together() {
    for (size_t i = 0; i < config_.proxies.size(); ++i)
      for (size_t k = 0; k < i; ++k) check_pair(config_.proxies[k], config_.proxies[i], places_[k], places_[i]);
  }

  // Two proxies of a process differ in what clients tell them apart by, and in what can be had only once.
  void check_pair(const ProxyConfig& first, const ProxyConfig& second, Position first_at, Position at) {
    const auto same = [&](std::string_view key, const std::string& value, std::string_view remedy) {
      mistakes_.add(at, std::string(key), fmt::format("is '{}' as that of the proxy in line {}", value, first_at.line),
                    std::string(remedy));
    };
    if (first.name == second.name && !first.name.empty()) same("name", first.name, "give each proxy a name of its own");
    if (first.radio.to_string() == second.radio.to_string())
      same("radio", first.radio.to_string(), "a radio can be opened once: give each proxy another");
    if (first.mac && first.mac == second.mac) same("mac", first.mac->to_string(), "give each proxy another");
    if (first.key_file == second.key_file && first.name != second.name)
      same("key_file", first.key_file.string(), "give each proxy another");
    for (const ListenAddress& each : second.listen)
      if (each.port != 0 && std::ranges::find(first.listen, each) != first.listen.end()) {
        same("listen", each.to_string(), "give each proxy another port, such as listen = [\"0.0.0.0:6054\"]");
        return;
      }
  }

  const std::filesystem::path& folder_;
  Config config_;
  std::vector<Position> places_;
  config::Mistakes mistakes_;
};

}  // namespace

std::optional<ListenAddress> ListenAddress::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  ListenAddress address{.host = std::string(host)};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  boost::system::error_code no_address;
  const auto parsed = boost::asio::ip::make_address(address.host, no_address);
  if (no_address || parsed.is_v6() != bracketed) return std::nullopt;
  return address;
}

std::string ListenAddress::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Config parse_config(std::string_view text, const std::string& name, const std::filesystem::path& folder) {
  Reader reader(folder);
  reader.read(config::parse_document(text, name, words));
  return reader.take(name);
}

Config load_config(const std::filesystem::path& path) {
  return parse_config(config::read_document(path, words), path.string(), path.parent_path());
}

std::string config_reference() {
  ProxyConfig config = defaults();
  std::string out = "| key | takes | default | meaning |\n|---|---|---|---|\n";
  for (const Key& key : keys) {
    const std::string value = value_text(key, config);
    const bool must = key.name == "name";
    out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, expected(key),
                       must            ? "must be given"
                       : value.empty() ? "unset"
                                       : "`" + value + "`",
                       key.meaning);
  }
  return out + "\n";
}

std::string example_config() {
  ProxyConfig config = defaults();
  config.name = "moor-proxy";
  std::string out =
      "# Configuration of 'moor proxy'. Every key is here with its default; remove the '#' before those to change.\n"
      "# Several proxies in one program: begin each with a line [[proxy]].\n";
  for (const Key& key : keys) {
    std::string value = value_text(key, config);
    if (value.empty()) value = "\"A4:CF:12:34:56:78\"";  // of the only key without a default
    out += fmt::format("\n# {}\n# Takes {}.\n{}{} = {}\n", key.meaning, expected(key), key.name == "name" ? "" : "#", key.name,
                       value);
  }
  return out;
}

std::string explain_config(const Config& given) {
  std::string out;
  for (ProxyConfig proxy : given.proxies) {
    out += out.empty() ? "[[proxy]]\n" : "\n[[proxy]]\n";
    for (const Key& key : keys)
      if (const std::string value = value_text(key, proxy); !value.empty()) out += fmt::format("{} = {}\n", key.name, value);
  }
  return out;
}

}  // namespace moor::proxy
