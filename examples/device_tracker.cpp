// A device that changes its address between attempts: before every attempt the tracker is asked for the newest one. Here it listens to the
// hub and goes by the name.

#include "run.hpp"

using namespace std::chrono_literals;

class DeviceTracker final : public moor::HubListener {
public:
  explicit DeviceTracker(moor::Target device) : device_(std::move(device)) {}

  [[nodiscard]] moor::Target get_device() const { return device_; }
  void update_device(moor::Target device) { device_ = std::move(device); }

  void on_advertisement(const moor::Device& device, const moor::Sighting&, bool) override {
    if (device.data.name() == device_.name) update_device(examples::target_of(device));
  }

private:
  moor::Target device_;
};

moor::awaitable<void> connect_with_device_tracking(moor::Hub& hub, moor::Target device) {
  DeviceTracker tracker(device);
  hub.add_listener(tracker);
  moor::ConnectOptions options;
  options.target_callback = [&tracker] { return tracker.get_device(); };
  moor::Client client = co_await moor::establish_connection(hub, tracker.get_device(), options);
  std::printf("asked for %s, connected to %s\n", device.address.to_string().c_str(), client.address().to_string().c_str());
  co_await client.disconnect();
}

int main(int argc, char** argv) {
  return examples::run_hub(argc, argv, [&](moor::Hub& hub) -> moor::awaitable<void> {
    const moor::Address address = examples::address_argument(argc, argv, 2);
    if (!co_await hub.wait_heard(address, hub.clock().now() + 30s))
      throw moor::DeviceNotFound(address.to_string() + " was not heard");
    const moor::Target device = examples::target_of(*hub.find(address));
    co_await connect_with_device_tracking(hub, device);
  });
}
