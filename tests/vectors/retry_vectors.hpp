#pragma once
// The world of a retry vector: what the Python package would see of BlueZ, as radios and a path source. What is a plain fault of the package
// (it sees only hci0 to hci8, sleeps on an empty object tree, does not wait without a manager) is played here, behind what the radios answer.

#include "moor/connect.hpp"
#include "support/scripted_radio.hpp"

#include <boost/json.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <set>
#include <stdexcept>
#include <system_error>

namespace moor::testing {

namespace json = boost::json;

inline std::string text_of(const json::object& fields, std::string_view key) {
  const json::value* value = fields.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}
inline Duration seconds_of(const json::object& fields, std::string_view key) {
  const json::value* value = fields.if_contains(key);
  return value != nullptr && value->is_number() ? from_seconds(value->to_number<double>()) : Duration{};
}
inline bool truth_of(const json::object& fields, std::string_view key, bool otherwise) {
  const json::value* value = fields.if_contains(key);
  if (value == nullptr) return otherwise;
  return value->is_bool() ? value->get_bool() : !value->is_null();
}

/// What connect() of a vector comes to, as a radio of ours says it. @throws std::runtime_error for a kind that is not known.
inline Outcome outcome_of(const json::object& fields) {
  const std::string kind = text_of(fields, "kind");
  std::string text = text_of(fields, "message");
  Outcome outcome{.after = seconds_of(fields, "after")};
  const auto fail = [&](ConnectReason reason, CauseOrigin origin) {
    outcome.cause = ConnectCause{.reason = reason, .origin = origin, .text = text};
  };
  if (kind == "ok") return outcome;
  if (kind == "hang") {
    outcome.hangs = true;
  } else if (kind == "error") {
    fail(reason_in(text), CauseOrigin::radio);
  } else if (kind == "dbus_error") {
    text = "[" + text_of(fields, "name") + "] " + text;
    fail(reason_in(text), CauseOrigin::system_call);
  } else if (kind == "device_not_found" || kind == "not_found") {
    fail(ConnectReason::device_not_found, CauseOrigin::lookup);
  } else if (kind == "timeout") {
    fail(ConnectReason::timed_out, CauseOrigin::radio);
  } else if (kind == "eof") {
    fail(ConnectReason::system_gone, CauseOrigin::system_call);
  } else if (kind == "broken_pipe") {
    fail(ConnectReason::pipe_broken, CauseOrigin::system_call);
  } else if (kind == "key_error") {
    fail(ConnectReason::services_incomplete, CauseOrigin::client);
  } else if (kind == "attribute_error") {
    fail(reason_in(text), CauseOrigin::client);
  } else if (kind == "gatt_error") {
    const json::value* code = fields.if_contains("code");
    const auto att_code = code == nullptr ? uint8_t{} : code->to_number<uint8_t>();
    if (text.empty()) text = att_error_name(att_code);
    fail(ConnectReason::att_error, CauseOrigin::radio);
    outcome.cause->att_code = att_code;
  } else if (kind == "bluetooth_off") {
    fail(ConnectReason::radio_unavailable, CauseOrigin::radio);
  } else if (kind == "value_error") {
    outcome.thrown = std::make_exception_ptr(std::invalid_argument(text));
  } else if (kind == "os_error") {
    outcome.thrown = std::make_exception_ptr(std::system_error(std::make_error_code(std::errc::io_error), text));
  } else if (kind == "cancelled") {
    outcome.thrown = std::make_exception_ptr(boost::system::system_error(boost::asio::error::operation_aborted));
  } else {
    throw std::runtime_error("an outcome of kind \"" + kind + "\" is not known");
  }
  return outcome;
}

/// BlueZ's objects and the package's cache of services, in virtual time.
class ScriptedBluez {
public:
  /// @param fields  "bluez" of a vector.
  ScriptedBluez(Clock& clock, const json::object& fields) : clock_(clock), manager_(truth_of(fields, "manager", true)) {
    if (const json::value* objects = fields.if_contains("objects"))
      for (const auto& [path, properties] : objects->as_object()) objects_[path] = object_of(properties.as_object());
    const json::value* cache = fields.if_contains("services_cache");
    if (cache == nullptr || !cache->is_object()) return;
    for (const auto& [path, services] : cache->as_object())
      for (std::set<std::string>& cached = cache_[path]; const json::value& service : services.as_array())
        cached.emplace(service.as_string());
  }

  struct Object {
    bool device = false;
    std::optional<bool> connected{};
    std::optional<int8_t> rssi_dbm{};
  };

  [[nodiscard]] bool has_manager() const noexcept { return manager_; }
  [[nodiscard]] bool is_empty() { return now().empty(); }
  [[nodiscard]] const Object* find(const std::string& path) {
    const auto found = now().find(path);
    return found == objects_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool has_services(const std::string& path) {
    const auto cached = cache_.find(path);
    if (!manager_ || cached == cache_.end() || cached->second.empty()) return false;
    return std::ranges::all_of(cached->second, [&](const std::string& service) { return now().contains(service); });
  }
  void clear_services(const std::string& path) { cache_.erase(path); }

  /// What happens to the device's object when an attempt has failed.
  void aftermath(const std::string& path, const json::object& fields) {
    now();
    if (const json::value* connected = fields.if_contains("connected")) {
      objects_[path].device = true;
      objects_[path].connected = connected->as_bool();
    }
    if (fields.contains("drops_after"))
      later(seconds_of(fields, "drops_after"), [this, path] {
        if (objects_.contains(path)) objects_[path].connected = false;
      });
    if (truth_of(fields, "removed", false)) objects_.erase(path);
    if (fields.contains("removed_after")) later(seconds_of(fields, "removed_after"), [this, path] { objects_.erase(path); });
    if (fields.contains("reappears_after")) {
      const std::string at = text_of(fields, "reappears_at");
      later(seconds_of(fields, "reappears_after"),
            [this, at = at.empty() ? path : at] { objects_[at] = {.device = true, .connected = false}; });
    }
  }
  /// The next thing that happens by itself.
  [[nodiscard]] TimePoint next_change() {
    now();
    return changes_.empty() ? TimePoint::max() : changes_.begin()->first;
  }

private:
  static Object object_of(const json::object& properties) {
    Object object{.device = !truth_of(properties, "service", false) && !truth_of(properties, "adapter", false)};
    if (const json::value* connected = properties.if_contains("connected"); connected != nullptr && connected->is_bool())
      object.connected = connected->get_bool();
    if (const json::value* rssi = properties.if_contains("rssi"); rssi != nullptr && rssi->is_number())
      object.rssi_dbm = rssi->to_number<int8_t>();
    return object;
  }
  void later(Duration after, std::function<void()> change) { changes_.emplace(clock_.now() + after, std::move(change)); }
  std::map<std::string, Object>& now() {
    while (!changes_.empty() && changes_.begin()->first <= clock_.now()) {
      const auto change = std::move(changes_.begin()->second);
      changes_.erase(changes_.begin());
      change();
    }
    return objects_;
  }

  Clock& clock_;
  bool manager_;
  std::map<std::string, Object> objects_;
  std::map<std::string, std::set<std::string>> cache_;
  std::multimap<TimePoint, std::function<void()>> changes_;
};

/// The radios hci0 to hci8, those that the device names, and the device's proxy; the one path that the package would choose.
class VectorPaths final : public PathSource {
public:
  VectorPaths(Clock& clock, const json::object& vector)
      : clock_(clock),
        linux_(text_of(vector, "platform") == "linux"),
        bluez_(clock, object_in(vector, "bluez")),
        device_(Address::parse(text_of(object_in(vector, "device"), "address")).value()),
        path_(text_of(object_in(object_in(vector, "device"), "details"), "path")) {
    std::string tail = device_.to_string();
    std::ranges::replace(tail, ':', '_');
    for (int i = 0; i <= 8; ++i) paths_.push_back("/org/bluez/hci" + std::to_string(i) + "/dev_" + tail);
    if (path_.empty())
      chosen_path_ = {};
    else
      chosen_path_ = connected_path().value_or(path_);
    chosen_ = &radios_.emplace_back(*this, clock, chosen_path_, kind());
    witness_ = &radios_.emplace_back(*this, clock, std::string(), "witness");
    for (const json::value& outcome : vector.at("outcomes").as_array()) script_.push_back(outcome.as_object());
    chosen_->decide = [this] { return next_outcome(); };
    chosen_->on_outcome = [this](const Outcome& outcome) { after(outcome); };
  }

  [[nodiscard]] Clock& clock() noexcept override { return clock_; }
  [[nodiscard]] std::vector<Path> paths_to(const Address&) override { return {{.radio = chosen_, .device = device_}}; }
  [[nodiscard]] std::string explain(const Address&) override { return {}; }
  [[nodiscard]] awaitable<void> changed(Address) override { co_await clock_.wait_until(bluez_.next_change()); }
  [[nodiscard]] std::vector<Radio*> radios() override { return {chosen_, witness_}; }

  [[nodiscard]] const ScriptedRadio& radio() const noexcept { return *chosen_; }
  [[nodiscard]] const std::string& chosen_path() const noexcept { return chosen_path_; }
  [[nodiscard]] const Address& device() const noexcept { return device_; }

private:
  class BluezRadio final : public ScriptedRadio {
  public:
    BluezRadio(VectorPaths& owner, Clock& clock, std::string path, std::string kind)
        : ScriptedRadio(clock, 0, path, std::move(kind)), owner_(owner), path_(std::move(path)) {}
    [[nodiscard]] std::optional<KnownDevice> find_device(const Address&) const override {
      return this == owner_.witness_ ? owner_.seen_by_polling() : owner_.seen_at(path_);
    }
    [[nodiscard]] bool has_services(const Address&) const override {
      return path_.empty() || !owner_.linux_ || owner_.bluez_.has_services(path_);
    }
    [[nodiscard]] awaitable<bool> clear_services(Address device, TimePoint deadline) override {
      owner_.bluez_.clear_services(path_);
      co_return co_await ScriptedRadio::clear_services(device, deadline);
    }

  private:
    VectorPaths& owner_;
    std::string path_;
  };

  static json::object object_in(const json::object& fields, std::string_view key) {
    const json::value* value = fields.if_contains(key);
    return value != nullptr && value->is_object() ? value->get_object() : json::object();
  }
  [[nodiscard]] std::string kind() const {
    if (chosen_path_.empty()) return "esphome";
    return linux_ ? "bluez" : "other";
  }
  [[nodiscard]] bool sees_bluez() const noexcept { return linux_ && bluez_.has_manager(); }
  [[nodiscard]] std::optional<std::string> connected_path() {
    if (!sees_bluez()) return std::nullopt;
    for (const std::string& path : paths_)
      if (const auto* object = bluez_.find(path); object != nullptr && object->connected.value_or(false)) return path;
    return std::nullopt;
  }
  [[nodiscard]] std::optional<KnownDevice> seen_at(const std::string& path) {
    if (path.empty() || !sees_bluez()) return std::nullopt;
    const KnownDevice down{.address = device_, .path = path};
    if (sleeps_plainly_) return down;
    const auto* object = bluez_.find(path);
    if (object == nullptr || !object->connected) return std::nullopt;
    KnownDevice known = down;
    known.connected = *object->connected;
    return known;
  }
  // What the poll for a device that was removed sees; without a manager it ends at once.
  [[nodiscard]] std::optional<KnownDevice> seen_by_polling() {
    if (!linux_) return std::nullopt;
    const bool seen = !bluez_.has_manager() || std::ranges::any_of(paths_, [&](const std::string& path) {
      const auto* object = bluez_.find(path);
      return object != nullptr && object->device;
    });
    return seen ? std::optional(KnownDevice{.address = device_}) : std::nullopt;
  }
  [[nodiscard]] const json::object& current() const { return script_[std::min(begun_, script_.size()) - 1]; }
  Outcome next_outcome() {
    ++begun_;
    return outcome_of(current());
  }
  void after(const Outcome& outcome) {
    if (!outcome.cause) return;
    bluez_.aftermath(chosen_path_, object_in(current(), "aftermath"));
    const auto* own = bluez_.find(chosen_path_);
    sleeps_plainly_ = own == nullptr && bluez_.is_empty();
  }

  Clock& clock_;
  bool linux_;
  ScriptedBluez bluez_;
  Address device_;
  std::string path_;
  std::vector<std::string> paths_;
  std::string chosen_path_;
  std::deque<BluezRadio> radios_;
  BluezRadio* chosen_ = nullptr;
  BluezRadio* witness_ = nullptr;
  std::vector<json::object> script_;
  size_t begun_ = 0;
  bool sleeps_plainly_ = false;
};

}  // namespace moor::testing
