#pragma once
// bluetoothd as a program sees it over D-Bus, with adapters and devices of a script, for tests: what it does without being told is what bluetoothd 5.66
// does. On a `dbus::Bus` of role server within one io_context and in virtual time, or as the owner of org.bluez on a real bus.
//
//     FakeBluez bluez(executor, clock, server, own);
//     bluez.add_adapter(0);
//     BluezDevice& sensor = bluez.add_device("A4:CF:12:34:56:78").name("Thermometer").services({{Uuid(0x181A), {{Uuid(0x2A6E), {"read", "notify"}, {0x12}}}}});
//     sensor.on("Connect", fails("Failed", "le-connection-abort-by-local").times(2));
//     ...
//     EXPECT_THAT(bluez.calls(), ElementsAre("hci0 StartDiscovery", "dev_A4_CF_12_34_56_78 Connect", ...));
//
// Everything is on the executor. Nothing may be called after the bus has ended, but the destructor.

#include "dbus/bus.hpp"
#include "moor/address.hpp"
#include "support/fake_bluez_script.hpp"

#include <memory>
#include <optional>

namespace moor::testing {

class FakeBluez;

class BluezDevice {
public:
  BluezDevice(FakeBluez& bluez, unsigned adapter, Address address);
  BluezDevice(const BluezDevice&) = delete;
  BluezDevice& operator=(const BluezDevice&) = delete;
  ~BluezDevice();

  // What it is. A discovery finds it after `found_after`, unless it is hidden.
  BluezDevice& name(std::string name);
  BluezDevice& rssi(int8_t dbm);
  BluezDevice& manufacturer(uint16_t company, BluezBytes data);
  BluezDevice& service_data(const Uuid& uuid, BluezBytes data);
  BluezDevice& uuids(const std::vector<Uuid>& uuids);
  BluezDevice& tx_power(int8_t dbm);
  BluezDevice& flags(uint8_t bits);
  BluezDevice& found_after(Duration how_long);
  BluezDevice& advertises_every(Duration interval);  ///< while there is a discovery
  BluezDevice& hidden(bool is = true);
  BluezDevice& services(std::vector<BluezService> services);
  BluezDevice& mtu(uint16_t mtu);  ///< what the link will have; 0: bluetoothd says none (before 5.62)
  BluezDevice& paired();           ///< and bonded: it outlives discoveries and restarts
  BluezDevice& pairs(BluezPairing how);
  BluezDevice& known();                 ///< bluetoothd has its object already
  BluezDevice& connected_by_another();  ///< and it is connected, all its services resolved
  /// Instead of what a connect usually is: pause(100ms), connected, reply, pause(200ms), services, resolved.
  BluezDevice& on_connect(std::vector<ConnectStep> steps);
  /// From Disconnect to the end of the link; bluetoothd has 2 s (src/device.c, DISCONNECT_TIMER).
  BluezDevice& disconnects_in(Duration how_long);
  /// Calls of a method of the device, or of an object below it.
  BluezDevice& on(const std::string& method, const Reaction& reaction);
  /// Reads echo their value as a change of the property, as bluetoothd does; on as it starts.
  BluezDevice& echoes_reads(bool does);

  // What happens to it.
  void appear();  ///< its object, if it is not there
  /// It is heard, as if there were a discovery: its object appears, or RSSI and what is given change.
  void heard(std::optional<int8_t> rssi_dbm = std::nullopt);
  void connect(bool resolved = true);  ///< at once, by nobody's call
  void drop();                         ///< the link is lost
  void remove();                       ///< the object and all below are gone, as InterfacesRemoved says; nothing else is said
  void add_services();
  void remove_services();
  void resolve(bool resolved = true);
  /// A value comes, where there are notifications; over the socket where it was acquired.
  void notify(const Uuid& characteristic, BluezBytes value);
  /// A property of Device1; signals it.
  void set(const std::string& property, BluezValue value);
  void invalidate(const std::vector<std::string>& properties);

  [[nodiscard]] const std::string& path() const noexcept;
  [[nodiscard]] const Address& address() const noexcept;
  [[nodiscard]] bool exists() const;
  [[nodiscard]] bool is_connected() const;
  [[nodiscard]] bool is_paired() const;
  [[nodiscard]] bool is_notifying(const Uuid& characteristic) const;
  [[nodiscard]] BluezBytes value(const Uuid& characteristic) const;  ///< as it was written last
  [[nodiscard]] std::string path_of(const Uuid& characteristic) const;

  struct State;

private:
  friend class FakeBluez;
  std::shared_ptr<State> state_;
};

class FakeBluez {
public:
  /// Takes or gives back the name org.bluez; its sender says NameOwnerChanged.
  using Own = std::function<awaitable<void>(bool owned)>;

  /// Owns the name once `start` is called. `bus` must outlive it.
  FakeBluez(boost::asio::any_io_executor executor, Clock& clock, dbus::Bus& bus, Own own);
  FakeBluez(const FakeBluez&) = delete;
  FakeBluez& operator=(const FakeBluez&) = delete;
  ~FakeBluez();

  /// Powered on, with AdvertisementMonitorManager1, address 00:00:5E:00:53:<index>.
  void add_adapter(unsigned index = 0);
  void remove_adapter(unsigned index);
  void set_adapter(unsigned index, const std::string& property, BluezValue value);
  /// Without the interface of advertisement monitors, as where bluetoothd is old or not experimental.
  void without_monitors(unsigned index);
  BluezDevice& add_device(std::string_view address, unsigned adapter = 0, bool random = false);

  /// The next calls of the method, of any object: each Reaction after those that were said before. Those of a device come first.
  void on(const std::string& method, const Reaction& reaction);
  void on(const std::string& path, const std::string& method, const Reaction& reaction);

  /// The name org.bluez is taken, and completes.
  [[nodiscard]] awaitable<void> start();
  /// As if bluetoothd were killed: its name has no owner, all objects but adapters and bonded devices are forgotten.
  [[nodiscard]] awaitable<void> stop();
  [[nodiscard]] awaitable<void> restart(Duration gap);
  /// No call is answered any more, until it is false again.
  void hang(bool hangs);
  /// Of devices that are not bonded, after the discovery or the link has ended; bluetoothd has 30 s (main.conf, TemporaryTimeout).
  void temporary_timeout(Duration how_long);

  /// "hci0 StartDiscovery", "dev_A4_CF_12_34_56_78 Connect", "char0003 ReadValue", in their order; GetManagedObjects is "/".
  [[nodiscard]] const std::vector<std::string>& calls() const noexcept;
  [[nodiscard]] size_t count(std::string_view method) const;
  void forget_calls();
  [[nodiscard]] bool is_discovering(unsigned adapter = 0) const;
  [[nodiscard]] size_t monitors(unsigned adapter = 0) const;  ///< active
  [[nodiscard]] bool has_agent() const;
  /// The filter that was set last, in the order of its keys: "DuplicateData=true Transport=le"; empty for none.
  [[nodiscard]] std::string discovery_filter(unsigned adapter = 0) const;

  // Anything else that bluetoothd might say.
  void add_object(const std::string& path, const std::string& interface, BluezProperties properties);
  void remove_object(const std::string& path);
  void change(const std::string& path, const std::string& interface, const BluezProperties& changed,
              const std::vector<std::string>& invalidated = {});

  struct State;

private:
  friend class BluezDevice;
  std::shared_ptr<State> state_;
};

}  // namespace moor::testing
