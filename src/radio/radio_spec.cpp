#include "moor/error.hpp"
#include "moor/radio.hpp"

#include <fmt/format.h>
#include <charconv>
#include <cmath>

namespace moor {

namespace {

constexpr const char* forms =
    "a radio is bluez, bluez:hciN, esphome://HOST[:6053][?key=BASE64|key_file=PATH&name=EXPECTED], "
    "sim:WORLD.toml[?radio=NAME&speed=1|max] or replay:CAPTURE[?speed=1|max&loop]";
constexpr std::string_view proxy_port = ":6053";  // of ESPHome's native API, where nothing else is said

// What follows a proxy's host may be a key, which is not for logs.
std::string_view printable(std::string_view text) {
  return text.starts_with("esphome://") ? text.substr(0, text.find('?')) : text;
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw UsageError("radio '" + std::string(printable(text)) + "': " + why, {.advice = forms});
}

double parse_speed(std::string_view spec, std::string_view value) {
  if (value == "max") return 0;
  double speed = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), speed);
  if (error != std::errc() || end != value.data() + value.size() || std::isnan(speed) || speed <= 0 || speed > 1e6)
    refuse(spec, "speed is 'max' or times real time, above 0, not '" + std::string(value) + "'");
  return speed;
}

std::string_view key_of(std::string_view option) {
  return option.substr(0, option.find('='));
}

// Where the options begin: at a '?' that a known key follows; a '?' elsewhere belongs to the file's name.
size_t find_options(std::string_view target, std::initializer_list<std::string_view> keys) {
  for (size_t at = target.find('?'); at != std::string_view::npos; at = target.find('?', at + 1)) {
    const std::string_view after = target.substr(at + 1);
    const std::string_view first = key_of(after.substr(0, after.find('&')));
    for (std::string_view key : keys)
      if (first == key) return at;
  }
  return std::string_view::npos;
}

void read_option(RadioSpec& spec, std::string_view text, std::string_view option) {
  const std::string_view key = key_of(option);
  const bool has_value = key.size() < option.size();
  const std::string_view value = has_value ? option.substr(key.size() + 1) : std::string_view();
  const bool timed = spec.kind == RadioSpec::Kind::replay || spec.kind == RadioSpec::Kind::sim;
  if (key == "speed" && has_value && timed)
    spec.speed = parse_speed(text, value);
  else if (key == "loop" && !has_value && spec.kind == RadioSpec::Kind::replay)
    spec.loop = true;
  else if (key == "key" && !value.empty() && spec.kind == RadioSpec::Kind::esphome)
    spec.key = value;
  else if (key == "key_file" && !value.empty() && spec.kind == RadioSpec::Kind::esphome)
    spec.key_file = value;
  else if (key == "name" && !value.empty() && spec.kind == RadioSpec::Kind::esphome)
    spec.expected_name = value;
  else if (key == "radio" && !value.empty() && spec.kind == RadioSpec::Kind::sim)
    spec.radio = value;
  else
    refuse(text, "option '" + std::string(key) + "' is not known for this kind of radio, or has no value that fits");
}

void read_target(RadioSpec& spec, std::string_view text, std::string_view target, std::initializer_list<std::string_view> keys) {
  const size_t options = find_options(target, keys);
  spec.target = target.substr(0, options);
  if (options == std::string_view::npos) return;
  std::string_view rest = target.substr(options + 1);
  while (true) {
    const size_t end = rest.find('&');
    read_option(spec, text, rest.substr(0, end));
    if (end == std::string_view::npos) return;
    rest.remove_prefix(end + 1);
  }
}

// Where the port begins in "kitchen:6053" and "[::1]:6053"; "fe80::1" has none.
size_t find_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return colon;
  const bool bracketed = colon > 0 && host[colon - 1] == ']';
  return bracketed || host.find(':') == colon ? colon : std::string_view::npos;
}

void check_proxy(const RadioSpec& spec, std::string_view text) {
  const std::string_view host = spec.target;
  const size_t colon = find_port(host);
  if (host.substr(0, colon).empty()) refuse(text, "the host is missing");
  if (host.find_first_of(" /@?#\t") != std::string_view::npos)
    refuse(text, "'" + spec.target + "' is no host: give a name or an address, and a port after ':'");
  if (colon != std::string_view::npos) {
    const std::string_view digits = host.substr(colon + 1);
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0)
      refuse(text, "'" + std::string(digits) + "' is no port");
  }
  if (!spec.key.empty() && !spec.key_file.empty()) refuse(text, "it has a key and a key_file: give one of them");
}

}  // namespace

RadioSpec RadioSpec::parse(std::string_view text) {
  RadioSpec spec;
  if (text == "bluez") return spec;
  if (text.starts_with("bluez:")) {
    spec.target = text.substr(6);
    if (!spec.target.starts_with("hci") || spec.target.size() < 4 ||
        spec.target.find_first_not_of("0123456789", 3) != std::string::npos)
      refuse(text, "an adapter is named hci0, hci1 and so on");
  } else if (text.starts_with("esphome://")) {
    spec.kind = Kind::esphome;
    read_target(spec, text, text.substr(10), {"key", "key_file", "name"});
    check_proxy(spec, text);
  } else if (text.starts_with("sim:")) {
    spec.kind = Kind::sim;
    read_target(spec, text, text.substr(4), {"speed", "radio"});
    if (spec.target.empty()) refuse(text, "the world's file is missing");
  } else if (text.starts_with("replay:")) {
    spec.kind = Kind::replay;
    read_target(spec, text, text.substr(7), {"speed", "loop"});
    if (spec.target.empty()) refuse(text, "the capture's file is missing");
  } else {
    refuse(text, "there is no such kind of radio");
  }
  return spec;
}

std::string RadioSpec::to_string() const {
  switch (kind) {
    case Kind::bluez: return target.empty() ? "bluez" : "bluez:" + target;
    case Kind::esphome: {
      const bool usual_port = find_port(target) != std::string::npos && target.ends_with(proxy_port);
      return "esphome://" + target.substr(0, target.size() - (usual_port ? proxy_port.size() : 0));
    }
    case Kind::sim: return radio.empty() ? "sim:" + target : "sim:" + target + "?radio=" + radio;
    case Kind::replay: return "replay:" + target;
  }
  return {};
}

std::string RadioSpec::to_setting() const {
  std::string text = to_string();
  char separator = text.find('?') == std::string::npos ? '?' : '&';
  const auto add = [&](const std::string& parameter) {
    text += separator + parameter;
    separator = '&';
  };
  if (!key_file.empty()) add("key_file=" + key_file);
  if (!expected_name.empty()) add("name=" + expected_name);
  if (speed) add(*speed == 0 ? "speed=max" : fmt::format("speed={:.9g}", *speed));
  if (loop) add("loop");
  return text;
}

bool RadioSpec::is_virtual_time() const noexcept {
  if (kind == Kind::replay) return speed.value_or(0) == 0;
  return kind == Kind::sim && speed == 0.0;
}

}  // namespace moor
