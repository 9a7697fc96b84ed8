#include "gateway/key_counters.hpp"

#include "crypto/hmac.hpp"

namespace moor {

namespace {

// A hash under the key itself: it is the same in every run, tells no address, and another key of the same device has another one.
std::string row_name(const Key& key) {
  const std::string_view kind = to_string(key.kind);
  const crypto::Digest digest = crypto::hmac_sha256(key.bytes, Bytes(reinterpret_cast<const uint8_t*>(kind.data()), kind.size()));
  return "key-" + to_hex(Bytes(digest).first(8));
}

}  // namespace

void KeyCounters::restore(const std::vector<CounterRow>& rows) {
  boost::unordered_flat_map<std::string_view, uint64_t> kept;
  for (const CounterRow& row : rows) kept[row.device] = row.counter;
  keys_.for_each([&](Key& key) {
    const std::string name = row_name(key);
    const auto found = kept.find(name);
    if (found == kept.end() || found->second > UINT32_MAX) return;
    key.state.counter = static_cast<uint32_t>(found->second);
    told_[name] = *key.state.counter;
  });
}

std::vector<CounterRow> KeyCounters::changed() {
  std::vector<CounterRow> rows;
  for (CounterRow& row : all()) {
    const auto counter = static_cast<uint32_t>(row.counter);
    const auto [known, added] = told_.try_emplace(row.device, counter);
    if (!added && known->second == counter) continue;
    known->second = counter;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<CounterRow> KeyCounters::all() {
  std::vector<CounterRow> rows;
  keys_.for_each([&](const Key& key) {
    if (key.state.counter)
      rows.push_back({.device = row_name(key), .kind = std::string(to_string(key.kind)), .counter = *key.state.counter});
  });
  return rows;
}

}  // namespace moor
