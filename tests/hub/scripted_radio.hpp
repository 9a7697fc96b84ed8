#pragma once
// A radio that a test plays: it hears what it is told to, fails, falls silent, is reset, has slots and knows devices.

#include "core/event.hpp"
#include "radio/fake_radio.hpp"

#include <map>

namespace moor::testing {

class ScriptedRadio final : public Radio {
public:
  ScriptedRadio(Clock& clock, RadioId id, std::string name, bool can_connect = true)
      : clock_(clock), info_{.id = id, .name = std::move(name), .kind = "fake", .detail = {}, .can_connect = can_connect} {}

  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return {}; }
  [[nodiscard]] awaitable<void> scan(ScanOptions options, SightingSink& sink) override {
    last_options = options;
    scans_at.push_back(clock_.now());
    if (fails_to_scan > 0) {
      --fails_to_scan;
      throw RadioNotAvailable("no adapter " + info_.name, {.advice = "Plug it in."});
    }
    sink_ = &sink;
    struct Leave {
      SightingSink*& sink;
      ~Leave() { sink = nullptr; }
    } leave{sink_};
    Event broken(co_await boost::asio::this_coro::executor);
    broken_ = &broken;
    co_await broken.wait();
    if (ends_well) co_return;
    throw RadioNotAvailable("unplugged");
  }
  [[nodiscard]] Slots slots() const override { return its_slots; }
  [[nodiscard]] RadioHealth health() const override { return its_health; }
  [[nodiscard]] std::optional<KnownDevice> find_device(const Address& device) const override {
    const auto found = known.find(device);
    return found == known.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] awaitable<void> device_changed(Address) override {
    Event changed(co_await boost::asio::this_coro::executor);
    changed_.push_back(&changed);
    struct Leave {
      std::vector<Event*>& all;
      Event* mine;
      ~Leave() { std::erase(all, mine); }
    } leave{changed_, &changed};
    co_await changed.wait();
  }
  [[nodiscard]] awaitable<void> recover(bool hard, TimePoint) override {
    recovered_at.emplace_back(clock_.now(), hard);
    co_return;
  }

  /// Nothing is heard while it does not scan.
  void hears(Sighting sighting) {
    if (sink_ == nullptr) return;
    sighting.time = clock_.now();
    sighting.radio = info_.id;
    sink_->on_sightings(std::span(&sighting, 1));
  }
  void breaks() { broken_->set(); }
  void tells_of_a_change() {
    for (Event* each : changed_) each->set();
  }
  [[nodiscard]] bool is_scanning() const noexcept { return sink_ != nullptr; }

  int fails_to_scan = 0;
  bool ends_well = false;
  Slots its_slots{};
  RadioHealth its_health{};
  ScanOptions last_options;
  std::map<Address, KnownDevice> known;
  std::vector<TimePoint> scans_at;
  std::vector<std::pair<TimePoint, bool>> recovered_at;

private:
  Clock& clock_;
  RadioInfo info_;
  SightingSink* sink_ = nullptr;
  Event* broken_ = nullptr;
  std::vector<Event*> changed_;
};

}  // namespace moor::testing
