#pragma once
// Real captures, in memory, for benchmarks.

#include "moor/capture.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace moor::bench {

namespace fs = std::filesystem;

inline constexpr Duration gap_between_captures = std::chrono::milliseconds(1);

/// Captures in memory, replayed one after the other on one time line that never goes back.
class Replay {
public:
  void add(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
    captures_.push_back(Capture::from_bytes(std::move(bytes), path.filename().string()));
  }
  [[nodiscard]] size_t size() const noexcept { return captures_.size(); }

  void run(SightingSink& sink) {
    for (Capture& capture : captures_) {
      capture.rewind();
      Duration shift{};
      bool begun = false;
      for (auto batch = capture.next_batch(); !batch.empty(); batch = capture.next_batch()) {
        if (!std::exchange(begun, true)) shift = latest_ + gap_between_captures - batch.front().time;
        for (Sighting& sighting : batch) sighting.time = latest_ = std::max(latest_, sighting.time + shift);
        sink.on_sightings(batch);
      }
    }
  }

private:
  std::vector<Capture> captures_;
  TimePoint latest_ = TimePoint(std::chrono::years(50));
};

/// All that was heard, in memory one behind the other: what the floor walks.
class Payloads final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& sighting : batch) add(sighting.payload());
  }
  [[nodiscard]] size_t count() const noexcept { return sizes_.size(); }
  [[nodiscard]] size_t bytes() const noexcept { return bytes_.size(); }
  void add(Bytes payload) {
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    sizes_.push_back(static_cast<uint16_t>(payload.size()));
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    const uint8_t* payload = bytes_.data();
    for (const uint16_t size : sizes_) {
      visit(Bytes(payload, size));
      payload += size;
    }
  }

  [[nodiscard]] uint64_t walk() const noexcept {
    uint64_t sum = 0;
    for_each([&](Bytes payload) {
      for (size_t at = 0; at < payload.size();) {
        const size_t length = payload[at];
        if (length >= payload.size() - at) break;
        if (length > 0) sum += payload[at + 1] + length;
        at += 1 + length;
      }
    });
    return sum;
  }

private:
  std::vector<uint8_t> bytes_;
  std::vector<uint16_t> sizes_;
};

/// Those that were given, else those of the test data.
inline std::vector<fs::path> captures_to_run(const std::vector<std::string_view>& given) {
  if (!given.empty()) return {given.begin(), given.end()};
  const char* data = std::getenv("MOOR_TEST_DATA");
  const fs::path folder = (data != nullptr ? fs::path(data) : fs::path(MOOR_SOURCE_DIR "/../shared/data")) / "captures";
  constexpr std::string_view formats[] = {".btsnoop", ".pcap", ".pcapng", ".pklg", ".cfa"};
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (std::ranges::find(formats, entry.path().extension().string()) != std::end(formats)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

}  // namespace moor::bench
