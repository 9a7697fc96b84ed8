#include "publish/shared_states.hpp"

namespace moor::publish {

void SharedStates::on_state(std::string_view device, const SharedState& state, TimePoint now) {
  if (state.gateway == gateway_) return on_removed(device);  // who wrote last goes on, as if nobody had
  std::string key(device);
  if (writers_.size() >= most_ && !writers_.contains(key))
    boost::unordered::erase_if(writers_, [&](const auto& each) { return now - each.second.written > stale_after_; });
  if (writers_.size() >= most_ && !writers_.contains(key)) return;
  writers_[std::move(key)] = {.state = state, .written = now};
}

bool SharedStates::writes(std::string_view device, bool in_zone, const std::optional<double>& smoothed_dbm, TimePoint now) const {
  const auto found = writers_.find(std::string(device));
  if (found == writers_.end()) return true;
  const Writer& other = found->second;
  if (now - other.written > stale_after_) return true;
  if (!in_zone) return false;
  if (!other.state.in_zone || !other.state.smoothed_dbm) return true;
  return smoothed_dbm && *smoothed_dbm >= *other.state.smoothed_dbm + margin_db;
}

}  // namespace moor::publish
