#include "radio/sim/sim_link.hpp"

#include "radio/sim/requests.hpp"

namespace moor::sim {

namespace {

// What is awaited holds the connection, not the link, so that a link may be destroyed meanwhile.
class SimLink final : public Link {
public:
  SimLink(ConnectionPtr connection, RadioId radio) : connection_(std::move(connection)) {
    RadioUnit& unit = connection_->radio();
    const Peripheral& peripheral = connection_->peripheral();
    info_ = {.device = peripheral.spec().address,
             .name = peripheral.spec().name,
             .radio = radio,
             .radio_name = unit.title(),
             .path = unit.spec().kind == RadioKind::proxy ? unit.spec().name : unit.known().path(peripheral.index()),
             .since = connection_->since()};
  }
  SimLink(const SimLink&) = delete;
  SimLink& operator=(const SimLink&) = delete;
  ~SimLink() override { connection_->close(CloseReason::local, connection_->clock().now()); }

  const LinkInfo& info() const noexcept override { return info_; }
  const std::optional<Closed>& closed() const noexcept override { return connection_->closed(); }
  awaitable<Closed> wait_closed() override { return sim::wait_closed(connection_); }
  awaitable<GattServices> services(TimePoint deadline) override { return sim::discover(connection_, deadline); }
  awaitable<std::vector<uint8_t>> read(uint16_t handle, TimePoint deadline) override {
    return sim::read(connection_, handle, deadline);
  }
  awaitable<void> write(uint16_t handle, std::vector<uint8_t> value, WriteKind kind, TimePoint deadline) override {
    return sim::write(connection_, handle, std::move(value), kind, deadline);
  }
  awaitable<void> subscribe(uint16_t handle, SubscribeKind kind, ValueCallback on_value, TimePoint deadline) override {
    return sim::subscribe(connection_, handle, kind, std::move(on_value), deadline);
  }
  awaitable<void> unsubscribe(uint16_t handle, TimePoint deadline) override {
    return sim::unsubscribe(connection_, handle, deadline);
  }
  awaitable<std::vector<uint8_t>> read_descriptor(uint16_t handle, TimePoint deadline) override {
    return sim::read_descriptor(connection_, handle, deadline);
  }
  awaitable<void> write_descriptor(uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) override {
    return sim::write_descriptor(connection_, handle, std::move(value), deadline);
  }
  uint16_t mtu() const noexcept override { return connection_->mtu(); }
  awaitable<int8_t> rssi(TimePoint deadline) override { return sim::rssi(connection_, deadline); }
  awaitable<ParametersApplied> set_parameters(ConnectionParameters parameters, TimePoint deadline) override {
    return sim::set_parameters(connection_, parameters, deadline);
  }
  awaitable<void> pair(PairingAgent& agent, TimePoint deadline) override { return sim::pair(connection_, agent, deadline); }
  awaitable<void> unpair(TimePoint deadline) override { return sim::unpair(connection_, deadline); }
  awaitable<bool> clear_cache(TimePoint) override {
    co_return connection_->radio().forget_services(connection_->peripheral().index());
  }
  void on_services_changed(std::function<void()> callback) override { connection_->on_services_changed(std::move(callback)); }
  awaitable<void> disconnect(TimePoint deadline) override { return sim::disconnect(connection_, CloseReason::local, deadline); }

private:
  ConnectionPtr connection_;
  LinkInfo info_;
};

}  // namespace

std::unique_ptr<Link> make_sim_link(std::shared_ptr<Connection> connection, RadioId radio) {
  return std::make_unique<SimLink>(std::move(connection), radio);
}

}  // namespace moor::sim
