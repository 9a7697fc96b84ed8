#pragma once
// Walks for the lab: RSSI of one device that somebody carries, sample by sample. Most come from the simulation's model of the air, each from
// a fixed seed, so that everybody sees the same; one is cut out of the demo's recording.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace moor::serve {

struct Sample {
  double t = 0;  ///< s since the walk's beginning
  double rssi_dbm = 0;
};

struct Walk {
  std::string name;
  std::string what;  ///< happens in it, in a sentence
  std::vector<Sample> samples;
};

class Walks {
public:
  /// @param recording  a capture; empty for none.
  explicit Walks(std::filesystem::path recording = {}) : recording_(std::move(recording)) {}

  /// Made when they are first asked for, which takes some ms. A recording that is not there or has no walk in it is left out.
  [[nodiscard]] const std::vector<Walk>& all();
  [[nodiscard]] const Walk* find(std::string_view name);

private:
  std::filesystem::path recording_;
  std::vector<Walk> walks_;
};

}  // namespace moor::serve
