#pragma once
// The gateway on a terminal: radios, zones and the nearest devices, redrawn in place.

#include "gateway/gateway.hpp"

#include <deque>
#include <string>

namespace moor::cli {

class LiveView final : public GatewayListener {
public:
  /// Takes the screen until it is destroyed. @param hint  a line on what this is and how to leave.
  LiveView(Gateway& gateway, Clock& clock, std::string hint);
  ~LiveView() override;
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  /// Redraws now and then until it is cancelled.
  [[nodiscard]] awaitable<void> run();

  void on_device(DeviceSlot slot, const Device& device) override;
  void on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) override;
  void on_presence(const Device& device, const PresenceReading& reading, VisitorId visitor) override;

private:
  void draw();
  [[nodiscard]] std::vector<std::string> head() const;
  [[nodiscard]] std::vector<std::string> devices(size_t width, size_t rows) const;

  Gateway& gateway_;
  Clock& clock_;
  std::string hint_;
  struct Smoothed {
    double dbm = 0;
    bool known = false;
  };
  Slab<Smoothed> smoothed_;
  Slab<std::string> meanings_;  // by slot
  std::deque<std::string> events_;
};

}  // namespace moor::cli
