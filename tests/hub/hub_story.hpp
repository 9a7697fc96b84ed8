#pragma once
// A hub over two radios that can connect and an ear that cannot, in virtual time.

#include "hub/scripted_radio.hpp"
#include "moor/hub.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace moor::testing {

inline constexpr uint64_t sensor = 0xA4CF12345678;

/// What listeners are told, one line each.
class Log final : public HubListener {
public:
  void on_advertisement(const Device&, const Sighting& sighting, bool changed) override {
    ++advertisements;
    if (changed) lines.push_back("news at " + std::to_string(sighting.rssi_dbm));
  }
  void on_owner(const Device&, RadioId from, RadioId to) override {
    lines.push_back("from " + std::to_string(from) + " to " + std::to_string(to));
  }
  void on_device_gone(const Device& device) override { lines.push_back(device.address.to_string() + " gone"); }
  void on_radio(RadioId radio, const RadioHealth& health) override {
    radios.push_back(std::to_string(radio) + " " + std::string(to_string(health.state)));
    problem = health.problem;
  }
  std::vector<std::string> lines;
  std::vector<std::string> radios;
  std::string problem;
  int advertisements = 0;
};

class HubStory : public ::testing::Test {
protected:
  explicit HubStory(HubOptions options = {})
      : hub_(context_.get_executor(), clock_, std::vector<Radio*>{&hall_, &attic_, &ear_}, options) {
    hub_.add_listener(log_);
  }

  /// Runs the hub and a story beside it; the hub is stopped when the story ends.
  template <typename Story>
  void play(Story story) {
    boost::asio::cancellation_signal stop;
    boost::asio::co_spawn(context_, hub_.run(), boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) {
                            ended_at_ = clock_.now();
                            hub_error_ = error;
                          }));
    std::exception_ptr story_error;
    boost::asio::co_spawn(context_, story(), [&](std::exception_ptr error) {
      story_error = error;
      stop.emit(boost::asio::cancellation_type::all);
    });
    clock_.run(context_);
    if (story_error) std::rethrow_exception(story_error);
    EXPECT_FALSE(hall_.is_scanning() || attic_.is_scanning() || ear_.is_scanning()) << "run() ends after all radios have stopped";
  }
  awaitable<void> wait(Duration duration) { return clock_.wait_for(duration); }
  /// Each second, for so many seconds.
  awaitable<void> hears(ScriptedRadio& radio, int seconds, int8_t rssi, std::string payload = "04ff010001") {
    for (int i = 0; i < seconds; ++i) {
      co_await clock_.wait_for(std::chrono::seconds(1));
      radio.hears(of_sensor(rssi, payload));
    }
  }
  static Sighting of_sensor(int8_t rssi, std::string_view payload = "04ff010001") {
    Sighting sighting = heard(sensor, rssi, payload);
    sighting.address = address();
    return sighting;
  }
  static Address address() { return Address(sensor, false); }
  [[nodiscard]] std::vector<std::string> path_names() {
    std::vector<std::string> names;
    for (const Path& path : hub_.paths_to(address())) names.push_back(path.radio->info().name);
    return names;
  }
  [[nodiscard]] Path path_over(const ScriptedRadio& radio) {
    for (const Path& path : hub_.paths_to(address()))
      if (path.radio == &radio) return path;
    throw std::logic_error("no path over " + radio.info().name);
  }

  TimePoint start_ = TimePoint(std::chrono::hours(1));
  VirtualClock clock_{start_};
  boost::asio::io_context context_;
  ScriptedRadio hall_{clock_, 10, "hall"};
  ScriptedRadio attic_{clock_, 11, "attic"};
  ScriptedRadio ear_{clock_, 12, "ear", false};
  Hub hub_;
  Log log_;
  std::exception_ptr hub_error_;
  TimePoint ended_at_;
};

}  // namespace moor::testing
