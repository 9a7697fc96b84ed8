// A device that changes its address between attempts: before every attempt the tracker is asked for the newest one. Here it listens to the
// hub and goes by the name.

#include "run.hpp"

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

moor::awaitable<void> track(moor::Hub& hub, moor::Address address) {
  const moor::Target device = co_await examples::find(hub, address);
  co_await connect_with_device_tracking(hub, device);
}

int main(int argc, char** argv) {
  return examples::run_hub(argc, argv, [&](moor::Hub& hub) { return track(hub, examples::address_argument(argc, argv, 2)); });
}
