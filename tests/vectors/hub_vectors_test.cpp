// What habluetooth decides about radios, and what its parsers make of frames and advertisements: each section of hub.json.

#include "hci/management.hpp"
#include "hub/compat_view.hpp"
#include "hub/interval_tracker.hpp"
#include "hub/ownership.hpp"
#include "hub/path_order.hpp"
#include "vectors/vectors.hpp"

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <utility>

namespace moor::hub {
namespace {

using Keys = std::set<std::string>;

const Address device(0x444433112345, false);  // the one that habluetooth's own tests use

json::object read_scenarios(const std::filesystem::path& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return json::parse(text).as_object();
}

// A field that the runner does not know may change what is meant, so the entry does not pass.
void expect_known(const json::object& entry, const Keys& known, const std::string& id) {
  for (const auto& field : entry)
    EXPECT_TRUE(known.contains(std::string(field.key()))) << id << ": unknown field " << field.key();
}

std::optional<double> number(const json::object& entry, std::string_view key) {
  const json::value* value = entry.if_contains(key);
  return value == nullptr || value->is_null() ? std::nullopt : std::optional(value->to_number<double>());
}
int whole(const json::object& entry, std::string_view key) {
  return static_cast<int>(number(entry, key).value_or(0));
}
std::string text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : std::string();
}
std::string text(const json::object& entry, std::string_view key) {
  const json::value* value = entry.if_contains(key);
  return value == nullptr ? std::string() : text(*value);
}
TimePoint at(double seconds) {
  return TimePoint(std::chrono::hours(1)) + from_seconds(seconds);
}

class HubVectors : public ::testing::Test {
protected:
  void SetUp() override {
    const auto file = test_data() / "scenarios" / "hub.json";
    SKIP_WITHOUT(file);
    scenarios_ = read_scenarios(file);
  }
  /// Runs all entries of a section and says how many.
  void run(std::string_view section, const std::function<void(const json::object&, const std::string&)>& check) {
    const json::value* entries = scenarios_.if_contains(section);
    if (entries == nullptr) GTEST_SKIP() << "no section " << section;
    size_t count = 0;
    for (const json::value& entry : entries->as_array()) {
      const std::string id = std::string(section) + "[" + std::to_string(count++) + "] " + text(entry.as_object(), "title");
      try {
        check(entry.as_object(), id);
      } catch (const std::exception& error) {
        ADD_FAILURE() << id << ": " << error.what();
      }
    }
    std::cout << "hub.json " << section << ": " << count << " entries\n";
  }
  json::object scenarios_;
};

TEST_F(HubVectors, Constants) {
  const json::value* section = scenarios_.if_contains("constants");
  if (section == nullptr) GTEST_SKIP() << "no section constants";
  const std::map<std::string, double> ours = {
      {"adv_switch_db", compat_rules.switch_db},
      {"reclaim_extra_db", compat_rules.reclaim_extra_db},
      {"ewma_alpha", compat_rules.newest_weight},
      {"stale_wobble_s", to_seconds(compat_rules.stale_slack)},
      {"unknown_interval_stale_s", to_seconds(compat_rules.stale_unknown)},
      {"connectable_expire_s", to_seconds(compat_rules.hearing_expires)},
      {"roam_factor", compat_rules.roam_factor},
      {"durably_gone_factor", compat_rules.gone_factor},
      {"strong_owner_rssi", compat_rules.strong_owner_dbm},
      {"samples_for_interval", compat_rules.interval_samples},
  };
  for (const auto& constant : section->as_object()) {
    const auto found = ours.find(std::string(constant.key()));
    if (found == ours.end())
      ADD_FAILURE() << "unknown constant " << constant.key();
    else
      EXPECT_DOUBLE_EQ(found->second, constant.value().to_number<double>()) << constant.key();
  }
  std::cout << "hub.json constants: " << section->as_object().size() << " entries\n";
}

Candidate candidate_of(const json::object& entry) {
  return {.rssi_dbm = number(entry, "rssi"),
          .connecting = whole(entry, entry.contains("connecting") ? "connecting" : "addresses_connecting_on_scanner"),
          .failures = number(entry, entry.contains("failures") ? "failures" : "failures_for_address").value_or(0),
          .slots = whole(entry, "slots"),
          .free = whole(entry, "free")};
}

TEST_F(HubVectors, Scoring) {
  run("scoring", [](const json::object& entry, const std::string& id) {
    expect_known(entry,
                 {"rssi", "rssi_diff", "addresses_connecting_on_scanner", "failures_for_address", "slots", "free", "score"}, id);
    EXPECT_NEAR(score(compat_rules, candidate_of(entry), *number(entry, "rssi_diff")), *number(entry, "score"), 1e-6)
        << id << " " << json::serialize(entry);
  });
}

TEST_F(HubVectors, PathOrder) {
  run("path_order", [](const json::object& entry, const std::string& id) {
    expect_known(entry, {"title", "candidates", "rssi_diff_used", "preferred_order"}, id);
    std::vector<Candidate> candidates;
    std::vector<std::string> names;
    for (const json::value& each : entry.at("candidates").as_array()) {
      expect_known(each.as_object(), {"scanner", "rssi", "connecting", "failures", "slots", "free"}, id);
      candidates.push_back(candidate_of(each.as_object()));
      candidates.back().source = static_cast<SourceIndex>(names.size());
      names.push_back(text(each.as_object(), "scanner"));
    }
    order_paths(compat_rules, candidates);
    const json::array& expected = entry.at("preferred_order").as_array();
    ASSERT_EQ(candidates.size(), expected.size()) << id;
    for (size_t i = 0; i < candidates.size(); ++i) {
      EXPECT_EQ(names[candidates[i].source], text(expected[i].as_object(), "scanner")) << id << " place " << i;
      EXPECT_NEAR(candidates[i].score, *number(expected[i].as_object(), "score"), 1e-6) << id << " place " << i;
    }
  });
}

// Names of radios as they turn up, and what the vector says of the hub after a step.
class Steps {
public:
  Steps(const json::object& entry, std::string id) : id_(std::move(id)) {
    if (const auto interval = number(entry, "known_interval_s")) interval_ = from_seconds(*interval);
    if (const json::value* names = entry.if_contains("non_connectable"))
      for (const json::value& name : names->as_array()) deaf_.insert(text(name));
  }

  void step(const json::object& step) {
    expect_known(step, {"t", "source", "rssi", "payload", "owner", "connectable_owner", "dispatched", "smoothed", "demoted"},
                 id_);
    const TimePoint now = at(*number(step, "t"));
    const SourceIndex source = source_of(text(step, "source"));
    const auto rssi = static_cast<int8_t>(number(step, "rssi").value_or(no_rssi));
    const auto verdict = ownership_.on_advertisement(0, {.source = source, .time = now, .rssi_dbm = rssi}, interval_);
    const auto payload = AdvertisementBuilder().manufacturer_data(1, bytes(step.at("payload"))).bytes();
    const bool dispatched = verdict.owned && view_.update(device, CompatContent::parse(payload));

    const std::string where = id_ + " at t " + std::to_string(*number(step, "t"));
    EXPECT_EQ(name_of(ownership_.owner(0)), text(step, "owner")) << where;
    EXPECT_EQ(name_of(ownership_.connectable_owner(0)), text(step, "connectable_owner")) << where;
    EXPECT_EQ(dispatched, step.at("dispatched").as_bool()) << where;
    compare_levels(step, now, where);
  }

private:
  SourceIndex source_of(const std::string& name) {
    const auto found = std::ranges::find(names_, name);
    const auto index = static_cast<SourceIndex>(found - names_.begin());
    if (found == names_.end()) {
      names_.push_back(name);
      ownership_.set_source(index, !deaf_.contains(name), true);
    }
    return index;
  }
  [[nodiscard]] std::string name_of(SourceIndex index) const { return index < names_.size() ? names_[index] : std::string(); }

  void compare_levels(const json::object& step, TimePoint now, const std::string& where) const {
    std::map<std::string, double> smoothed;
    std::set<std::string> demoted;
    const auto hearings = ownership_.hearings(0);
    for (const Hearing& each : hearings) {
      if (each.has_level() && hearings.size() > 1) smoothed[name_of(each.source)] = each.smoothed_dbm;
      if (ownership_.is_demoted(each, now)) demoted.insert(name_of(each.source));
    }
    const json::object& expected = step.at("smoothed").as_object();
    EXPECT_EQ(smoothed.size(), expected.size()) << where;
    for (const auto& each : expected) {
      ASSERT_TRUE(smoothed.contains(std::string(each.key()))) << where << ": nothing smoothed for " << each.key();
      EXPECT_NEAR(smoothed[std::string(each.key())], each.value().to_number<double>(), 1e-3) << where << " " << each.key();
    }
    std::set<std::string> losers;
    for (const json::value& each : step.at("demoted").as_array()) losers.insert(text(each));
    EXPECT_EQ(demoted, losers) << where;
  }

  std::string id_;
  Duration interval_{};
  Keys deaf_;
  std::vector<std::string> names_;
  Ownership ownership_{compat_rules};
  CompatView view_;
};

TEST_F(HubVectors, Arbitration) {
  run("arbitration", [](const json::object& entry, const std::string& id) {
    expect_known(entry, {"title", "known_interval_s", "non_connectable", "note", "steps"}, id);
    Steps steps(entry, id);
    for (const json::value& step : entry.at("steps").as_array()) steps.step(step.as_object());
  });
}

TEST_F(HubVectors, IntervalTracker) {
  run("interval_tracker", [](const json::object& entry, const std::string& id) {
    expect_known(entry, {"title", "timestamps", "interval"}, id);
    IntervalTracker tracker(compat_rules);
    if (const json::value* timestamps = entry.if_contains("timestamps")) {
      for (const json::value& t : timestamps->as_array()) tracker.on_advertisement(0, 0, at(t.to_number<double>()));
    } else {  // told in words: "10 samples, pause, then 16 more", of a device that advertises once a second
      std::smatch told;
      const std::string title = text(entry, "title");
      ASSERT_TRUE(std::regex_search(title, told, std::regex("(\\d+) samples, pause, then (\\d+) more"))) << id;
      double t = 0;
      for (int i = 0; i < std::stoi(told[1]); ++i) tracker.on_advertisement(0, 0, at(t++));
      tracker.pause(0);
      t += 100;
      for (int i = 0; i < std::stoi(told[2]); ++i) tracker.on_advertisement(0, 0, at(t++));
    }
    EXPECT_NEAR(to_seconds(tracker.interval(0)), number(entry, "interval").value_or(0), 1e-6) << id;
  });
}

TEST_F(HubVectors, Names) {
  run("names", [](const json::object& entry, const std::string& id) {
    expect_known(entry, {"title", "names", "cached"}, id);
    std::string kept;
    for (const json::value& name : entry.at("names").as_array()) kept = better_name(kept, text(name), device);
    EXPECT_EQ(kept, text(entry, "cached")) << id;
  });
}

TEST_F(HubVectors, ManagementFrames) {
  run("mgmt_frames", [](const json::object& entry, const std::string& id) {
    expect_known(entry, {"title", "chunks", "adverts"}, id);
    hci::ManagementReader reader;
    json::array found;
    for (const json::value& chunk : entry.at("chunks").as_array()) {
      reader.feed(bytes(chunk));
      while (const auto advert = reader.next()) {
        std::string path = advert->address.to_string();
        std::ranges::replace(path, ':', '_');
        found.push_back({{"address", advert->address.to_string()},
                         {"rssi", advert->rssi_dbm},
                         {"ad", to_hex(advert->data)},
                         {"path", "/org/bluez/hci" + std::to_string(advert->controller) + "/dev_" + path}});
      }
    }
    EXPECT_EQ(found, entry.at("adverts").as_array()) << id << "\nours: " << found << "\ntheirs: " << entry.at("adverts");
  });
}

json::object object_of(const std::string& name, std::vector<Uuid> services, const std::vector<ServiceData>& service_data,
                       const std::vector<ManufacturerData>& manufacturer_data, std::optional<int8_t> tx_power) {
  json::object object{{"local_name", name.empty() ? json::value(nullptr) : json::value(name)}};
  json::array uuids;
  std::ranges::sort(services);
  for (const Uuid& uuid : services) uuids.emplace_back(uuid.to_string());
  json::object by_service;
  for (const ServiceData& each : service_data) by_service[each.service.to_string()] = to_hex(each.data);
  json::object by_company;
  for (const ManufacturerData& each : manufacturer_data) by_company[std::to_string(each.company)] = to_hex(each.data);
  object["service_uuids"] = uuids;
  object["service_data"] = by_service;
  object["manufacturer_data"] = by_company;
  object["tx_power"] = tx_power ? json::value(*tx_power) : json::value(nullptr);
  return object;
}

json::object ours(const std::vector<uint8_t>& payload) {
  PayloadRing ring;
  Sighting sighting;
  sighting.set_payload(payload, ring);
  Device heard;
  heard.apply(sighting);
  return object_of(heard.data.name().value_or(""), heard.data.service_uuids(), heard.data.service_data(),
                   heard.data.manufacturer_data(), heard.data.tx_power_dbm());
}

json::object of_compat_view(const std::vector<uint8_t>& payload) {
  const CompatContent content = CompatContent::parse(payload);
  std::vector<ServiceData> service_data;
  for (const auto& [service, data] : content.service_data) service_data.push_back({service, data});
  std::vector<ManufacturerData> manufacturer_data;
  for (const auto& [company, data] : content.manufacturer_data) manufacturer_data.push_back({company, data});
  return object_of(content.name, {content.service_uuids.begin(), content.service_uuids.end()}, service_data, manufacturer_data,
                   content.tx_power_dbm);
}

// An empty name is none; a list of services has no order.
json::object normal(json::object expected) {
  if (text(expected, "local_name").empty()) expected["local_name"] = nullptr;
  std::set<std::string> uuids;
  for (const json::value& uuid : expected.at("service_uuids").as_array()) uuids.insert(text(uuid));
  json::array sorted;
  for (const std::string& uuid : uuids) sorted.emplace_back(uuid);
  expected["service_uuids"] = sorted;
  return expected;
}

TEST_F(HubVectors, AdParse) {
  run("ad_parse", [](const json::object& entry, const std::string& id) {
    expect_known(entry, {"title", "hex", "expect"}, id);
    const auto payload = bytes(entry.at("hex"));
    const json::object expected = normal(entry.at("expect").as_object());
    EXPECT_EQ(of_compat_view(payload), expected) << id << "\nours: " << of_compat_view(payload) << "\ntheirs: " << expected;
    // Device replaces control characters of names, which Python keeps; all else is the same.
    json::object device_view = ours(payload);
    if (device_view["local_name"] != expected.at("local_name") && !text(expected, "local_name").empty()) {
      std::cout << id << ": Device says " << device_view["local_name"] << ", Python " << expected.at("local_name") << "\n";
      const std::string name = text(expected, "local_name");
      EXPECT_EQ(text(device_view, "local_name"),
                printable_name(Bytes(reinterpret_cast<const uint8_t*>(name.data()), name.size())));
      device_view["local_name"] = expected.at("local_name");
    }
    EXPECT_EQ(device_view, expected) << id << "\nours: " << device_view << "\ntheirs: " << expected;
  });
}

TEST_F(HubVectors, AppleFilter) {
  run("apple_filter", [](const json::object& entry, const std::string& id) {
    expect_known(entry, {"title", "manufacturer_data", "service_data", "accepted"}, id);
    AdvertisementBuilder builder;
    for (const auto& part : entry.at("manufacturer_data").as_object())
      builder.manufacturer_data(static_cast<uint16_t>(std::stoul(std::string(part.key()))), bytes(part.value()));
    for (const json::value& service : entry.at("service_data").as_array())
      builder.service_data(Uuid::parse(text(service)).value(), {});
    EXPECT_EQ(!is_apple_noise(AdvertisementData(builder.bytes())), entry.at("accepted").as_bool()) << id;
  });
}

// The vectors name services u1, s1; any UUIDs do that differ.
class Merging {
public:
  CompatContent read(const json::object& part) {
    CompatContent content{.name = text(part, "name")};
    for (const json::value& uuid : part.at("uuids").as_array()) content.service_uuids.insert(uuid_of(text(uuid)));
    for (const auto& each : part.at("service_data").as_object())
      content.service_data[uuid_of(std::string(each.key()))] = bytes(each.value());
    for (const auto& each : part.at("manufacturer_data").as_object())
      content.manufacturer_data[static_cast<uint16_t>(std::stoul(std::string(each.key())))] = bytes(each.value());
    return content;
  }

private:
  Uuid uuid_of(const std::string& name) {
    return Uuid(numbers_.try_emplace(name, static_cast<uint32_t>(numbers_.size() + 1)).first->second);
  }
  std::map<std::string, uint32_t> numbers_;
};

// The entries are one device's advertisements in turn. Of those before the first in the file nothing is told: what the first view shows, but its
// advertisement has not, was learned there.
void learn_what_was_before(CompatContent& known, const CompatContent& latest, const CompatContent& view) {
  for (const Uuid& uuid : view.service_uuids)
    if (!latest.service_uuids.contains(uuid)) known.service_uuids.insert(uuid);
  for (const auto& each : view.service_data)
    if (!latest.service_data.contains(each.first)) known.service_data.insert(each);
  for (const auto& each : view.manufacturer_data)
    if (!latest.manufacturer_data.contains(each.first)) known.manufacturer_data.insert(each);
  if (known.name.empty() && latest.name != view.name) known.name = view.name;
}

TEST_F(HubVectors, Merge) {
  Merging merging;
  CompatContent known;
  bool first = true;
  run("merge", [&](const json::object& entry, const std::string& id) {
    expect_known(entry, {"title", "input", "view"}, id);
    const CompatContent latest = merging.read(entry.at("input").as_object());
    const CompatContent view = merging.read(entry.at("view").as_object());
    if (std::exchange(first, false)) learn_what_was_before(known, latest, view);
    merge(known, latest);
    EXPECT_TRUE(known == view) << id << " " << json::serialize(entry);
  });
}

TEST_F(HubVectors, NoSectionIsLeftOut) {
  const Keys known = {"about", "constants",   "scoring",  "path_order",   "arbitration", "interval_tracker",
                      "names", "mgmt_frames", "ad_parse", "apple_filter", "merge",       "counts"};
  expect_known(scenarios_, known, "hub.json");
}

}  // namespace
}  // namespace moor::hub
