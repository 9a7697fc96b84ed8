// Sections path_selection, stale_and_cache and slots of scenarios/retry.json: bleak-retry-connector's rules. The vectors' BlueZ is played by one
// radio for each adapter; where the Python package has plain faults (only hci0 to hci8, nothing but on Linux, nothing removed that was not
// cached), the player has them, not moor.

#include "connect/virtual_time.hpp"
#include "moor/connect.hpp"
#include "moor/slots.hpp"
#include "moor/stale.hpp"
#include "support/fake_adapter.hpp"
#include "test_data.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <set>

namespace moor {
namespace {

namespace json = boost::json;
using moor::testing::FakeAdapter;

constexpr int visible_adapters = 9;  // hci0 to hci8

std::string text(const json::value& value) {
  return std::string(value.as_string());
}

std::optional<Address> address_in(std::string_view path) {
  const size_t place = path.find("/dev_");
  if (place == std::string_view::npos) return std::nullopt;
  std::string digits(path.substr(place + 5, 17));
  std::ranges::replace(digits, '_', ':');
  return Address::parse(digits);
}

std::string adapter_in(std::string_view path) {
  constexpr std::string_view root = "/org/bluez/";
  if (!path.starts_with(root)) return {};
  return std::string(path.substr(root.size(), path.find('/', root.size()) - root.size()));
}

std::string path_of(const std::string& adapter, const Address& address) {
  std::string dashed = address.to_string();
  std::ranges::replace(dashed, ':', '_');
  return "/org/bluez/" + adapter + "/dev_" + dashed;
}

// The vectors' BlueZ.
class Bus {
public:
  Bus(Clock& clock, const json::object& entry) : clock_(clock) {
    const json::value* const platform = entry.if_contains("platform");
    const json::value* const manager = entry.if_contains("manager");
    const bool there = (platform == nullptr || *platform == "linux") && (manager == nullptr || manager->as_bool());
    for (int i = 0; there && i < visible_adapters; ++i) {
      auto& adapter = adapters_.emplace_back(std::make_unique<FakeAdapter>("hci" + std::to_string(i), static_cast<RadioId>(i)));
      const std::string name = adapter->info().name;
      adapter->on_close = [this, name]() -> awaitable<void> { return note_close(name); };
      adapter->on_forget = [this, name](const Address& device) { forget(name, device); };
    }
    if (const json::value* const cache = entry.if_contains("services_cache"))
      for (const auto& [path, services] : cache->as_object()) cached.insert(path);
    if (const json::value* const objects = entry.if_contains("objects"))
      for (const auto& [path, object] : objects->as_object()) add(path, object.as_object());
  }

  [[nodiscard]] FakeAdapter* find(const std::string& name) const {
    for (const auto& each : adapters_)
      if (each->info().name == name) return each.get();
    return nullptr;
  }
  [[nodiscard]] RadioPaths paths() const {
    std::vector<Radio*> radios;
    for (const auto& each : adapters_) radios.push_back(each.get());
    return RadioPaths(clock_, radios);
  }

  std::set<std::string, std::less<>> cached;
  std::vector<std::string> calls;
  Address device{0xAABBCCDDEEFF, false};

private:
  void add(std::string_view path, const json::object& object) {
    const auto address = address_in(path);
    FakeAdapter* const adapter = find(adapter_in(path));
    const bool is_device = !object.contains("service") && !object.contains("adapter");
    if (!address || !is_device || adapter == nullptr) return;
    KnownDevice known{.address = *address, .path = std::string(path)};
    if (const json::value* const rssi = object.if_contains("rssi"); rssi != nullptr && rssi->is_int64() && rssi->as_int64() != 0)
      known.rssi_dbm = static_cast<int8_t>(rssi->as_int64());
    if (const json::value* const name = object.if_contains("name"); name != nullptr && name->is_string())
      known.name = text(*name);
    const json::value* const connected = object.if_contains("connected");
    known.connected = connected != nullptr && connected->as_bool();
    adapter->known.push_back(std::move(known));
  }
  awaitable<void> note_close(std::string adapter) {
    calls.push_back("Disconnect " + path_of(adapter, device));
    co_return;
  }
  // Python asks for a removal only where services were cached.
  void forget(const std::string& adapter, const Address& address) {
    FakeAdapter& radio = *find(adapter);
    if (cached.erase(path_of(adapter, address)) == 0) throw RadioNotAvailable("nothing was cached");
    calls.push_back("RemoveDevice /org/bluez/" + adapter + " " + path_of(adapter, address));
    if (!radio.find_device(address)) radio.known.push_back({.address = address});
  }

  Clock& clock_;
  std::vector<std::unique_ptr<FakeAdapter>> adapters_;
};

class RetryVectors : public moor::testing::VirtualTime {
protected:
  static std::vector<json::object> section(const char* name) {
    std::ifstream file(test_data() / "scenarios" / "retry.json");
    if (!file) return {};
    const json::value all = json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    const json::value* const found = all.as_object().if_contains(name);
    std::vector<json::object> entries;
    if (found != nullptr)
      for (const json::value& entry : found->as_array()) entries.push_back(entry.as_object());
    return entries;
  }
  static std::string path_or_null(const std::optional<FoundDevice>& found) {
    return found ? "\"" + found->device.path + "\"" : "null";
  }
};

TEST_F(RetryVectors, PathSelection) {
  const auto entries = section("path_selection");
  if (entries.empty()) GTEST_SKIP() << "no section path_selection";
  for (const json::object& entry : entries) {
    const Bus bus(clock_, entry);
    RadioPaths paths = bus.paths();
    const json::object& args = entry.at("args").as_object();
    const std::string function = text(entry.at("function"));
    std::optional<FoundDevice> found;
    if (function == "get_device") {
      found = find_device(paths, bus.device);
    } else if (function == "get_device_by_adapter") {
      found = find_device_by_adapter(paths, bus.device, text(args.at("adapter")));
    } else if (function == "best_path") {
      const FakeAdapter* const current = bus.find(adapter_in(text(args.at("path"))));
      const FakeAdapter nowhere("hciX");
      std::optional<int> rssi;
      if (const json::value* const given = args.if_contains("rssi");
          given != nullptr && given->is_int64() && given->as_int64() != 0)
        rssi = static_cast<int>(given->as_int64());
      found = find_better_device(paths, bus.device, current == nullptr ? nowhere : *current, rssi);
    } else {
      ADD_FAILURE() << text(entry.at("id")) << ": unknown function " << function;
    }
    EXPECT_EQ(path_or_null(found), json::serialize(entry.at("expect_path")))
        << text(entry.at("id")) << ": " << text(entry.at("title"));
  }
  std::printf("path_selection: %zu entries\n", entries.size());
}

TEST_F(RetryVectors, StaleAndCache) {
  const auto entries = section("stale_and_cache");
  if (entries.empty()) GTEST_SKIP() << "no section stale_and_cache";
  for (const json::object& entry : entries) {
    const std::string id = text(entry.at("id"));
    Bus bus(clock_, entry);
    RadioPaths paths = bus.paths();
    const json::object& args = entry.at("args").as_object();
    const std::string function = text(entry.at("function"));
    const json::value* const only_other = args.if_contains("only_other_adapters");
    const StaleScope scope =
        only_other != nullptr && only_other->as_bool() ? StaleScope::only_other_radios : StaleScope::all_radios;
    json::value returns = nullptr;
    play([&]() -> awaitable<> {
      if (function == "close_stale_connections") {
        const json::value* const path = args.if_contains("path");
        Radio* const own = path == nullptr || !path->is_string() ? nullptr : bus.find(adapter_in(text(*path)));
        const FoundDevice device{own, {.address = bus.device}};
        (void)co_await close_stale_connections(paths, device, scope);
      } else if (function == "close_stale_connections_by_address") {
        (void)co_await close_stale_connections_by_address(paths, bus.device, scope);
      } else if (function == "clear_cache") {
        returns = co_await clear_cache(paths, bus.device);
      } else {
        ADD_FAILURE() << id << ": unknown function " << function;
      }
    });
    const json::object& expect = entry.at("expect").as_object();
    std::vector<std::string> calls;
    for (const json::value& call : expect.at("bus_calls").as_array()) {
      std::string line = text(call.at("method")) + " " + text(call.at("object"));
      for (const json::value& argument : call.at("args").as_array()) line += " " + text(argument);
      calls.push_back(line);
    }
    EXPECT_EQ(bus.calls, calls) << id << ": " << text(entry.at("title"));
    EXPECT_EQ(returns, expect.at("returns")) << id << ": " << text(entry.at("title"));
    std::set<std::string, std::less<>> left;
    for (const json::value& path : expect.at("cache_paths_left").as_array()) left.insert(text(path));
    EXPECT_EQ(bus.cached, left) << id;
  }
  std::printf("stale_and_cache: %zu entries\n", entries.size());
}

// One entry: a ledger, and which devices the vectors' BlueZ has connected.
class SlotPlayer {
public:
  explicit SlotPlayer(const json::object& entry)
      : id_(text(entry.at("id"))), manager_(!entry.contains("manager") || entry.at("manager").as_bool()) {
    for (const auto& [path, object] : entry.at("objects").as_object()) {
      const json::value* const connected = object.as_object().if_contains("connected");
      if (address_in(path)) connected_[std::string(path)] = connected != nullptr && connected->as_bool();
    }
    told_ = table_.on_change([this](const AllocationChange& change) {
      events_.push_back(json::array{json::string(to_string(change.kind)), json::string(path_of(change.radio, change.device)),
                                    json::string(change.radio), json::string(change.device.to_string())});
    });
  }

  void step(const json::object& step) {
    const json::array& op = step.at("op").as_array();
    events_.clear();
    const json::value returns = play(text(op.at(0)), op);
    EXPECT_EQ(json::serialize(returns), json::serialize(step.at("returns"))) << id_ << " " << json::serialize(op);
    EXPECT_EQ(json::serialize(events_), json::serialize(step.at("events"))) << id_ << " " << json::serialize(op);
  }

private:
  json::value play(const std::string& what, const json::array& op) {
    const std::string name = text(op.at(1));
    const std::string adapter = adapter_in(name);
    const auto address = address_in(name);
    if (what == "register") {
      slots_without_manager_[name] = static_cast<int>(op.at(2).as_int64());
      if (manager_) table_.register_radio(name, static_cast<int>(op.at(2).as_int64()), connected_on(name));
      return nullptr;
    }
    if (what == "remove") {
      slots_without_manager_.erase(name);
      table_.remove_radio(name);
      return nullptr;
    }
    if (what == "state") return state(name);
    if (what == "allocate") return !manager_ || !address || table_.allocate(adapter, *address);
    if (what == "release") {
      if (manager_ && address) (void)table_.release(adapter, *address, connected_[name]);
      return nullptr;
    }
    if (what == "connected") {
      connected_[name] = op.at(2).as_bool();
      if (!connected_[name] && manager_ && address) table_.on_disconnected(adapter, *address);
      return nullptr;
    }
    ADD_FAILURE() << id_ << ": unknown operation " << what;
    return nullptr;
  }
  std::vector<Address> connected_on(const std::string& adapter) const {
    std::vector<Address> devices;
    for (const auto& [path, connected] : connected_)
      if (connected && adapter_in(path) == adapter) devices.push_back(*address_in(path));
    return devices;
  }
  json::value state(const std::string& adapter) {
    Allocations now = table_.allocations(adapter);
    if (!manager_) now.slots = now.free = slots_without_manager_[adapter];
    json::array devices;
    for (const Address& each : now.allocated) devices.emplace_back(each.to_string());
    return json::object{{"slots", now.slots}, {"free", now.free}, {"allocated", std::move(devices)}};
  }

  std::string id_;
  bool manager_;
  std::map<std::string, bool> connected_;
  std::map<std::string, int> slots_without_manager_;
  SlotTable table_;
  json::array events_;
  SlotTable::Subscription told_;
};

TEST_F(RetryVectors, Slots) {
  const auto entries = section("slots");
  if (entries.empty()) GTEST_SKIP() << "no section slots";
  size_t steps = 0;
  for (const json::object& entry : entries) {
    SlotPlayer player(entry);
    for (const json::value& step : entry.at("steps").as_array()) {
      player.step(step.as_object());
      ++steps;
    }
  }
  std::printf("slots: %zu entries, %zu steps\n", entries.size(), steps);
}

}  // namespace
}  // namespace moor
