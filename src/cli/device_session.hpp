#pragma once
// One device, for one command: the radios as one hub that scans meanwhile, the device found, connected to, and let go of whatever happens.

#include "cli/device_arguments.hpp"
#include "cli/radio_session.hpp"
#include "moor/hub.hpp"
#include "moor/service_cache.hpp"

namespace moor::cli {

class DeviceSession {
public:
  using Work = std::function<awaitable<void>(Client&)>;

  /// @throws UsageError, RadioNotAvailable (none of the radios can connect), CaptureError, ConfigError.
  explicit DeviceSession(const DeviceArguments& arguments);
  ~DeviceSession();

  [[nodiscard]] RadioSession& radios() noexcept { return radios_; }
  [[nodiscard]] Clock& clock() noexcept { return radios_.clock(); }
  [[nodiscard]] Hub& hub() noexcept { return *hub_; }
  /// What `establish_connection` is to be given: the arguments' options, the cache, the device as it was heard last.
  [[nodiscard]] ConnectOptions connect_options();
  /// The device, its address of the kind that is heard in the air.
  [[nodiscard]] moor::Target target();

  /// Finds the device, connects, does the work and disconnects, also when the user interrupts.
  [[nodiscard]] Outcome with_client(Work work);
  /// Does the work beside the scanning hub.
  [[nodiscard]] Outcome beside_hub(awaitable<void> work);

private:
  [[nodiscard]] awaitable<void> find_connect_work(Work work);
  /// One that can be used suffices.
  [[nodiscard]] awaitable<void> open_radios();
  [[nodiscard]] awaitable<void> find_device();
  [[nodiscard]] awaitable<void> run_beside_hub(awaitable<void> work);
  /// Some radio's system has it already.
  [[nodiscard]] bool is_known_to_a_system();

  const DeviceArguments& arguments_;
  Address wanted_;     // of no certain kind: users rarely know it
  moor::Target last_;  // the device as it was heard last, also when the hub has forgotten it
  RadioSession radios_;
  std::unique_ptr<ServiceCache> cache_;
  std::unique_ptr<Hub> hub_;
};

}  // namespace moor::cli
