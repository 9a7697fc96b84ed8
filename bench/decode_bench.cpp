// How fast an advertisement becomes its meaning: the AD structures are walked and every format is asked that may know one. The payloads
// are those of real captures, one after the other as they were heard; or of files *.hex, a payload in hexadecimal on each line.
//
// The floor is a plain loop over the same payloads that only walks the AD structures. What nobody claims is measured apart from what
// somebody does: it is most of real air, and may cost no more. A repeated payload goes the way of the pipeline: the table of devices
// sees that it has it, and nothing is decoded.

#include "bench/arguments.hpp"
#include "bench/captures.hpp"
#include "bench/measure.hpp"
#include "moor/decoder.hpp"
#include "moor/device_table.hpp"

#include <fmt/format.h>

namespace moor::bench {
namespace {

/// Keeps the last sighting of each device.
class LastOfEach final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& sighting : batch) {
      const auto heard = devices_.apply(sighting, [](DeviceSlot, const Device&) {});
      if (heard.slot >= sightings_.size()) sightings_.resize(heard.slot + size_t{1});
      sightings_[heard.slot] = sighting;
    }
  }
  [[nodiscard]] const std::vector<Sighting>& sightings() const noexcept { return sightings_; }

private:
  DeviceTable devices_;
  std::vector<Sighting> sightings_;
};

struct Corpus {
  Payloads all;
  Payloads claimed;
  Payloads unclaimed;
  LastOfEach last;
};

// A few lines are over sooner than a clock can tell: they come again and again.
void add_lines(const fs::path& path, Payloads& payloads) {
  constexpr int repeats = 1000;
  std::vector<std::vector<uint8_t>> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (auto payload = from_hex(line); payload && !payload->empty()) lines.push_back(std::move(*payload));
  for (int i = 0; i < repeats; ++i)
    for (const auto& payload : lines) payloads.add(payload);
}

void read(const Arguments& arguments, Corpus& corpus) {
  Replay replay;
  for (const fs::path& path : captures_to_run(arguments.files())) {
    if (path.extension() == ".hex")
      add_lines(path, corpus.all);
    else
      replay.add(path);
  }
  replay.run(corpus.all);
  replay.run(corpus.last);
  Decoded decoded;
  corpus.all.for_each([&](Bytes payload) {
    decode(AdvertisementData(payload), decoded);
    (decoded.empty() ? corpus.unclaimed : corpus.claimed).add(payload);
  });
}

class Bench {
public:
  explicit Bench(const Corpus& corpus) : corpus_(corpus) { repeat_all(); }

  void run_round() {
    floor_.take([&] { sum_ = sum_ + corpus_.all.walk(); });
    all_.take([&] { decode_all(corpus_.all); });
    claimed_.take([&] { decode_all(corpus_.claimed); });
    unclaimed_.take([&] { decode_all(corpus_.unclaimed); });
    repeated_.take([&] { repeat_all(); });
  }

  void print(bool json) const {
    const double floor = floor_.median() / static_cast<double>(std::max<size_t>(corpus_.all.count(), 1));
    const auto row = [&](const Measure& measure, size_t count) {
      if (count == 0) return;
      const double each = measure.median() / static_cast<double>(count);
      if (json)
        fmt::print(
            "{{\"bench\":\"decode\",\"what\":\"{}\",\"adverts\":{},\"ns_per_advert\":{:.2f},\"ratio_to_floor\":{:.2f},"
            "\"allocations\":{}}}\n",
            measure.name, count, each * 1e9, each / floor, measure.allocated);
      else
        fmt::print("{:<22} {:>8} adverts {:>8.1f} ns {:>8.1f} x floor {:>6} allocations\n", measure.name, count, each * 1e9,
                   each / floor, measure.allocated);
    };
    row(floor_, corpus_.all.count());
    row(all_, corpus_.all.count());
    row(claimed_, corpus_.claimed.count());
    row(unclaimed_, corpus_.unclaimed.count());
    row(repeated_, corpus_.last.sightings().size());
  }

private:
  void decode_all(const Payloads& payloads) {
    payloads.for_each([&](Bytes payload) {
      decode(AdvertisementData(payload), decoded_);
      sum_ = sum_ + decoded_.readings().size();
    });
  }
  void repeat_all() {
    for (const Sighting& sighting : corpus_.last.sightings())
      if (devices_.apply(sighting, [](DeviceSlot, const Device&) {}).new_payload)
        decode(AdvertisementData(sighting.payload()), decoded_);
  }

  const Corpus& corpus_;
  DeviceTable devices_;
  Decoded decoded_;
  volatile uint64_t sum_ = 0;
  Measure floor_{"floor: walk AD", {}};
  Measure all_{"decode", {}};
  Measure claimed_{"decode, claimed", {}};
  Measure unclaimed_{"decode, unclaimed", {}};
  Measure repeated_{"repeated payload", {}};
};

int run(const Arguments& arguments) {
  Corpus corpus;
  read(arguments, corpus);
  if (corpus.all.count() == 0) {
    fmt::print(stderr, "no captures in $MOOR_TEST_DATA/captures: give some as arguments\n");
    return 0;
  }
  Bench bench(corpus);
  for (uint64_t round = 0; round < arguments.number(); ++round) bench.run_round();
  bench.print(arguments.json());
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::run(moor::bench::Arguments(argc, argv, "--rounds", 51));
}
