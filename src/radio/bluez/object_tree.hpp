#pragma once
// What bluetoothd says there is: adapters, devices, and the services of those that are connected, as objects with properties (BlueZ, doc/*-api.txt). It is
// filled from one GetManagedObjects and then from signals. No I/O: messages go in, questions are answered, watchers are told.
//
// Paths are /org/bluez/hciN[/dev_AA_BB_CC_DD_EE_FF[/serviceXXXX[/charXXXX[/descXXXX]]]]; numbers and addresses are read out of them once, so that nothing
// is looked up by text. The advertisement path copies only what has changed.

#include "dbus/message.hpp"
#include "moor/gatt.hpp"
#include "moor/link.hpp"
#include "moor/sighting.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <map>
#include <memory>

namespace moor::bluez {

struct AdapterObject {
  unsigned index = 0;  ///< N of hciN
  std::string path;
  Address address{};
  std::string alias{};
  bool powered = false;
  bool discovering = false;
  bool pairable = false;
  bool central = true;
  bool peripheral = false;
  bool has_monitors = false;  ///< the interface AdvertisementMonitorManager1
  std::vector<std::string> monitor_features{};
};

struct DescriptorObject {
  std::string path;
  Uuid uuid;
  uint16_t handle = 0;  ///< of the descriptor: the path's number
};

struct CharacteristicObject {
  std::string path;
  Uuid uuid;
  uint16_t handle = 0;  ///< of the declaration, which is what the path has; the value's is the next one
  Properties properties;
  bool notifying = false;
  uint16_t mtu = 0;  ///< BlueZ 5.62; 0 where it does not say
  std::map<uint16_t, DescriptorObject> descriptors{};
};

struct ServiceObject {
  std::string path;
  Uuid uuid;
  uint16_t handle = 0;
  bool primary = true;
  std::vector<std::string> includes{};
  std::map<uint16_t, CharacteristicObject> characteristics{};
};

struct DeviceObject {
  unsigned adapter = 0;
  std::string path;
  Address address;     ///< with its kind, from AddressType
  std::string name{};  ///< empty for an alias that BlueZ made of the address
  std::optional<int8_t> rssi_dbm{};
  bool connected = false;
  bool paired = false;
  bool bonded = false;
  bool trusted = false;
  bool services_resolved = false;
  std::map<uint16_t, ServiceObject> services{};
  /// AD structures made of what BlueZ keeps of its advertisements, merged over time as it does.
  std::vector<uint8_t> payload{};
};

class ObjectTree {
public:
  /// What a watcher of one device is told. It must not block; it may end its own watch.
  struct DeviceEvent {
    enum class Kind : uint8_t {
      added,
      changed,  ///< any property but those of advertisements
      removed,  ///< the object is gone; BlueZ does not always say first that it is no longer connected
      value,    ///< a characteristic's value
      reset,    ///< bluetoothd or the bus is gone: everything is
    };
    Kind kind = Kind::changed;
    uint16_t characteristic = 0;  ///< of `value`: its handle as in CharacteristicObject
    Bytes value{};                ///< of `value`: only during the call
  };
  using OnDevice = std::function<void(const DeviceEvent&)>;
  /// A device was heard: RSSI, manufacturer or service data came. Not for any other property, nor for those that are taken back when a scan ends.
  using OnHeard = std::function<void(const DeviceObject&)>;
  using OnAdapters = std::function<void()>;

  class Watch;  // ends when it is destroyed; may outlive the tree

  ObjectTree();
  ~ObjectTree();

  // What comes from the bus. Anything that is malformed is left out and counted.
  /// The reply of GetManagedObjects: what is not in it is gone.
  void set_objects(dbus::Reader reply);
  /// InterfacesAdded, InterfacesRemoved, PropertiesChanged; others are ignored.
  void on_signal(const dbus::Message& signal);
  /// What bluetoothd says when it is asked, as its signal may not come.
  void set_connected(unsigned adapter, const Address& address);
  /// bluetoothd is gone.
  void reset();

  [[nodiscard]] const std::map<unsigned, AdapterObject>& adapters() const noexcept;
  [[nodiscard]] const AdapterObject* find_adapter(unsigned index) const noexcept;
  /// By the 48 bits of the address.
  [[nodiscard]] const DeviceObject* find_device(unsigned adapter, const Address& address) const noexcept;
  [[nodiscard]] std::vector<const DeviceObject*> devices(unsigned adapter) const;
  [[nodiscard]] uint64_t malformed() const noexcept;

  [[nodiscard]] std::unique_ptr<Watch> watch_device(unsigned adapter, const Address& address, OnDevice on_event);
  [[nodiscard]] std::unique_ptr<Watch> watch_heard(unsigned adapter, OnHeard on_heard);
  [[nodiscard]] std::unique_ptr<Watch> watch_adapters(OnAdapters on_change);

private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Ends the telling when it is destroyed.
class ObjectTree::Watch {
public:
  virtual ~Watch() = default;
};

/// "/org/bluez/hci0".
[[nodiscard]] std::string adapter_path(unsigned adapter);
/// "/org/bluez/hci0/dev_A4_CF_12_34_56_78".
[[nodiscard]] std::string device_path(unsigned adapter, const Address& address);
/// The table in moor's terms; nothing while bluetoothd has not resolved it, or where objects of it are missing.
[[nodiscard]] std::optional<GattServices> services_of(const DeviceObject& device);

}  // namespace moor::bluez
