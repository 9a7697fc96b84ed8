#include "mdns/record_cache.hpp"

#include <algorithm>

namespace moor::mdns {
namespace {

constexpr Duration a_moment = std::chrono::seconds(1);
constexpr uint32_t longest_ttl_s = 24 * 3600;  // whoever says more is not believed so long
constexpr int steps = 4;

bool same_data(const Record& a, const Record& b) {
  return a.data == b.data;
}

}  // namespace

TimePoint RecordCache::refresh_time(const Entry& entry) noexcept {
  if (entry.refreshes >= steps || entry.record.ttl_s == 0) return TimePoint::max();
  const Duration life = entry.expires - entry.heard;
  return entry.heard + life * (80 + 5 * entry.refreshes) / 100;
}

bool RecordCache::add(const Record& record, TimePoint now) {
  Key key{folded(record.name), record.type};
  const auto found = records_.find(key);
  if (record.ttl_s == 0) {
    if (found == records_.end()) return false;
    for (Entry& each : found->second)
      if (same_data(each.record, record)) {
        each.record.ttl_s = 0;
        each.expires = std::min(each.expires, now + a_moment);
      }
    return false;
  }
  if (found == records_.end() && size_ >= capacity) {
    ++dropped_;
    return false;
  }
  std::vector<Entry>& entries = found != records_.end() ? found->second : records_[std::move(key)];
  bool is_new = true;
  const Duration life = std::chrono::seconds(std::min(record.ttl_s, longest_ttl_s));
  for (Entry& each : entries) {
    if (same_data(each.record, record)) {
      each = {.record = record, .heard = now, .expires = now + life};
      is_new = false;
    } else if (record.flush && now - each.heard > a_moment) {
      each.record.ttl_s = 0;
      each.expires = std::min(each.expires, now + a_moment);
    }
  }
  if (!is_new) return false;
  if (size_ >= capacity) {
    ++dropped_;
    return false;
  }
  entries.push_back({.record = record, .heard = now, .expires = now + life});
  ++size_;
  return true;
}

bool RecordCache::expire(TimePoint now) {
  const size_t before = size_;
  for (auto at = records_.begin(); at != records_.end();) {
    size_ -= std::erase_if(at->second, [&](const Entry& each) { return each.expires <= now; });
    at = at->second.empty() ? records_.erase(at) : std::next(at);
  }
  return size_ != before;
}

const std::vector<RecordCache::Entry>* RecordCache::find(std::string_view name, RecordType type) const {
  const auto found = records_.find(Key{folded(name), type});
  return found == records_.end() ? nullptr : &found->second;
}

TimePoint RecordCache::next_expiry() const {
  TimePoint next = TimePoint::max();
  for (const auto& [key, entries] : records_)
    for (const Entry& each : entries) next = std::min(next, each.expires);
  return next;
}

}  // namespace moor::mdns
