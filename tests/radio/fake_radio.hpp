#pragma once
// A radio that plays a script of sightings on its clock.

#include "moor/radio.hpp"

#include <boost/asio/this_coro.hpp>

namespace moor::testing {

class FakeRadio final : public Radio {
public:
  struct Step {
    Duration after{};  ///< since the step before
    std::vector<Sighting> heard;
  };

  FakeRadio(Clock& clock, std::vector<Step> script, std::exception_ptr fails_with = nullptr, RadioId id = 0)
      : clock_(clock), script_(std::move(script)), fails_with_(fails_with) {
    info_.id = id;
  }

  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return {}; }
  [[nodiscard]] awaitable<void> scan(ScanOptions options, SightingSink& sink) override {
    last_options = options;
    ++scans_running;
    struct Leave {
      int& count;
      ~Leave() { --count; }
    } leave{scans_running};
    for (const Step& step : script_) {
      co_await clock_.wait_for(step.after);
      std::vector<Sighting> batch = step.heard;
      for (Sighting& sighting : batch) {
        sighting.time = clock_.now();
        sighting.radio = info_.id;
      }
      if (!batch.empty()) sink.on_sightings(batch);
    }
    if (fails_with_) std::rethrow_exception(fails_with_);
  }

  ScanOptions last_options;
  int scans_running = 0;

private:
  Clock& clock_;
  std::vector<Step> script_;
  std::exception_ptr fails_with_;
  RadioInfo info_{.id = 0, .name = "fake", .kind = "fake", .detail = {}, .can_connect = false};
};

/// A report as an active scan gives it.
inline Sighting heard(uint64_t address, int8_t rssi_dbm, std::string_view payload_hex, bool response = false) {
  Sighting sighting;
  sighting.address = Address(address, true);
  sighting.rssi_dbm = rssi_dbm;
  sighting.properties = AdvertisingProperties::legacy;
  if (response) sighting.properties = sighting.properties | AdvertisingProperties::scan_response;
  sighting.set_legacy_payload(*from_hex(payload_hex));
  return sighting;
}

}  // namespace moor::testing
