#include "hci/management.hpp"

namespace moor::hci {

namespace {

constexpr uint16_t device_found = 0x0012;
constexpr uint16_t monitored_device_found = 0x002F;

}  // namespace

void ManagementReader::feed(Bytes read) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  buffer_.insert(buffer_.end(), read.begin(), read.end());
}

std::optional<DeviceFound> ManagementReader::next() noexcept {
  while (buffer_.size() - at_ >= header_size) {
    const uint8_t* header = buffer_.data() + at_;
    const size_t size = load_le16(header + 4);
    if (buffer_.size() - at_ - header_size < size) return std::nullopt;
    at_ += header_size + size;
    if (auto found = parse(load_le16(header), load_le16(header + 2), Bytes(header + header_size, size))) return found;
  }
  return std::nullopt;
}

std::optional<DeviceFound> ManagementReader::parse(uint16_t event, uint16_t controller, Bytes parameters) noexcept {
  if (event != device_found && event != monitored_device_found) {
    ++skipped_;
    return std::nullopt;
  }
  ByteReader reader(parameters);
  DeviceFound found;
  found.controller = controller;
  if (event == monitored_device_found) found.monitor = reader.le16();
  const Bytes address = reader.take(6);
  found.type = static_cast<ManagementAddressType>(reader.u8());
  found.rssi_dbm = reader.i8();
  found.flags = reader.le32();
  found.data = reader.take(reader.le16());
  if (!reader.ok()) {
    ++malformed_;
    return std::nullopt;
  }
  found.address = Address::from_le(address.data(), found.type == ManagementAddressType::le_random);
  return found;
}

}  // namespace moor::hci
