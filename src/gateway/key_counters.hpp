#pragma once
// How far encrypted devices have counted, kept over restarts: what was recorded before one and is played back after it is not believed.

#include "moor/keys.hpp"
#include "moor/store_rows.hpp"

namespace moor {

class KeyCounters {
public:
  explicit KeyCounters(KeyRing& keys) : keys_(keys) {}

  /// Takes back what was kept; rows of keys that are gone are passed over.
  void restore(const std::vector<CounterRow>& rows);
  /// Those that have moved since the last call.
  [[nodiscard]] std::vector<CounterRow> changed();
  /// All that are known.
  [[nodiscard]] std::vector<CounterRow> all();

private:
  KeyRing& keys_;
  boost::unordered_flat_map<std::string, uint32_t> told_;
};

}  // namespace moor
