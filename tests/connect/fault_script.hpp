#pragma once
// Random troubles of some radios with one device: what an attempt over each comes to as time passes, and what its system shows of the device.

#include "moor/time.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

namespace moor::testing {

using namespace std::chrono_literals;

enum class Raised { generic, dbus, attribute, timeout, hang, eof, pipe, key, missing };

struct Fault {
  Raised raised = Raised::generic;
  const char* text = "";
  Duration until{};  // what an attempt that begins before then comes to
  Duration after{};
  std::optional<Duration> link_drops_after{};  // the link is shown until then; max: it stays
  std::optional<Duration> back_after{};        // the object is removed, and back then; max: it stays away
};

struct RadioScript {
  bool has_objects = true;  // as BlueZ; else a proxy
  std::vector<Fault> faults;
  bool for_ever = false;  // the last fault lasts
  Duration well_from{};   // then every attempt succeeds
  Duration slots_from{};  // until then every slot is in use
};
using Script = std::vector<RadioScript>;

inline Script random_script(std::mt19937& random) {
  const auto number = [&](int least, int most) { return std::uniform_int_distribution(least, most)(random); };
  const auto chance = [&](int percent) { return number(1, 100) <= percent; };
  const auto ms = [&](int least, int most) { return std::chrono::milliseconds(number(least, most)); };
  constexpr const char* texts[] = {"unknown",
                                   "le-connection-abort-by-local",
                                   "br-connection-canceled",
                                   "ESP_GATT_CONN_FAIL_ESTABLISH",
                                   "ESP_GATT_CONN_TERMINATE_PEER_USER",
                                   "ESP_GATT_CONN_TERMINATE_LOCAL_HOST",
                                   "ESP_GATT_CONN_TIMEOUT",
                                   "ESP_GATT_ERROR",
                                   "ESP_GATT_CONN_CONN_CANCEL",
                                   "Disconnected",
                                   "adapter 'hci0' not found",
                                   "No backend with an available connection slot was found"};
  Script script(static_cast<size_t>(number(1, 4)));
  for (RadioScript& radio : script) {
    radio.has_objects = chance(60);
    radio.for_ever = chance(25);
    radio.well_from = chance(40) ? ms(0, 60'000) : Duration::max();
    radio.slots_from = !radio.has_objects && chance(25) ? ms(0, 20'000) : Duration{};
    // Half of the radios have no trouble with the device.
    const int faults = !radio.for_ever && chance(50) ? 0 : number(1, 8);
    Duration until{};
    for (int i = 0; i < faults; ++i) {
      constexpr Raised kinds[] = {Raised::generic,   Raised::generic, Raised::generic, Raised::generic, Raised::dbus,
                                  Raised::attribute, Raised::timeout, Raised::timeout, Raised::hang,    Raised::eof,
                                  Raised::pipe,      Raised::key,     Raised::missing};
      Fault fault{.raised = kinds[number(0, 12)], .after = ms(0, 5000)};
      if (fault.raised == Raised::timeout) fault.after = 20s;
      if (fault.raised == Raised::hang && chance(80)) fault.raised = Raised::generic;
      const bool has_text = fault.raised == Raised::generic || fault.raised == Raised::dbus || fault.raised == Raised::attribute;
      if (has_text) fault.text = texts[number(0, 11)];
      if (radio.has_objects && fault.raised != Raised::hang) {
        if (fault.raised == Raised::missing || chance(10))
          fault.back_after = chance(90) ? ms(0, 9000) : Duration::max();
        else if (chance(25))
          fault.link_drops_after = chance(90) ? ms(0, 6000) : Duration::max();
      }
      fault.until = until += ms(0, 6000);
      radio.faults.push_back(fault);
    }
  }
  return script;
}

// What one radio's system shows of the device as time passes. Times are since the start.
struct Shown {
  bool there = true;
  bool link = false;
  std::optional<Duration> drops{};
  std::optional<Duration> back{};

  void advance(Duration now) {
    if (drops && *drops <= now) {
      link = false;
      drops.reset();
    }
    if (back && *back <= now) {
      there = true;
      link = false;
      back.reset();
    }
  }
  static std::optional<Duration> later(Duration now, Duration after) {
    return after == Duration::max() ? std::nullopt : std::optional(now + after);
  }
  void after(const Fault& fault, Duration now) {
    advance(now);
    if (fault.link_drops_after && there) {
      link = true;
      drops = later(now, *fault.link_drops_after);
    }
    if (fault.back_after) {
      there = link = false;
      drops.reset();
      back = later(now, *fault.back_after);
    }
    advance(now);
  }
  [[nodiscard]] Duration next_change() const { return std::min(drops.value_or(Duration::max()), back.value_or(Duration::max())); }
};

inline const Fault no_slot{.raised = Raised::generic, .text = "ESP_GATT_CONN_CONN_CANCEL"};
inline const Fault not_there{.raised = Raised::missing, .text = "gone"};

// The next attempt's fault; nothing where it succeeds.
inline const Fault* next_fault(const RadioScript& radio, Shown& shown, Duration now) {
  shown.advance(now);
  if (radio.has_objects && !shown.there) return &not_there;
  if (now < radio.slots_from) return &no_slot;
  if (now >= radio.well_from) return nullptr;
  for (const Fault& fault : radio.faults)
    if (now < fault.until) return &fault;
  return radio.for_ever ? &radio.faults.back() : nullptr;
}

}  // namespace moor::testing
