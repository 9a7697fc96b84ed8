#include "publish/memory_outbox.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace moor::publish {

MemoryOutbox::MemoryOutbox(Clock& clock) : clock_(clock) {
  using std::chrono::milliseconds;
  // Thousandths of a millisecond since 1970: above what an earlier run counted, and exact in a double, as JSON programs read it.
  first_event_ =
      static_cast<uint64_t>(std::chrono::duration_cast<milliseconds>(clock.to_wall(clock.now()).time_since_epoch()).count()) *
      1000;
}

void MemoryOutbox::put(std::string kind, TimePoint time, std::string_view message) {
  if (sinks_.empty()) return;
  const uint64_t id = ++last_;
  messages_.push_back(
      {.id = id,
       .kind = std::move(kind),
       .time = clock_.to_wall(time),
       .payload = fmt::format("{{\"id\":{}{}{}", first_event_ + id, message == "{}" ? "" : ",", message.substr(1))});
  for (auto& [name, sink] : sinks_) {
    if (id - sink.cursor <= sink.bound) continue;
    sink.cursor = id - sink.bound;
    ++sink.dropped;
  }
  forget_passed();
  for (const auto& call : calls_) call();
}

void MemoryOutbox::register_sink(std::string sink, size_t bound) {
  const auto [place, added] = sinks_.try_emplace(std::move(sink));
  place->second.bound = std::max<size_t>(bound, 1);
  if (added) place->second.cursor = last_;
}

void MemoryOutbox::remove_sink(const std::string& sink) {
  sinks_.erase(sink);
  forget_passed();
}

boost::asio::awaitable<std::vector<OutboxMessage>> MemoryOutbox::read(std::string sink, size_t limit, uint64_t after) {
  std::vector<OutboxMessage> result;
  const auto found = sinks_.find(sink);
  if (found == sinks_.end()) co_return result;
  auto each = std::ranges::upper_bound(messages_, std::max(after, found->second.cursor), {}, &OutboxMessage::id);
  for (; each != messages_.end() && result.size() < limit; ++each) result.push_back(*each);
  co_return result;
}

void MemoryOutbox::acknowledge(std::string sink, uint64_t through) {
  const auto found = sinks_.find(sink);
  if (found == sinks_.end()) return;
  found->second.cursor = std::max(found->second.cursor, std::min(through, last_));
  forget_passed();
}

OutboxStatistics MemoryOutbox::statistics() const {
  OutboxStatistics all;
  for (const auto& [name, sink] : sinks_) {
    OutboxStatistics::Sink& each = all.sinks[name];
    each.waiting = last_ - sink.cursor;
    each.dropped = sink.dropped;
    const auto oldest = std::ranges::upper_bound(messages_, sink.cursor, {}, &OutboxMessage::id);
    if (oldest != messages_.end())
      each.oldest_age = std::chrono::duration_cast<Duration>(clock_.to_wall(clock_.now()) - oldest->time);
  }
  return all;
}

void MemoryOutbox::forget_passed() {
  uint64_t passed = last_;
  for (const auto& [name, sink] : sinks_) passed = std::min(passed, sink.cursor);
  while (!messages_.empty() && messages_.front().id <= passed) messages_.pop_front();
}

}  // namespace moor::publish
