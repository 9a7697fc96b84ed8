#include "moor/error.hpp"
#include "moor/radio.hpp"
#include "moor/world.hpp"
#include "radio/bluez/bluez_radio.hpp"
#include "radio/esphome/proxy_radio.hpp"
#include "radio/replay/replay_radio.hpp"

namespace moor {

namespace {

class Opener {
public:
  Opener(Clock& clock, RadioId first) : clock_(clock), next_(first) {}

  void open(const RadioSpec& spec) {
    switch (spec.kind) {
      case RadioSpec::Kind::replay: radios_.push_back(open_replay(spec, next_++, clock_)); return;
      case RadioSpec::Kind::sim: open_world(spec); return;
      case RadioSpec::Kind::bluez: radios_.push_back(bluez::make_radio(bluez_system(), spec.target, next_++)); return;
      case RadioSpec::Kind::esphome: open_proxy(spec); return;
    }
  }
  [[nodiscard]] std::vector<std::unique_ptr<Radio>> take() { return std::move(radios_); }

private:
  // All adapters of this machine share it.
  std::shared_ptr<bluez::System> bluez_system() {
    if (!system_) system_ = std::make_shared<bluez::System>(clock_, bluez::system_ports());
    return system_;
  }

  // A proxy serves one subscriber: two of one program would take it from each other.
  void open_proxy(const RadioSpec& spec) {
    for (const auto& each : radios_)
      if (each->info().name == spec.to_string())
        throw UsageError("the proxy " + spec.to_string() + " is named twice",
                         {.radio = spec.to_string(), .advice = "Name it once."});
    radios_.push_back(esphome_radio::make_radio(clock_, spec, next_++, mdns()));
  }

  // All proxies share it.
  std::shared_ptr<mdns::Mdns> mdns() {
    if (!mdns_) mdns_ = mdns::usual_mdns(clock_);
    return mdns_;
  }

  void open_world(const RadioSpec& spec) {
    sim::World& world = get_world(spec.target);
    const bool only = world.spec().radios.size() == 1;
    for (const sim::RadioEntry& radio : world.spec().radios) {
      if (spec.radio.empty())
        radios_.push_back(world.make_radio(radio.name, next_++, "sim:" + spec.target + (only ? "" : "/" + radio.name)));
    }
    if (!spec.radio.empty()) radios_.push_back(world.make_radio(spec.radio, next_++, "sim:" + spec.target + "/" + spec.radio));
  }

  // Two ways to write one file's name are one world.
  sim::World& get_world(const std::filesystem::path& path) {
    std::error_code ignored;
    const std::filesystem::path real = std::filesystem::weakly_canonical(path, ignored);
    auto& world = worlds_[ignored ? path : real];
    if (!world) {
      sim::WorldSpec spec = sim::load_world(path);
      clock_.begin_at(TimePoint(spec.start.time_since_epoch()));
      world = std::make_unique<sim::World>(clock_, std::move(spec));
    }
    return *world;
  }

  Clock& clock_;
  RadioId next_;
  std::vector<std::unique_ptr<Radio>> radios_;
  std::shared_ptr<bluez::System> system_;
  std::shared_ptr<mdns::Mdns> mdns_;
  std::map<std::filesystem::path, std::unique_ptr<sim::World>> worlds_;
};

}  // namespace

std::unique_ptr<Radio> open_radio(const RadioSpec& spec, RadioId id, Clock& clock) {
  Opener opener(clock, id);
  opener.open(spec);
  auto radios = opener.take();
  if (radios.size() == 1) return std::move(radios.front());
  std::string names;
  for (const auto& radio : radios) {
    const std::string& name = radio->info().name;
    names += (names.empty() ? "" : ", ") + name.substr(name.rfind('/') + 1);
  }
  throw UsageError("the world of " + spec.to_string() + " has " + std::to_string(radios.size()) + " radios",
                   {.radio = spec.to_string(), .advice = "Pick one with ?radio=NAME: " + names + "."});
}

std::vector<std::unique_ptr<Radio>> open_radios(const std::vector<RadioSpec>& specs, Clock& clock) {
  Opener opener(clock, 0);
  for (const RadioSpec& spec : specs) opener.open(spec);
  return opener.take();
}

}  // namespace moor
