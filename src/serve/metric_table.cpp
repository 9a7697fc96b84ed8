#include "serve/metric_table.hpp"

namespace moor::serve {

namespace {

constexpr auto counter = prometheus::MetricType::Counter;
constexpr auto gauge = prometheus::MetricType::Gauge;
constexpr auto histogram = prometheus::MetricType::Histogram;

constexpr MetricRow rows[] = {
    {"moor_build_info", gauge, "version", "Always 1; the label says which moor this is."},
    {"moor_uptime_seconds", gauge, "", "Time since the gateway started."},
    {"moor_advertisements_total", counter, "radio", "Advertisements heard."},
    {"moor_radio_up", gauge, "radio,kind", "1 while the radio scans and hears what it should, else 0."},
    {"moor_radio_failures", gauge, "radio", "Failures in a row."},
    {"moor_radio_last_heard_timestamp_seconds", gauge, "radio", "When the radio last heard an advertisement, since 1970."},
    {"moor_slots_limit", gauge, "radio", "Connections that the radio can have."},
    {"moor_slots_free", gauge, "radio", "Of those, the ones that are free."},
    {"moor_advertisements_shed_total", counter, "cause",
     "Advertisements shed under overload; worth least first: other_radio, recent, repeat, news."},
    {"moor_advertisements_filtered_total", counter, "", "Advertisements that the filter held back."},
    {"moor_payloads_lost_total", counter, "", "Long payloads that were overwritten before they were read."},
    {"moor_intake_queue_length", gauge, "", "Advertisements that wait for the pipeline."},
    {"moor_decoded_total", counter, "", "Payloads that were looked into: new ones, and telemetry."},
    {"moor_decode_errors_total", counter, "family,problem",
     "Devices whose encrypted format could not be read, by format and why; told once a device and problem."},
    {"moor_devices", gauge, "", "Devices that are known now."},
    {"moor_beacons", gauge, "", "Beacons that are known now."},
    {"moor_devices_evicted_total", counter, "", "Devices forgotten to make room for others (devices.max)."},
    {"moor_zone_devices", gauge, "zone", "Devices in the zone now."},
    {"moor_zone_entries_total", counter, "zone", "Times that a device came into the zone."},
    {"moor_connections_total", counter, "radio,event", "Links of sensors and of the explorer: connected, disconnected, failed."},
    {"moor_connection_failures_total", counter, "reason", "Failed and lost links by class of error."},
    {"moor_sensors", gauge, "phase", "Connected sensors by phase: waiting, queued, connecting, connected, failed."},
    {"moor_store_queue_length", gauge, "", "Rows that are not durable yet."},
    {"moor_store_oldest_unwritten_age_seconds", gauge, "", "How long the oldest of them has waited."},
    {"moor_store_rows_written_total", counter, "table", "Rows that are durable."},
    {"moor_store_rows_dropped_total", counter, "table", "Rows shed for want of room."},
    {"moor_store_transaction_failures_total", counter, "", "Transactions that failed and were tried again."},
    {"moor_outbox_waiting", gauge, "sink", "Messages that the sink (broker, webhook) has not acknowledged."},
    {"moor_outbox_dropped_total", counter, "sink", "Messages passed over at the sink's bound."},
    {"moor_outbox_oldest_age_seconds", gauge, "sink", "How long the oldest of them has waited."},
    {"moor_processing_delay_seconds", histogram, "", "From hearing an advertisement to having processed it."},
    {"moor_commit_delay_seconds", histogram, "", "From a zone event to its being durable."},
    {"moor_publish_delay_seconds", histogram, "", "From a zone event or visit to the broker's acknowledgement."},
    {"moor_http_connections", gauge, "", "Connections of clients now."},
    {"moor_http_streams", gauge, "kind", "Of those, streams of events and WebSockets."},
    {"moor_http_responses_total", counter, "class", "Answers by the first digit of their status."},
    {"moor_http_refused_total", counter, "cause",
     "Requests and clients refused: connections, rate, timeout, malformed, token, tls."},
    {"moor_http_events_dropped_total", counter, "", "Live events that clients were too slow for."},
    {"moor_http_sent_bytes_total", counter, "", "Bytes sent to clients, before TLS."},
    {"process_cpu_seconds_total", counter, "", "Processor time of all threads."},
    {"process_resident_memory_bytes", gauge, "", "Memory in use."},
    {"process_virtual_memory_bytes", gauge, "", "Address space in use."},
    {"process_open_fds", gauge, "", "Open files and sockets."},
    {"process_max_fds", gauge, "", "As many there may be."},
    {"process_start_time_seconds", gauge, "", "When the gateway started, since 1970."},
};

const char* type_name(prometheus::MetricType type) noexcept {
  if (type == counter) return "counter";
  return type == gauge ? "gauge" : "histogram";
}

std::string in_code(const std::string& labels) {
  std::string result;
  for (const char c : labels) result += c == ',' ? std::string("`, `") : std::string(1, c);
  return labels.empty() ? "" : "`" + result + "`";
}

}  // namespace

std::span<const MetricRow> metric_table() noexcept {
  return rows;
}

std::string metrics_reference() {
  std::string text = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const MetricRow& row : rows)
    text +=
        "| `" + std::string(row.name) + "` | " + type_name(row.type) + " | " + in_code(row.labels) + " | " + row.help + " |\n";
  return text;
}

}  // namespace moor::serve
