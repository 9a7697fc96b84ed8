#pragma once
// All metrics by name: what docs/metrics.md lists and /metrics has. Names follow Prometheus: a unit at the end, _total for what only rises.

#include <prometheus/metric_type.h>
#include <span>
#include <string>

namespace moor::serve {

struct MetricRow {
  const char* name;
  prometheus::MetricType type;
  const char* labels;  ///< names with commas; empty for none
  const char* help;
};

/// In the order of the page.
[[nodiscard]] std::span<const MetricRow> metric_table() noexcept;
/// The table of docs/metrics.md.
[[nodiscard]] std::string metrics_reference();

}  // namespace moor::serve
