// What a whole gateway costs: fifty radios, ten thousand devices at 1 Hz, each heard by five radios, through hub, intake, pipeline, board, recorder
// and a store on the disk. Against it the pipeline alone over what the owners hear. In virtual time, so that nothing but the work is measured:
// processor seconds of all threads for each second of the devices' time.

#include "bench/arguments.hpp"
#include "gateway/gateway.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

namespace moor::bench {
namespace {

constexpr size_t device_count = 10'000;
constexpr size_t radio_count = 50;
constexpr size_t heard_by = 5;
constexpr int beats = 20;  // a second

double processor_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

// What a radio hears of its thousand devices in a twentieth of a second, levels wandering a little.
Sighting sighting_of(size_t device, size_t radio, uint64_t second, TimePoint t) {
  Sighting sighting;
  sighting.address = Address(0xA4CF00000000 + device * 7919, false);
  sighting.time = t;
  sighting.radio = static_cast<RadioId>(radio);
  const size_t rank = (radio + radio_count - device % radio_count) % radio_count;
  const auto noise = static_cast<int>((device * 31 + radio * 17 + second * 13) % 7) - 3;
  sighting.rssi_dbm = static_cast<int8_t>(-55 - 6 * static_cast<int>(rank) + noise);
  sighting.properties = AdvertisingProperties::legacy;
  const uint8_t payload[] = {
      0x02, 0x01, 0x06, 0x03, 0x03, 0x0F, 0x18, 0x05, 0xFF, 0x01, 0x00, 0x11, static_cast<uint8_t>(device)};
  sighting.set_legacy_payload(payload);
  return sighting;
}

class CrowdRadio final : public Radio {
public:
  CrowdRadio(Clock& clock, size_t index, int seconds) : clock_(clock), index_(index), seconds_(seconds) {
    info_ = {.id = static_cast<RadioId>(index), .name = fmt::format("radio {}", index), .kind = "bench"};
    for (size_t device = 0; device < device_count; ++device)
      if ((index + radio_count - device % radio_count) % radio_count < heard_by) devices_.push_back(device);
  }
  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return {}; }
  [[nodiscard]] awaitable<void> scan(ScanOptions, SightingSink& sink) override {
    std::vector<Sighting> batch;
    for (int second = 0; second < seconds_; ++second)
      for (int beat = 0; beat < beats; ++beat) {
        co_await clock_.wait_for(std::chrono::milliseconds(1000 / beats));
        batch.clear();
        for (const size_t device : devices_)
          if (device / radio_count % beats == static_cast<size_t>(beat))
            batch.push_back(sighting_of(device, index_, static_cast<uint64_t>(second), clock_.now()));
        if (!batch.empty()) sink.on_sightings(batch);
      }
  }

private:
  Clock& clock_;
  size_t index_;
  int seconds_;
  RadioInfo info_;
  std::vector<size_t> devices_;
};

class Quiet final : public PipelineListener {};

// Processor seconds a second of the pipeline alone, over as many sightings as it gets from the hub.
double pipeline_alone(int seconds) {
  Quiet quiet;
  PipelineOptions options;
  options.presence.smoothing.reading_interval = std::chrono::seconds(1);
  Pipeline pipeline(options, quiet);
  const TimePoint start(std::chrono::seconds(1'700'000'000));
  double spent = 0;
  for (int second = 0; second < seconds; ++second) {
    std::vector<Sighting> batch;
    for (size_t device = 0; device < device_count; ++device)
      batch.push_back(
          sighting_of(device, device % radio_count, static_cast<uint64_t>(second), start + std::chrono::seconds(second)));
    const double before = processor_s();
    pipeline.on_sightings(batch);
    pipeline.advance(start + std::chrono::seconds(second + 1));
    if (second >= seconds / 2) spent += processor_s() - before;
  }
  return spent / (seconds - seconds / 2);
}

struct Result {
  double processor = 0;  // of the second half
  double resident = 0;
  uint64_t sightings = 0;
  uint64_t stored = 0;
};

Result whole_gateway(int seconds, bool store) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("moor-gateway-bench-{}.db", ::getpid());
  Result result;
  {
    VirtualClock clock(TimePoint(std::chrono::seconds(1'700'000'000)));
    boost::asio::io_context context;
    GatewayConfig config = parse_config("", "bench");
    config.radios.clear();
    if (store) config.store.path = path;
    Gateway::Radios radios;
    for (size_t i = 0; i < radio_count; ++i) {
      radios.push_back(std::make_unique<CrowdRadio>(clock, i, seconds));
      config.radios.push_back({.spec = RadioSpec::parse("bluez"), .active = true});
    }
    Gateway gateway(context.get_executor(), clock, config, radios);
    double begun = 0;
    boost::asio::co_spawn(
        context,
        [](Clock& time, int half, double& at) -> awaitable<void> {
          co_await time.wait_for(std::chrono::seconds(half));
          at = processor_s();
        }(clock, seconds / 2, begun),
        [](std::exception_ptr) {});
    double ended = 0;
    boost::asio::co_spawn(
        context,
        [](Clock& time, int all, double& at, double& resident) -> awaitable<void> {
          co_await time.wait_for(std::chrono::seconds(all) - std::chrono::milliseconds(10));
          at = processor_s();
          resident = resident_mb();
        }(clock, seconds, ended, result.resident),
        [](std::exception_ptr) {});
    boost::asio::co_spawn(context, gateway.run(), [](std::exception_ptr) {});
    clock.run(context);
    result.processor = (ended - begun) / (seconds - seconds / 2);
    result.sightings = gateway.statistics().sightings;
    if (const auto statistics = gateway.store_statistics())
      for (const uint64_t written : statistics->written) result.stored += written;
  }
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + end);
  return result;
}

int run(const Arguments& arguments) {
  const auto seconds = static_cast<int>(arguments.number());
  const double alone = pipeline_alone(seconds);
  const Result bare = whole_gateway(seconds, false);
  const Result whole = whole_gateway(seconds, true);
  const auto print = [&](const char* what, double processor, double resident, uint64_t stored) {
    if (arguments.json())
      fmt::print(
          "{{\"bench\":\"gateway\",\"what\":\"{}\",\"core_share\":{:.4f},\"ratio_to_pipeline\":{:.2f},\"resident_mb\":{:.1f},"
          "\"rows_stored\":{}}}\n",
          what, processor, processor / alone, resident, stored);
    else
      fmt::print("{:<24} {:>6.2f} % of a core {:>6.2f} x pipeline {:>8.1f} MB resident {:>9} rows stored\n", what,
                 processor * 100, processor / alone, resident, stored);
  };
  if (!arguments.json())
    fmt::print("{} radios, {} devices at 1 Hz, each heard by {}: {} sightings in {} s; the second half of it is measured\n",
               radio_count, device_count, heard_by, whole.sightings, seconds);
  print("pipeline alone", alone, 0, 0);
  print("gateway without store", bare.processor, bare.resident, 0);
  print("gateway", whole.processor, whole.resident, whole.stored);
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::run(moor::bench::Arguments(argc, argv, "--seconds", 180));
}
