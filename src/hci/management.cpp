#include "hci/management.hpp"

namespace moor::hci {

std::optional<ManagementFrame> parse_management_frame(Bytes datagram) noexcept {
  if (datagram.size() < management_header_size) return std::nullopt;
  const Bytes parameters = datagram.subspan(management_header_size);
  if (load_le16(datagram.data() + 4) != parameters.size()) return std::nullopt;
  return ManagementFrame{load_le16(datagram.data()), load_le16(datagram.data() + 2), parameters};
}

std::optional<DeviceFound> parse_device_found(const ManagementFrame& frame) noexcept {
  ByteReader reader(frame.parameters);
  DeviceFound found;
  found.controller = frame.controller;
  if (frame.code == monitored_device_found_event) found.monitor = reader.le16();
  const Bytes address = reader.take(6);
  found.type = static_cast<ManagementAddressType>(reader.u8());
  found.rssi_dbm = reader.i8();
  found.flags = reader.le32();
  found.data = reader.take(reader.le16());
  if (!reader.ok()) return std::nullopt;
  found.address = Address::from_le(address.data(), found.type == ManagementAddressType::le_random);
  return found;
}

void ManagementReader::feed(Bytes read) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  buffer_.insert(buffer_.end(), read.begin(), read.end());
}

std::optional<DeviceFound> ManagementReader::next() noexcept {
  while (buffer_.size() - at_ >= management_header_size) {
    const Bytes rest = Bytes(buffer_).subspan(at_);
    const size_t size = management_header_size + load_le16(rest.data() + 4);
    if (rest.size() < size) return std::nullopt;
    at_ += size;
    const auto frame = parse_management_frame(rest.first(size));
    if (!frame->is_device_found()) {
      ++skipped_;
      continue;
    }
    if (auto found = parse_device_found(*frame)) return found;
    ++malformed_;
  }
  return std::nullopt;
}

}  // namespace moor::hci
