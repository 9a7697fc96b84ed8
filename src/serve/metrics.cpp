#include "serve/metrics.hpp"

#include "moor/connect_cause.hpp"
#include "moor/version.hpp"
#include "serve/metric_table.hpp"
#include "serve/process_facts.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <stdexcept>

namespace moor::serve {

namespace {

using Labels = std::vector<prometheus::ClientMetric::Label>;

constexpr size_t max_uncommitted = 4096;
constexpr size_t zone_event_row = 7;
static_assert(std::string_view(store_row_names[zone_event_row]) == "zone_events");

double as_double(uint64_t number) noexcept {
  return static_cast<double>(number);
}

double since_1970_s(const Clock& clock, TimePoint t) {
  return to_seconds(clock.to_wall(t).time_since_epoch());
}

}  // namespace

void DelayHistogram::observe(Duration delay) noexcept {
  const double seconds = std::max(0.0, to_seconds(delay));
  const auto at = std::lower_bound(bounds_s.begin(), bounds_s.end(), seconds);
  ++counts_[static_cast<size_t>(at - bounds_s.begin())];
  sum_s_ += seconds;
}

uint64_t DelayHistogram::count() const noexcept {
  return cumulative(bounds_s.size());
}

uint64_t DelayHistogram::cumulative(size_t bound) const noexcept {
  uint64_t sum = 0;
  for (size_t i = 0; i <= bound; ++i) sum += counts_[i];
  return sum;
}

// The families of the table, filled one sample after the other.
class Metrics::Page {
public:
  Page() {
    for (const MetricRow& row : metric_table()) families_.push_back({row.name, row.help, row.type, {}});
  }
  void add(std::string_view name, double value, Labels labels = {}) {
    prometheus::MetricFamily& family = find(name);
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    (family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family.metric.push_back(std::move(metric));
  }
  void add(std::string_view name, const DelayHistogram& histogram) {
    prometheus::ClientMetric metric;
    metric.histogram.sample_count = histogram.count();
    metric.histogram.sample_sum = histogram.sum_s();
    for (size_t i = 0; i < DelayHistogram::bounds_s.size(); ++i)
      metric.histogram.bucket.push_back({histogram.cumulative(i), DelayHistogram::bounds_s[i]});
    find(name).metric.push_back(std::move(metric));
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

private:
  prometheus::MetricFamily& find(std::string_view name) {
    for (auto& family : families_)
      if (family.name == name) return family;
    throw std::logic_error("no such metric: " + std::string(name));
  }
  std::vector<prometheus::MetricFamily> families_;
};

Metrics::Metrics(Gateway& gateway, MetricsOptions options) : gateway_(gateway), options_(std::move(options)) {
  gateway_.add_listener(*this);
  if (Store* const store = gateway_.store()) {
    settled_ = settled_zone_events();
    store->outbox().on_committed([this] { on_committed(); });
  }
}

void Metrics::add_to(http::Router& router) {
  router.get("/metrics", [this](const http::Request&) -> awaitable<http::Response> {
    http::Response response = http::text_response(scrape());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    co_return response;
  });
}

std::string Metrics::scrape() {
  Page page;
  page.add("moor_build_info", 1, {{"version", version}});
  page.add("moor_uptime_seconds", to_seconds(gateway_.clock().now() - gateway_.started()));
  add_radios(page);
  add_pipeline(page);
  add_links(page);
  add_store(page);
  page.add("moor_processing_delay_seconds", processed_);
  page.add("moor_commit_delay_seconds", committed_);
  page.add("moor_publish_delay_seconds", published_);
  add_server(page);
  add_process(page);
  return page.text();
}

void Metrics::add_radios(Page& page) {
  const std::vector<RadioState>& states = gateway_.radios();
  for (const Radio* const radio : gateway_.hub().radios()) {
    const RadioInfo& info = radio->info();
    const RadioState& state = states.at(info.id);
    const Labels labels{{"radio", info.name}};
    page.add("moor_advertisements_total", as_double(state.sightings), labels);
    page.add("moor_radio_up", state.phase == RadioState::Phase::scanning && !state.silent ? 1 : 0,
             {{"radio", info.name}, {"kind", info.kind}});
    page.add("moor_radio_failures", state.failures, labels);
    if (state.last_heard)
      page.add("moor_radio_last_heard_timestamp_seconds", since_1970_s(gateway_.clock(), *state.last_heard), labels);
    if (!info.can_connect) continue;
    const Slots slots = radio->slots();
    if (slots.limit <= 0) continue;
    page.add("moor_slots_limit", slots.limit, labels);
    page.add("moor_slots_free", std::max(slots.free, 0), labels);
  }
}

void Metrics::add_pipeline(Page& page) {
  const GatewayStatistics statistics = gateway_.statistics();
  for (size_t i = 0; i < worth_count; ++i)
    page.add("moor_advertisements_shed_total", as_double(statistics.intake.shed[i]),
             {{"cause", to_string(static_cast<Worth>(i))}});
  page.add("moor_advertisements_filtered_total", as_double(statistics.pipeline.filtered));
  page.add("moor_payloads_lost_total", as_double(statistics.pipeline.payload_lost));
  page.add("moor_intake_queue_length", as_double(statistics.intake.waiting));
  page.add("moor_decoded_total", as_double(statistics.pipeline.decoded));
  for (const auto& [key, count] : decode_errors_)
    page.add("moor_decode_errors_total", as_double(count), {{"family", key.first}, {"problem", key.second}});
  const DeviceTable& devices = gateway_.pipeline().devices();
  page.add("moor_devices", as_double(devices.size()));
  page.add("moor_beacons", as_double(gateway_.pipeline().beacons().size()));
  page.add("moor_devices_evicted_total", as_double(devices.evicted()));
  std::map<std::string, uint64_t> inside;
  for (const std::string& zone : gateway_.zones()) inside[zone] = 0;
  for (DeviceSlot slot = 0; slot < devices.slots(); ++slot) {
    const std::string zone = devices.is_used(slot) ? gateway_.zone_name(slot) : std::string();
    if (!zone.empty()) ++inside[zone];
  }
  for (const auto& [zone, count] : inside) page.add("moor_zone_devices", as_double(count), {{"zone", zone}});
  for (const std::string& zone : gateway_.zones())
    page.add("moor_zone_entries_total", as_double(entries_[zone]), {{"zone", zone}});
}

void Metrics::add_links(Page& page) {
  for (const auto& [key, count] : connections_)
    page.add("moor_connections_total", as_double(count), {{"radio", key.first}, {"event", key.second}});
  for (const auto& [reason, count] : failures_)
    page.add("moor_connection_failures_total", as_double(count), {{"reason", reason}});
  std::map<std::string, int> phases;
  for (const SensorState& each : gateway_.sensors()) ++phases[to_string(each.phase)];
  for (const auto& [phase, count] : phases) page.add("moor_sensors", count, {{"phase", phase}});
}

void Metrics::add_store(Page& page) {
  const auto statistics = gateway_.store_statistics();
  if (!statistics) return;
  page.add("moor_store_queue_length", as_double(statistics->queued));
  page.add("moor_store_oldest_unwritten_age_seconds", to_seconds(statistics->oldest_unwritten_age));
  for (size_t i = 0; i < store_row_kinds; ++i) {
    page.add("moor_store_rows_written_total", as_double(statistics->written[i]), {{"table", store_row_names[i]}});
    page.add("moor_store_rows_dropped_total", as_double(statistics->dropped[i]), {{"table", store_row_names[i]}});
  }
  page.add("moor_store_transaction_failures_total", as_double(statistics->failures));
  if (gateway_.store() == nullptr) return;
  for (const auto& [name, sink] : gateway_.store()->outbox().statistics().sinks) {
    const Labels labels{{"sink", name}};
    page.add("moor_outbox_waiting", as_double(sink.waiting), labels);
    page.add("moor_outbox_dropped_total", as_double(sink.dropped), labels);
    page.add("moor_outbox_oldest_age_seconds", to_seconds(sink.oldest_age), labels);
  }
}

void Metrics::add_server(Page& page) const {
  if (!options_.server) return;
  const http::ServerStatistics statistics = options_.server();
  page.add("moor_http_connections", as_double(statistics.open));
  page.add("moor_http_streams", as_double(statistics.streams), {{"kind", "events"}});
  page.add("moor_http_streams", as_double(statistics.web_sockets), {{"kind", "websocket"}});
  for (size_t i = 1; i < statistics.by_class.size(); ++i)
    page.add("moor_http_responses_total", as_double(statistics.by_class[i]), {{"class", std::to_string(i) + "xx"}});
  const std::pair<const char*, uint64_t> refused[] = {
      {"connections", statistics.refused}, {"rate", statistics.rate_limited},     {"timeout", statistics.timed_out},
      {"malformed", statistics.malformed}, {"token", statistics.unauthenticated}, {"tls", statistics.handshakes_failed}};
  for (const auto& [cause, count] : refused) page.add("moor_http_refused_total", as_double(count), {{"cause", cause}});
  page.add("moor_http_events_dropped_total", as_double(statistics.events_dropped));
  page.add("moor_http_sent_bytes_total", as_double(statistics.bytes_sent));
}

void Metrics::add_process(Page& page) const {
  const ProcessFacts facts = read_process_facts();
  page.add("process_cpu_seconds_total", facts.cpu_s);
  page.add("process_resident_memory_bytes", as_double(facts.resident_bytes));
  page.add("process_virtual_memory_bytes", as_double(facts.virtual_bytes));
  page.add("process_open_fds", as_double(facts.open_files));
  page.add("process_max_fds", as_double(facts.max_files));
  page.add("process_start_time_seconds", since_1970_s(gateway_.clock(), gateway_.started()));
}

void Metrics::on_heard(DeviceSlot, const Device&, const Sighting& sighting) {
  processed_.observe(gateway_.clock().now() - sighting.time);
}

void Metrics::on_decode_problem(const Device&, const Decoded& decoded) {
  ++decode_errors_[{std::string(decoded.format()), to_string(decoded.problem())}];
}

void Metrics::on_zone(const ZoneEvent& event) {
  if (!event.to.empty()) ++entries_[event.to];
  if (gateway_.store() == nullptr) return;
  if (uncommitted_.size() == max_uncommitted) uncommitted_.pop_front();
  uncommitted_.push_back(gateway_.clock().now());
}

// Rows become durable in their order; those that the store sheds are not waited for.
void Metrics::on_committed() {
  if (gateway_.store() == nullptr) return;
  const uint64_t settled = settled_zone_events();
  const TimePoint now = gateway_.clock().now();
  for (; settled_ < settled; ++settled_) {
    if (uncommitted_.empty()) continue;
    committed_.observe(now - uncommitted_.front());
    uncommitted_.pop_front();
  }
}

uint64_t Metrics::settled_zone_events() const {
  const StoreStatistics statistics = gateway_.store()->statistics();
  return statistics.written[zone_event_row] + statistics.dropped[zone_event_row] + statistics.refused[zone_event_row];
}

void Metrics::on_connection(const ConnectionRow& row) {
  ++connections_[{row.radio, row.event}];
  if (!row.cause.empty()) ++failures_[std::string(to_string(reason_in(row.cause)))];
}

}  // namespace moor::serve
