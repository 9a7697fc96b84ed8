// The lab's smoothing: samples through a PresenceTracker, as `moor track` and the gateway put them.

#include "core/json_text.hpp"
#include "http/message.hpp"
#include "moor/presence.hpp"
#include "report/presence_json.hpp"
#include "serve/lab.hpp"
#include "serve/lab_fields.hpp"
#include "serve/lab_walks.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json.hpp>

namespace moor::serve {

namespace json = boost::json;

namespace {

constexpr size_t max_samples = 10'000;
constexpr double max_t_s = 1e9;

/// {"t", "rssi"} or the shorter [t, rssi].
Sample sample_of(const json::value& value) {
  const json::value* t = nullptr;
  const json::value* rssi = nullptr;
  if (const auto* object = value.if_object()) {
    t = object->if_contains("t");
    rssi = object->if_contains("rssi");
  } else if (const auto* pair = value.if_array(); pair != nullptr && pair->size() == 2) {
    t = &(*pair)[0];
    rssi = &(*pair)[1];
  }
  if (t == nullptr || rssi == nullptr)
    throw http::Refusal(400, "a sample has no time or no RSSI", R"(give samples such as {"t": 1.5, "rssi": -67}, or [1.5, -67])");
  return {lab_number(*t, "t", 0, max_t_s), lab_number(*rssi, "rssi", -127, 20)};
}

std::vector<Sample> samples_of(const LabFields& fields, Walks& walks) {
  const json::array* given = fields.array("samples", max_samples);
  const auto name = fields.text("walk", 64);
  if ((given != nullptr) == name.has_value())
    throw http::Refusal(400, "there must be either 'samples' or 'walk'", "GET /api/v1/lab/walks tells the walks");
  if (given == nullptr) {
    const Walk* walk = walks.find(*name);
    if (walk == nullptr) throw http::Refusal(400, "there is no walk of this name", "GET /api/v1/lab/walks tells the walks");
    return walk->samples;
  }
  std::vector<Sample> samples;
  samples.reserve(given->size());
  for (const json::value& each : *given) {
    samples.push_back(sample_of(each));
    if (samples.size() > 1 && samples.back().t < samples[samples.size() - 2].t)
      throw http::Refusal(400, "the samples are not in the order of their times", "sort them by 't'");
  }
  return samples;
}

// The names and ranges are those of `moor track`.
PresenceOptions options_of(const LabFields& fields) {
  PresenceOptions options;
  const auto alpha = fields.number("alpha", 0.001, 1);
  const auto tau = fields.number("tau", 0.001, 1e6);
  if (alpha && tau) throw http::Refusal(400, "'alpha' and 'tau' are two ways to say the same", "give one of them");
  options.smoothing.alpha = alpha.value_or(options.smoothing.alpha);
  if (tau) options.smoothing.tau = from_seconds(*tau);
  options.zones.near_dbm = fields.number("near", -127, 20).value_or(options.zones.near_dbm);
  options.zones.far_dbm = fields.number("far", -127, 20).value_or(options.zones.far_dbm);
  options.zones.hysteresis_db = fields.number("hysteresis", 0, 50).value_or(0);
  options.zones.min_samples = static_cast<uint16_t>(fields.integer("min_samples", 1, 1000).value_or(options.zones.min_samples));
  options.path_loss.default_power_dbm = fields.number("tx_power", -126, -1).value_or(options.path_loss.default_power_dbm);
  options.path_loss.exponent = fields.number("exponent", 0.1, 10).value_or(options.path_loss.exponent);
  options.lost_after = from_seconds(fields.number("lost_after", 0.1, 1e7).value_or(30));
  options.validate();
  return options;
}

/// The median, so that a pause counts for one; 1 where there is nothing to reckon it from.
double samples_per_second(const std::vector<Sample>& samples) {
  std::vector<double> gaps;
  for (size_t i = 1; i < samples.size(); ++i) gaps.push_back(samples[i].t - samples[i - 1].t);
  if (gaps.empty()) return 1;
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::ranges::nth_element(gaps, middle);
  return *middle > 0 ? 1 / *middle : 1;
}

json::object transition_of(const PresenceReading& reading, double t) {
  return {{"t", t},
          {"from", reading.from ? json::value(to_string(*reading.from)) : json::value()},
          {"to", reading.zone ? json::value(to_string(*reading.zone)) : json::value()},
          {"what", describe(reading)}};
}

}  // namespace

json::object lab_smoothing(const json::object& asked, Walks& walks) {
  const LabFields fields(asked, {"samples", "walk", "alpha", "tau", "near", "far", "hysteresis", "min_samples", "tx_power",
                                 "exponent", "lost_after"});
  const PresenceOptions options = options_of(fields);
  const std::vector<Sample> samples = samples_of(fields, walks);
  PresenceTracker tracker(options);
  json::array points;
  json::array transitions;
  for (const Sample& sample : samples)
    tracker.on_sample(0, TimePoint(from_seconds(sample.t)), sample.rssi_dbm, std::nullopt, [&](const PresenceReading& reading) {
      const double t = rounded(to_seconds(reading.time.time_since_epoch()), 3);
      json::object point{{"t", t}};
      append_reading(point, reading);
      points.push_back(std::move(point));
      if (reading.event != PresenceEvent::none) transitions.push_back(transition_of(reading, t));
    });
  const double rate = samples_per_second(samples);
  const double weight = ema_weight(options.smoothing, from_seconds(1 / rate));
  json::object answer;
  answer["points"] = std::move(points);
  answer["samples_per_s"] = rounded(rate, 3);
  answer["alpha"] = rounded(weight, 4);  // of a sample at that rate, also where tau was given
  answer["effective_window"] = rounded(effective_window(weight), 2);
  answer["response_s"] = rounded(to_seconds(response_time(weight, rate)), 2);
  answer["transitions"] = std::move(transitions);
  return answer;
}

}  // namespace moor::serve
