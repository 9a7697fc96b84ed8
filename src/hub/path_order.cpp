#include "hub/path_order.hpp"

#include <algorithm>
#include <tuple>

namespace moor::hub {

namespace {

double level(const Candidate& candidate) noexcept {
  return candidate.rssi_dbm.value_or(0) == 0 ? no_rssi_value : *candidate.rssi_dbm;
}

double best_difference(const std::vector<Candidate>& candidates) noexcept {
  if (candidates.size() < 2) return 0;
  double best = std::max(level(candidates[0]), level(candidates[1]));
  double second = std::min(level(candidates[0]), level(candidates[1]));
  for (size_t i = 2; i < candidates.size(); ++i) {
    const double each = level(candidates[i]);
    second = std::max(second, std::min(each, best));
    best = std::max(best, each);
  }
  return best - second;
}

}  // namespace

double score(const Rules& rules, const Candidate& candidate, double difference_db) noexcept {
  const bool compat = rules.profile == HubProfile::compat;
  if (compat && candidate.slots > 0 && candidate.free == 0) return no_rssi_value;
  double penalty = rules.connecting_penalty * candidate.connecting + rules.failure_penalty * candidate.failures +
                   rules.radio_failure_penalty * candidate.radio_failures;
  if (candidate.slots > 0 && candidate.free == 1) penalty += rules.last_slot_penalty;
  if (compat) penalty *= std::max(difference_db, 1.0);
  return level(candidate) - penalty;
}

void order_paths(const Rules& rules, std::vector<Candidate>& candidates) {
  const double difference = best_difference(candidates);
  for (Candidate& each : candidates) each.score = score(rules, each, difference);

  const bool by_score_only = rules.profile == HubProfile::compat;
  std::vector<std::pair<Candidate, size_t>> ordered;
  ordered.reserve(candidates.size());
  for (const Candidate& each : candidates) ordered.emplace_back(each, ordered.size());
  const auto rank = [&](const std::pair<Candidate, size_t>& each) {
    const Candidate& candidate = each.first;
    return std::tuple(!candidate.connected, !by_score_only && candidate.is_full(), -candidate.score, -level(candidate),
                      each.second);
  };
  std::ranges::sort(ordered, {}, rank);
  for (size_t i = 0; i < ordered.size(); ++i) candidates[i] = ordered[i].first;
}

}  // namespace moor::hub
