// The rules of bleak-retry-connector once more, as plain loops that share nothing with src/connect, against establish_connection over random
// scripts; and moor's own rules against them, over the same scripts.

#include "connect/fault_script.hpp"
#include "moor/connect.hpp"
#include "support/scripted_radio.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <iostream>

namespace moor {
namespace {

using namespace std::chrono_literals;
using namespace moor::testing;
namespace asio = boost::asio;

constexpr int scripts = 10'000;
constexpr Address sensor(0xA4CF12345678, false);
constexpr TimePoint start{1h};

struct Result {
  std::string how;
  int attempts = 0;
  Duration elapsed{};
  friend bool operator==(const Result&, const Result&) = default;
};
std::ostream& operator<<(std::ostream& out, const Result& result) {
  return out << result.how << ", " << result.attempts << " attempts, " << to_seconds(result.elapsed) << " s";
}

// The package, over the first radio.
class Oracle {
public:
  explicit Oracle(const Script& script) : script_(script), shown_(script.size()) {}

  Result run() {
    int slow = 0;  // time-outs and connection errors
    int transient = 0;
    for (;;) {
      ++attempts_;
      const Fault* fault = next_fault(script_[0], shown_[0], now_);
      if (fault == nullptr) return {"connected", attempts_, now_};
      now_ += fault->raised == Raised::hang ? Duration(60s) : fault->after;
      shown_[0].after(*fault, now_);
      if (fault->raised == Raised::key || fault->raised == Raised::eof || fault->raised == Raised::pipe ||
          fault->raised == Raised::missing)
        ++transient;
      else if (fault->raised == Raised::timeout || fault->raised == Raised::hang || !says(*fault, transient_words))
        ++slow;
      else
        ++transient;
      if (fault->raised != Raised::pipe) wait(backoff(*fault));
      if (slow >= 4 || transient >= 9) return {category(*fault), attempts_, now_};
    }
  }

private:
  using Words = std::vector<const char*>;
  inline static const Words slot_words = {"available connection", "connection slot", "ESP_GATT_CONN_CONN_CANCEL"};
  inline static const Words transient_words = {"le-connection-abort-by-local",
                                               "br-connection-canceled",
                                               "ESP_GATT_CONN_FAIL_ESTABLISH",
                                               "ESP_GATT_CONN_TERMINATE_PEER_USER",
                                               "ESP_GATT_CONN_TERMINATE_LOCAL_HOST",
                                               "available connection",
                                               "connection slot",
                                               "ESP_GATT_CONN_CONN_CANCEL"};
  inline static const Words medium_words = {"ESP_GATT_CONN_TIMEOUT", "ESP_GATT_CONN_FAIL_ESTABLISH"};
  inline static const Words long_words = {"ESP_GATT_ERROR"};

  static bool says(const Fault& fault, const Words& words) {
    const std::string text = fault.text;
    for (const char* word : words)
      if (text.find(word) != std::string::npos) return true;
    return false;
  }
  static Duration backoff(const Fault& fault) {
    switch (fault.raised) {
      case Raised::dbus:
      case Raised::eof:
      case Raised::pipe:
      case Raised::timeout:
      case Raised::hang: return 250ms;
      case Raised::missing: return 4s;
      case Raised::key:
      case Raised::attribute: return 100ms;
      case Raised::generic: break;
    }
    if (says(fault, slot_words)) return 4s;
    if (says(fault, medium_words)) return 500ms;
    if (says(fault, long_words)) return 1s;
    if (says(fault, transient_words)) return 250ms;
    return says(fault, {"Disconnected"}) ? Duration(0s) : Duration(100ms);
  }
  static std::string category(const Fault& fault) {
    if (fault.raised == Raised::timeout || fault.raised == Raised::hang || fault.raised == Raised::missing ||
        says(fault, {"not found"}))
      return "not found";
    if (fault.raised != Raised::generic && fault.raised != Raised::dbus) return "failed";
    if (says(fault, slot_words)) return "out of slots";
    return says(fault, transient_words) || says(fault, medium_words) || says(fault, long_words) ? "aborted" : "failed";
  }
  void wait(Duration least) {
    Shown& mine = shown_[0];
    mine.advance(now_);
    const Duration begun = now_;
    if (!script_[0].has_objects || (mine.there && !mine.link)) {
      now_ += least;
    } else if (mine.there) {
      const Duration drop = mine.drops.value_or(Duration::max());
      if (drop - begun < 5s)
        now_ = std::max(drop, begun + least);
      else
        now_ = begun + 5s;
    } else {
      for (int polls = static_cast<int>(least / 500ms); polls > 0; --polls) {
        for (size_t i = 0; i < script_.size(); ++i) {
          shown_[i].advance(now_);
          if (script_[i].has_objects && shown_[i].there) return;
        }
        now_ += 500ms;
      }
    }
  }

  const Script& script_;
  std::vector<Shown> shown_;
  int attempts_ = 0;
  Duration now_{};
};

ConnectCause cause_of_fault(const Fault& fault) {
  const auto because = [&](ConnectReason reason, CauseOrigin origin) {
    return ConnectCause{.reason = reason, .origin = origin, .text = fault.text};
  };
  switch (fault.raised) {
    case Raised::generic: return because(reason_in(fault.text), CauseOrigin::radio);
    case Raised::dbus: return because(reason_in(fault.text), CauseOrigin::system_call);
    case Raised::attribute: return because(reason_in(fault.text), CauseOrigin::client);
    case Raised::eof: return because(ConnectReason::system_gone, CauseOrigin::system_call);
    case Raised::pipe: return because(ConnectReason::pipe_broken, CauseOrigin::system_call);
    case Raised::key: return because(ConnectReason::services_incomplete, CauseOrigin::client);
    case Raised::missing: return because(ConnectReason::device_not_found, CauseOrigin::lookup);
    case Raised::timeout:
    case Raised::hang: break;
  }
  return because(ConnectReason::timed_out, CauseOrigin::radio);
}

// The script's radios; the first is the best.
class World final : public PathSource {
public:
  World(Clock& clock, const Script& script) : clock_(clock) {
    for (const RadioScript& radio : script) radios_.emplace_back(clock, static_cast<RadioId>(radios_.size()), radio);
  }
  [[nodiscard]] Clock& clock() noexcept override { return clock_; }
  [[nodiscard]] std::vector<Path> paths_to(const Address& device) override {
    std::vector<Path> paths;
    for (PlayedRadio& radio : radios_) paths.push_back({.radio = &radio, .device = device});
    return paths;
  }
  [[nodiscard]] std::string explain(const Address&) override { return {}; }
  [[nodiscard]] std::vector<Radio*> radios() override {
    std::vector<Radio*> all;
    for (PlayedRadio& radio : radios_) all.push_back(&radio);
    return all;
  }
  [[nodiscard]] awaitable<void> changed(Address) override {
    Duration next = Duration::max();
    for (const PlayedRadio& radio : radios_) next = std::min(next, radio.next_change());
    co_await clock_.wait_until(next == Duration::max() ? TimePoint::max() : start + next);
  }
  [[nodiscard]] int attempts() const {
    int all = 0;
    for (const PlayedRadio& radio : radios_) all += static_cast<int>(radio.calls.size());
    return all;
  }

private:
  class PlayedRadio final : public ScriptedRadio {
  public:
    PlayedRadio(Clock& clock, RadioId id, const RadioScript& script)
        : ScriptedRadio(clock, id, "radio", script.has_objects ? "bluez" : "esphome"), clock_(clock), script_(script) {
      decide = [this] {
        fault_ = next_fault(script_, shown_, now());
        Outcome outcome;
        if (fault_ == nullptr) return outcome;
        // A radio gives up when its time is over.
        outcome.after = fault_->raised == Raised::timeout ? calls.back().options.timeout : fault_->after;
        outcome.hangs = fault_->raised == Raised::hang;
        if (!outcome.hangs) outcome.cause = cause_of_fault(*fault_);
        return outcome;
      };
      on_outcome = [this](const Outcome& outcome) {
        if (outcome.cause) shown_.after(*fault_, now());
      };
    }
    [[nodiscard]] std::optional<KnownDevice> find_device(const Address& device) const override {
      shown_.advance(now());
      if (!script_.has_objects || !shown_.there) return std::nullopt;
      return KnownDevice{.address = device, .path = "object", .connected = shown_.link};
    }
    [[nodiscard]] Slots slots() const override { return {.limit = 3, .free = now() < script_.slots_from ? 0 : 1}; }
    [[nodiscard]] Duration next_change() const {
      shown_.advance(now());
      const Duration slot = now() < script_.slots_from ? script_.slots_from : Duration::max();
      return std::min(slot, shown_.next_change());
    }

  private:
    [[nodiscard]] Duration now() const { return clock_.now() - start; }

    Clock& clock_;
    const RadioScript& script_;
    mutable Shown shown_;
    const Fault* fault_ = nullptr;
  };

  Clock& clock_;
  std::deque<PlayedRadio> radios_;
};

Result play(const Script& script, RetryProfile profile) {
  VirtualClock clock(start);
  World world(clock, script);
  Result result;
  ConnectOptions options;
  options.profile = profile;
  asio::io_context context;
  asio::co_spawn(
      context,
      [&]() -> awaitable<void> {
        const Target target{.address = sensor};
        try {
          const Client client = co_await establish_connection(world, target, options);
          result.how = "connected";
        } catch (const DeviceNotFound&) {
          result.how = "not found";
        } catch (const OutOfConnectionSlots&) {
          result.how = "out of slots";
        } catch (const ConnectionAborted&) {
          result.how = "aborted";
        } catch (const ConnectionFailed&) {
          result.how = "failed";
        }
        result.elapsed = clock.now() - start;
      },
      [&](std::exception_ptr error) {
        if (error) result.how = "another error";
      });
  clock.run(context);
  result.attempts = world.attempts();
  return result;
}

TEST(Oracle, CompatDoesWhatTheRulesSay) {
  std::mt19937 random(4);
  std::map<std::string, int> outcomes;
  int different = 0;
  for (int i = 0; i < scripts; ++i) {
    const Script script = random_script(random);
    const Result expected = Oracle(script).run();
    const Result result = play(script, RetryProfile::compat);
    outcomes[expected.how]++;
    if (result == expected) continue;
    if (++different <= 5) ADD_FAILURE() << "script " << i << ": " << result << "; by the rules " << expected;
  }
  EXPECT_EQ(different, 0);
  for (const auto& [how, count] : outcomes) std::cout << how << ": " << count << "\n";
}

TEST(Oracle, StandardConnectsAsOftenAndAQuarterSooner) {
  std::mt19937 random(4);
  int connected_compat = 0;
  int connected_standard = 0;
  int connected_both = 0;
  int missed = 0;
  Duration compat_time{};
  Duration standard_time{};
  Duration longest{};
  for (int i = 0; i < scripts; ++i) {
    const Script script = random_script(random);
    const Result compat = play(script, RetryProfile::compat);
    const Result standard = play(script, RetryProfile::standard);
    connected_standard += standard.how == "connected";
    longest = std::max(longest, standard.elapsed);
    if (compat.how != "connected") continue;
    ++connected_compat;
    if (standard.how != "connected") {
      // Faults that change with time meet the two at other moments; hardly ever is that to the disadvantage of one that tries more.
      ++missed;
      continue;
    }
    ++connected_both;
    compat_time += compat.elapsed;
    standard_time += standard.elapsed;
  }
  const double compat_mean_s = to_seconds(compat_time) / connected_both;
  const double standard_mean_s = to_seconds(standard_time) / connected_both;
  EXPECT_GE(connected_standard, connected_compat);
  EXPECT_LE(missed, scripts / 500);
  EXPECT_LE(standard_mean_s, 0.75 * compat_mean_s);
  std::cout << "of " << scripts << " scripts compat connects " << connected_compat << ", standard " << connected_standard
            << "; compat alone " << missed << "; mean time to connect, over those of both: " << compat_mean_s << " s and "
            << standard_mean_s << " s; longest " << to_seconds(longest) << " s\n";
}

}  // namespace
}  // namespace moor
