#include "radio/bluez/device_changes.hpp"

#include "core/within.hpp"

namespace moor::bluez {

DeviceChanges::DeviceChanges(System& system, unsigned adapter, Address device, const boost::asio::any_io_executor& executor)
    : system_(system),
      adapter_(adapter),
      device_(device),
      changed_(executor),
      calls_(executor),
      was_connected_(is_connected()),
      watch_(system.tree().watch_device(adapter, device, [this](const ObjectTree::DeviceEvent& event) { on_event(event); })) {}

const DeviceObject* DeviceChanges::object() const noexcept {
  return system_.tree().find_device(adapter_, device_);
}

bool DeviceChanges::is_connected() const noexcept {
  const DeviceObject* const device = object();
  return device != nullptr && device->connected;
}

void DeviceChanges::on_event(const ObjectTree::DeviceEvent& event) {
  using Kind = ObjectTree::DeviceEvent::Kind;
  if (event.kind == Kind::value) return;
  const bool connected = is_connected();
  const bool removed = event.kind == Kind::removed || event.kind == Kind::reset;
  if (event.kind == Kind::reset) reset_ = true;
  if (removed || (was_connected_ && !connected)) ++losses_;
  was_connected_ = connected;
  if (removed) calls_.end();
  if (!matters_ || matters_()) changed_.set();
}

awaitable<bool> DeviceChanges::next(TimePoint deadline) {
  const bool came = co_await within(system_.clock(), deadline, changed_.wait());
  changed_.reset();
  co_return came;
}

awaitable<bool> DeviceChanges::next(TimePoint deadline, std::function<bool()> matters) {
  struct Asked {
    std::function<bool()>& place;
    ~Asked() { place = nullptr; }
  } const asked{matters_};
  matters_ = std::move(matters);
  co_return co_await next(deadline);
}

}  // namespace moor::bluez
