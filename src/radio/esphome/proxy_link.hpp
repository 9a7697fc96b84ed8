#pragma once
// The link of a program through a proxy.

#include "radio/esphome/link_requests.hpp"

namespace moor::esphome_radio {

class ProxyLink final : public Link {
public:
  explicit ProxyLink(std::shared_ptr<LinkState> state);
  ProxyLink(const ProxyLink&) = delete;
  ProxyLink& operator=(const ProxyLink&) = delete;
  ~ProxyLink() override;

  [[nodiscard]] const LinkInfo& info() const noexcept override;
  [[nodiscard]] const std::optional<Closed>& closed() const noexcept override;
  [[nodiscard]] awaitable<Closed> wait_closed() override;
  [[nodiscard]] awaitable<GattServices> services(TimePoint deadline) override;
  [[nodiscard]] awaitable<std::vector<uint8_t>> read(uint16_t handle, TimePoint deadline) override;
  [[nodiscard]] awaitable<void> write(uint16_t handle, std::vector<uint8_t> value, WriteKind kind, TimePoint deadline) override;
  [[nodiscard]] awaitable<void> subscribe(uint16_t handle, SubscribeKind kind, ValueCallback on_value,
                                          TimePoint deadline) override;
  [[nodiscard]] awaitable<void> unsubscribe(uint16_t handle, TimePoint deadline) override;
  [[nodiscard]] awaitable<std::vector<uint8_t>> read_descriptor(uint16_t handle, TimePoint deadline) override;
  [[nodiscard]] awaitable<void> write_descriptor(uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) override;
  [[nodiscard]] uint16_t mtu() const noexcept override;
  /// @throws RadioNotAvailable always: the protocol has no message for it.
  [[nodiscard]] awaitable<int8_t> rssi(TimePoint deadline) override;
  [[nodiscard]] awaitable<ParametersApplied> set_parameters(ConnectionParameters parameters, TimePoint deadline) override;
  [[nodiscard]] awaitable<void> pair(PairingAgent& agent, TimePoint deadline) override;
  [[nodiscard]] awaitable<void> unpair(TimePoint deadline) override;
  [[nodiscard]] awaitable<bool> clear_cache(TimePoint deadline) override;
  /// Called where the program itself has subscribed to Service Changed (2A05) and an indication comes: a proxy does not tell of it, and a subscription of
  /// our own would cost every connection two requests. What has changed between connections, the database hash shows.
  void on_services_changed(std::function<void()> callback) override;
  [[nodiscard]] awaitable<void> disconnect(TimePoint deadline) override;

private:
  std::shared_ptr<LinkState> state_;
  CorePtr core_;
};

}  // namespace moor::esphome_radio
