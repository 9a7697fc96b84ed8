#pragma once
// What the object tree keeps, and how properties from the bus go into it.

#include "radio/bluez/heard_payload.hpp"
#include "radio/bluez/object_path.hpp"
#include "radio/bluez/object_tree.hpp"

namespace moor::bluez {

struct DeviceRecord : DeviceObject {
  bool exists = false;  // or is only kept for what is below it, until the reply that is being read says more
  bool has_name = false;
  SectionSizes sections{};
};

/// What a change meant.
struct Change {
  bool heard = false;    ///< an advertisement
  bool changed = false;  ///< anything that is not of an advertisement
};

/// Reads "a{sv}" or "as" of properties into objects. Properties that it does not know are left out.
class PropertyReader {
public:
  /// @throws dbus::MessageMalformed where a type is not what BlueZ documents; what came before has been taken.
  Change read(DeviceRecord& device, dbus::Reader& properties);
  Change invalidate(DeviceRecord& device, dbus::Reader& names);
  static Change read(AdapterObject& adapter, dbus::Reader& properties);
  static Change read_monitors(AdapterObject& adapter, dbus::Reader& properties);
  static Change read(ServiceObject& service, dbus::Reader& properties);
  /// @param value  set where the property Value came: valid as long as the message.
  static Change read(CharacteristicObject& characteristic, dbus::Reader& properties, std::optional<Bytes>& value);
  static Change read(DescriptorObject& descriptor, dbus::Reader& properties);

  [[nodiscard]] uint64_t left_out() const noexcept { return left_out_; }  ///< values too long for a payload

private:
  void read_property(DeviceRecord& device, std::string_view name, dbus::Reader& value, Change& change);
  bool read_advertised(DeviceRecord& device, std::string_view name, dbus::Reader& value, Change& change);
  void put(DeviceRecord& device, PayloadSection section);

  SectionWriter writer_;
  std::vector<Uuid> uuids_;
  uint64_t left_out_ = 0;
};

/// Forgets all that properties said, so that a complete set of them can be read.
void clear(DeviceRecord& device);

}  // namespace moor::bluez
