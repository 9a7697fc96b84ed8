#include "cli/live_view.hpp"

#include "beacon/reading_fields.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cstdio>

namespace moor::cli {

namespace {

constexpr size_t event_lines = 6;

Colour colour_of(Zone zone) {
  switch (zone) {
    case Zone::immediate: return Colour::green;
    case Zone::near: return Colour::yellow;
    case Zone::far: return Colour::dim;
  }
  return Colour::none;
}

std::string age_text(Duration age) {
  const auto seconds = static_cast<int64_t>(to_seconds(age));
  return seconds < 120 ? fmt::format("{} s", seconds) : fmt::format("{} min", seconds / 60);
}

}  // namespace

LiveView::LiveView(Gateway& gateway, Clock& clock, std::string hint) : gateway_(gateway), clock_(clock), hint_(std::move(hint)) {
  std::fputs("\x1b[?1049h\x1b[?25l", stdout);  // another screen, no cursor
}

LiveView::~LiveView() {
  std::fputs("\x1b[?25h\x1b[?1049l", stdout);
  std::fflush(stdout);
}

awaitable<void> LiveView::run() {
  while (true) {
    draw();
    co_await clock_.wait_for(gateway_.config().view.refresh);
  }
}

void LiveView::on_device(DeviceSlot slot, const Device&) {
  smoothed_.reach(slot);
  meanings_.reach(slot);
  smoothed_[slot] = {};
  meanings_[slot].clear();
}

void LiveView::on_decoded(DeviceSlot slot, const Device&, const Decoded& decoded, TimePoint) {
  meanings_.reach(slot);
  // A beacon's frames come in turn; its measurements say more than its identity.
  if (meanings_[slot].empty() || !decoded.readings().empty()) meanings_[slot] = words_of(decoded);
}

void LiveView::on_presence(const Device& device, const PresenceReading& reading, VisitorId visitor) {
  smoothed_.reach(reading.slot);
  smoothed_[reading.slot] = {reading.smoothed_dbm, true};
  if (reading.event == PresenceEvent::none) return;
  const std::string who = device.data.name().value_or(gateway_.identities().text_of(visitor));
  events_.push_back(fmt::format("{}  {}  {}", time_text(clock_.to_wall(reading.time)).substr(11, 8), who, describe(reading)));
  if (events_.size() > event_lines) events_.pop_front();
}

std::vector<std::string> LiveView::head() const {
  const Pipeline& pipeline = gateway_.pipeline();
  std::array<size_t, 3> in_zone{};
  for (DeviceSlot slot = 0; slot < pipeline.devices().slots(); ++slot)
    if (const auto zone = pipeline.presence().zone(slot)) ++in_zone[static_cast<size_t>(*zone)];
  std::vector<std::string> lines;
  lines.push_back(paint(Colour::bold, "moor gateway " + gateway_.config().gateway.name) + "   " + hint_);
  for (const RadioState& radio : gateway_.radios())
    lines.push_back(fmt::format("radio {}  {}  {} advertisements{}", radio.name,
                                paint(radio.problem.empty() ? Colour::green : Colour::red, to_string(radio.phase)),
                                radio.sightings, radio.problem.empty() ? "" : "  " + radio.problem));
  lines.push_back(fmt::format("{} devices, {} beacons    {} immediate  {} near  {} far    up {}", pipeline.devices().size(),
                              pipeline.beacons().size(), paint(Colour::green, fmt::format("{}", in_zone[0])),
                              paint(Colour::yellow, fmt::format("{}", in_zone[1])), in_zone[2],
                              age_text(clock_.now() - gateway_.started())));
  if (const auto store = gateway_.store_statistics()) {
    uint64_t written = 0;
    uint64_t dropped = 0;
    for (size_t kind = 0; kind < store_row_kinds; ++kind) {
      written += store->written[kind];
      dropped += store->dropped[kind];
    }
    lines.push_back(fmt::format("store {}  {} rows written, {} waiting, {} dropped  {}", gateway_.config().store.path.string(),
                                written, store->queued, dropped, paint(Colour::red, store->last_error)));
  }
  lines.emplace_back();
  return lines;
}

std::vector<std::string> LiveView::devices(size_t width, size_t rows) const {
  const Pipeline& pipeline = gateway_.pipeline();
  std::vector<DeviceSlot> slots;
  for (DeviceSlot slot = 0; slot < pipeline.devices().slots(); ++slot)
    if (pipeline.devices().is_used(slot) && pipeline.passes(slot) && slot < smoothed_.capacity() && smoothed_[slot].known)
      slots.push_back(slot);
  const auto nearer = [&](DeviceSlot a, DeviceSlot b) {
    const bool present_a = pipeline.presence().zone(a).has_value();
    const bool present_b = pipeline.presence().zone(b).has_value();
    return present_a != present_b ? present_a : smoothed_[a].dbm > smoothed_[b].dbm;
  };
  const auto shown = std::min(rows, slots.size());
  std::partial_sort(slots.begin(), slots.begin() + static_cast<std::ptrdiff_t>(shown), slots.end(), nearer);
  Table table({{"DEVICE", Table::Align::left, 24},
               {"ADDRESS"},
               {"SMOOTHED", Table::Align::right},
               {"ZONE"},
               {"HEARD", Table::Align::right},
               {"AGO", Table::Align::right},
               {"WHAT", Table::Align::left, 120}});
  for (size_t i = 0; i < shown; ++i) {
    const Device& device = pipeline.devices()[slots[i]];
    const auto zone = pipeline.presence().zone(slots[i]);
    table.add({{device.data.name().value_or("")},
               {device.address.to_string()},
               {fmt::format("{:.1f} dBm", smoothed_[slots[i]].dbm)},
               {zone ? std::string(to_string(*zone)) : "-", zone ? colour_of(*zone) : Colour::none},
               {fmt::format("{}", device.sightings)},
               {age_text(clock_.now() - device.last_seen)},
               {slots[i] < meanings_.capacity() ? meanings_[slots[i]] : std::string()}});
  }
  return table.lines(width);
}

void LiveView::draw() {
  const size_t width = terminal_width();
  const size_t height = terminal_height();
  std::vector<std::string> lines = head();
  const size_t used = lines.size() + event_lines + 3;
  size_t rows = height > used + 1 ? height - used - 1 : 1;
  if (gateway_.config().view.rows > 0) rows = std::min(rows, gateway_.config().view.rows);
  for (std::string& line : devices(width, rows)) lines.push_back(std::move(line));
  lines.emplace_back();
  for (const std::string& event : events_) lines.push_back(cut(event, width));
  std::string screen = "\x1b[H";
  for (size_t i = 0; i < lines.size() && i < height; ++i) screen += lines[i] + "\x1b[K" + (i + 1 < height ? "\r\n" : "");
  screen += "\x1b[J";
  std::fwrite(screen.data(), 1, screen.size(), stdout);
  std::fflush(stdout);
}

}  // namespace moor::cli
