#include "radio/bluez/tree_records.hpp"

#include <algorithm>
#include <utility>

namespace moor::bluez {

namespace {

// Calls visit(name) at each property's variant; it must read or skip that.
template <typename Visit>
void for_each_property(dbus::Reader& properties, Visit&& visit) {
  properties.enter_array("{sv}");
  while (properties.enter_dict_entry("sv")) {
    visit(properties.read_string());
    properties.leave();
  }
  properties.leave();
}

template <typename Visit>
void for_each_string(dbus::Reader& list, Visit&& visit) {
  list.enter_array("s");
  while (!list.at_end()) visit(list.read_string());
  list.leave();
}

bool variant_bool(dbus::Reader& value) {
  value.enter_variant("b");
  const bool is = value.read_bool();
  value.leave();
  return is;
}
int16_t variant_i16(dbus::Reader& value) {
  value.enter_variant("n");
  const int16_t is = value.read_i16();
  value.leave();
  return is;
}
uint16_t variant_u16(dbus::Reader& value) {
  value.enter_variant("q");
  const uint16_t is = value.read_u16();
  value.leave();
  return is;
}
std::string_view variant_string(dbus::Reader& value) {
  value.enter_variant("s");
  const std::string_view is = value.read_string();
  value.leave();
  return is;
}
std::vector<std::string> variant_strings(dbus::Reader& value) {
  std::vector<std::string> all;
  value.enter_variant("as");
  for_each_string(value, [&](std::string_view each) { all.emplace_back(each); });
  value.leave();
  return all;
}

template <typename Value, typename Now>
bool set(Value& value, const Now& now) {
  if (value == now) return false;
  value = Value(now);
  return true;
}

// GattCharacteristic1.Flags (BlueZ, doc/gatt-api.txt) have names for the bits of the declaration and for more: what needs encryption, say.
Properties read_flags(dbus::Reader& value) {
  uint8_t bits = 0;
  value.enter_variant("as");
  for_each_string(value, [&](std::string_view flag) {
    if (const auto property = Properties::parse(flag)) bits = static_cast<uint8_t>(bits | static_cast<uint8_t>(*property));
  });
  value.leave();
  return Properties(bits);
}

Uuid variant_uuid(dbus::Reader& value) {
  return Uuid::parse(variant_string(value)).value_or(Uuid());
}

int8_t to_dbm(int16_t value) noexcept {
  return static_cast<int8_t>(std::clamp<int16_t>(value, -127, 126));
}

}  // namespace

void clear(DeviceRecord& device) {
  DeviceRecord empty;
  empty.adapter = device.adapter;
  empty.address = device.address;
  empty.path = std::move(device.path);
  empty.exists = device.exists;
  device = std::move(empty);
}

void PropertyReader::put(DeviceRecord& device, PayloadSection section) {
  if (!replace_section(device.payload, device.sections, section, writer_.bytes())) ++left_out_;
}

// What advertisements say, the most frequent first. @returns whether it was such a property.
bool PropertyReader::read_advertised(DeviceRecord& device, std::string_view name, dbus::Reader& value, Change& change) {
  const auto into = [&](PayloadSection section, const char* contents, auto write) {
    writer_.clear();
    value.enter_variant(contents);
    left_out_ += write();
    value.leave();
    put(device, section);
  };
  if (name == "RSSI") {
    device.rssi_dbm = to_dbm(variant_i16(value));
    change.heard = true;
  } else if (name == "ManufacturerData") {
    into(PayloadSection::manufacturer_data, "a{qv}", [&] { return write_manufacturer_data(writer_, value); });
    change.heard = true;
  } else if (name == "ServiceData") {
    into(PayloadSection::service_data, "a{sv}", [&] { return write_service_data(writer_, value); });
    change.heard = true;
  } else if (name == "TxPower") {
    into(PayloadSection::tx_power, "n", [&] { return write_tx_power(writer_, value.read_i16()); });
  } else if (name == "AdvertisingData") {
    into(PayloadSection::other, "a{yv}", [&] { return write_other_data(writer_, value); });
    change.heard = true;
  } else if (name == "AdvertisingFlags") {
    into(PayloadSection::flags, "ay", [&] { return write_flags(writer_, value); });
  } else if (name == "UUIDs") {
    // A connection's results are in it too, so that it is no sign of an advertisement.
    into(PayloadSection::uuids, "as", [&] {
      uuids_.clear();
      for_each_string(value, [&](std::string_view text) {
        if (const auto uuid = Uuid::parse(text)) uuids_.push_back(*uuid);
      });
      return write_uuids(writer_, uuids_);
    });
    change.changed = true;
  } else {
    return false;
  }
  return true;
}

void PropertyReader::read_property(DeviceRecord& device, std::string_view name, dbus::Reader& value, Change& change) {
  if (read_advertised(device, name, value, change)) return;
  change.changed = true;
  if (name == "Name") {
    const std::string_view text = variant_string(value);
    device.name = text;
    device.has_name = !text.empty();
    writer_.clear();
    left_out_ += write_name(writer_, text);
    put(device, PayloadSection::name);
  } else if (name == "Alias") {
    const std::string_view text = variant_string(value);
    if (!device.has_name) device.name = is_made_of_address(text) ? std::string_view() : text;
  } else if (name == "Address") {
    // Another one than the path's once a device that hid behind a changing address has been paired.
    if (const auto address = Address::parse(variant_string(value), device.address.is_random())) device.address = *address;
  } else if (name == "AddressType") {
    device.address = Address(device.address.bits(), variant_string(value) == "random");
  } else if (name == "Connected") {
    device.connected = variant_bool(value);
  } else if (name == "ServicesResolved") {
    device.services_resolved = variant_bool(value);
  } else if (name == "Paired") {
    device.paired = variant_bool(value);
  } else if (name == "Bonded") {
    device.bonded = variant_bool(value);
  } else if (name == "Trusted") {
    device.trusted = variant_bool(value);
  } else {
    value.skip("v");
  }
}

Change PropertyReader::read(DeviceRecord& device, dbus::Reader& properties) {
  Change change;
  for_each_property(properties, [&](std::string_view name) { read_property(device, name, properties, change); });
  return change;
}

// BlueZ takes RSSI and TxPower back when a scan ends, which is no sighting, and other properties for reasons of its own.
Change PropertyReader::invalidate(DeviceRecord& device, dbus::Reader& names) {
  Change change;
  for_each_string(names, [&](std::string_view name) {
    writer_.clear();
    if (name == "RSSI") {
      device.rssi_dbm.reset();
    } else if (name == "TxPower") {
      put(device, PayloadSection::tx_power);
    } else if (name == "ManufacturerData") {
      put(device, PayloadSection::manufacturer_data);
    } else if (name == "ServiceData") {
      put(device, PayloadSection::service_data);
    } else if (name == "AdvertisingData") {
      put(device, PayloadSection::other);
    } else if (name == "AdvertisingFlags") {
      put(device, PayloadSection::flags);
    } else if (name == "UUIDs") {
      put(device, PayloadSection::uuids);
      change.changed = true;
    } else if (name == "Name") {
      put(device, PayloadSection::name);
      device.name.clear();
      device.has_name = false;
      change.changed = true;
    }
  });
  return change;
}

Change PropertyReader::read(AdapterObject& adapter, dbus::Reader& properties) {
  Change change;
  for_each_property(properties, [&](std::string_view name) {
    if (name == "Address") {
      const auto address = Address::parse(variant_string(properties), adapter.address.is_random());
      if (address) change.changed |= set(adapter.address, *address);
    } else if (name == "AddressType") {
      change.changed |= set(adapter.address, Address(adapter.address.bits(), variant_string(properties) == "random"));
    } else if (name == "Alias") {
      change.changed |= set(adapter.alias, variant_string(properties));
    } else if (name == "Powered") {
      change.changed |= set(adapter.powered, variant_bool(properties));
    } else if (name == "Discovering") {
      change.changed |= set(adapter.discovering, variant_bool(properties));
    } else if (name == "Pairable") {
      change.changed |= set(adapter.pairable, variant_bool(properties));
    } else if (name == "Roles") {
      const auto roles = variant_strings(properties);
      const auto has = [&](const char* role) { return std::find(roles.begin(), roles.end(), role) != roles.end(); };
      change.changed |= set(adapter.central, has("central"));
      change.changed |= set(adapter.peripheral, has("peripheral"));
    } else {
      properties.skip("v");
    }
  });
  return change;
}

Change PropertyReader::read_monitors(AdapterObject& adapter, dbus::Reader& properties) {
  adapter.has_monitors = true;
  for_each_property(properties, [&](std::string_view name) {
    if (name == "SupportedFeatures")
      adapter.monitor_features = variant_strings(properties);
    else
      properties.skip("v");
  });
  return {.changed = true};
}

Change PropertyReader::read(ServiceObject& service, dbus::Reader& properties) {
  for_each_property(properties, [&](std::string_view name) {
    if (name == "UUID") {
      service.uuid = variant_uuid(properties);
    } else if (name == "Primary") {
      service.primary = variant_bool(properties);
    } else if (name == "Includes") {
      service.includes.clear();
      properties.enter_variant("ao");
      properties.enter_array("o");
      while (!properties.at_end()) service.includes.emplace_back(properties.read_path());
      properties.leave();
      properties.leave();
    } else {
      properties.skip("v");
    }
  });
  return {.changed = true};
}

Change PropertyReader::read(CharacteristicObject& characteristic, dbus::Reader& properties, std::optional<Bytes>& value) {
  Change change;
  for_each_property(properties, [&](std::string_view name) {
    if (name == "Value") {
      properties.enter_variant("ay");
      value = properties.read_bytes();
      properties.leave();
      return;
    }
    change.changed = true;
    if (name == "UUID")
      characteristic.uuid = variant_uuid(properties);
    else if (name == "Flags")
      characteristic.properties = read_flags(properties);
    else if (name == "Notifying")
      characteristic.notifying = variant_bool(properties);
    else if (name == "MTU")
      characteristic.mtu = variant_u16(properties);
    else
      properties.skip("v");
  });
  return change;
}

Change PropertyReader::read(DescriptorObject& descriptor, dbus::Reader& properties) {
  for_each_property(properties, [&](std::string_view name) {
    if (name == "UUID")
      descriptor.uuid = variant_uuid(properties);
    else
      properties.skip("v");
  });
  return {.changed = true};
}

}  // namespace moor::bluez
