#pragma once
// A gateway in virtual time: radios that play scripts, a store in a folder of its own, and notes of what was told.

#include "gateway/gateway.hpp"
#include "gateway/temporary_folder.hpp"
#include "radio/fake_radio.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace moor::testing {

/// Zone events and visits in words, with the seconds since the start: "3 none>near rssi", "25 near>none lost", "visit near 3-5".
class EventNotes final : public GatewayListener {
public:
  explicit EventNotes(TimePoint start) : start_(start) {}
  void on_zone(const ZoneEvent& event) override {
    const auto name = [](const std::string& zone) { return zone.empty() ? "none" : zone; };
    lines.push_back(seconds(event.time) + " " + name(event.from) + ">" + name(event.to) + " " + event.cause);
  }
  void on_visit_ended(const VisitEvent& event) override {
    lines.push_back("visit " + event.zone + " " + seconds(event.entered) + "-" + seconds(event.left.value_or(event.entered)));
  }
  void on_recalled(DeviceSlot, const Device&, const Recalled& recalled) override {
    if (recalled.range) lines.push_back("recalled");
  }
  std::vector<std::string> lines;

private:
  [[nodiscard]] std::string seconds(TimePoint t) const {
    return std::to_string(std::chrono::round<std::chrono::seconds>(t - start_).count());
  }
  TimePoint start_;
};

class GatewayStage : public ::testing::Test {
protected:
  using Script = std::vector<FakeRadio::Step>;
  static constexpr uint64_t phone = 0x400000000002;

  GatewayStage() { configure(""); }

  /// Readings are samples, three make a zone, 20 s of silence a loss; `text` says what else.
  void configure(const std::string& text) {
    config_ = parse_config("[presence]\nreading_interval_s = 0\nlost_after_s = 20\nrejoin_within_s = 0\n" + text, "test");
    config_.radios.clear();
    radios_.clear();
  }
  void add_radio(Script script, std::exception_ptr fails_with = nullptr) {
    const auto id = static_cast<RadioId>(radios_.size());
    radios_.push_back(std::make_unique<FakeRadio>(clock_, std::move(script), fails_with, id));
    config_.radios.push_back({.spec = RadioSpec::parse("bluez:hci" + std::to_string(id)), .active = true});
  }
  void keep_database() { config_.store.path = folder_ / "moor.db"; }
  /// A device that is heard each second.
  static Script stays(int seconds, int8_t rssi_dbm, uint64_t device = phone) {
    return Script(static_cast<size_t>(seconds), {std::chrono::seconds(1), {heard(device, rssi_dbm, "020106")}});
  }
  static Script silent(int seconds) { return {{std::chrono::seconds(seconds), {}}}; }
  static Script then(Script first, const Script& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  }

  /// Runs it until the radios end.
  void run(Gateway& gateway) {
    std::exception_ptr error;
    boost::asio::co_spawn(context_, gateway.run(),
                          boost::asio::bind_cancellation_slot(cancel_.slot(), [&](std::exception_ptr e) { error = e; }));
    context_.restart();
    clock_.run(context_);
    if (error) std::rethrow_exception(error);
  }
  /// Runs it until that many seconds from now, when it is cancelled, as by a signal.
  void run_for(Gateway& gateway, int seconds) {
    boost::asio::co_spawn(
        context_,
        [](Clock& clock, boost::asio::cancellation_signal& cancel, int wait) -> awaitable<void> {
          co_await clock.wait_for(std::chrono::seconds(wait));
          cancel.emit(boost::asio::cancellation_type::all);
        }(clock_, cancel_, seconds),
        boost::asio::detached);
    EXPECT_THROW(run(gateway), boost::system::system_error);
  }

  TimePoint start_ = TimePoint(std::chrono::seconds(1'700'000'000));
  VirtualClock clock_{start_};
  boost::asio::io_context context_;
  boost::asio::cancellation_signal cancel_;
  GatewayConfig config_;
  Gateway::Radios radios_;
  TemporaryFolder folder_;
  EventNotes notes_{start_};
};

}  // namespace moor::testing
