#include "radio/bluez/heard_payload.hpp"

#include <algorithm>
#include <numeric>

namespace moor::bluez {

namespace {

constexpr size_t max_structure = 254;  // data of one AD structure: its length byte counts the type too

// Calls visit() at the value of each entry of a dictionary of variants.
template <typename Visit>
void for_each_entry(dbus::Reader& value, const char* entry, Visit&& visit) {
  value.enter_array(entry);
  const std::string_view inside(entry + 1, 2);  // "{qv}" without the braces
  const char contents[3] = {inside[0], inside[1], '\0'};
  while (value.enter_dict_entry(contents)) {
    visit();
    value.leave();
  }
  value.leave();
}

Bytes read_variant_bytes(dbus::Reader& value) {
  value.enter_variant("ay");
  const Bytes bytes = value.read_bytes();
  value.leave();
  return bytes;
}

// A UUID's width on the air, for lists and service data.
struct Short {
  std::array<uint8_t, 16> bytes;
  size_t size;
};

Short to_short(const Uuid& uuid) noexcept {
  Short out{};
  const auto number = uuid.assigned_number();
  const uint64_t low = number ? *number : uuid.low();
  for (unsigned i = 0; i < 8; ++i) out.bytes[i] = static_cast<uint8_t>(low >> 8 * i);
  if (!number)
    for (unsigned i = 0; i < 8; ++i) out.bytes[8 + i] = static_cast<uint8_t>(uuid.high() >> 8 * i);
  out.size = !number ? 16 : *number > 0xFFFF ? 4 : 2;
  return out;
}

}  // namespace

bool SectionWriter::add(AdType type, Bytes first, Bytes second) noexcept {
  const size_t length = first.size() + second.size();
  if (length > max_structure || size_ + 2 + length > buffer_.size()) return false;
  uint8_t* at = buffer_.data() + size_;
  *at++ = static_cast<uint8_t>(length + 1);
  *at++ = static_cast<uint8_t>(type);
  at = std::copy(first.begin(), first.end(), at);
  std::copy(second.begin(), second.end(), at);
  size_ += 2 + length;
  return true;
}

size_t write_flags(SectionWriter& writer, dbus::Reader& value) {
  const Bytes flags = value.read_bytes();
  return flags.empty() || writer.add(AdType::flags, flags) ? 0 : 1;
}

size_t write_tx_power(SectionWriter& writer, int16_t dbm) {
  const auto byte = static_cast<uint8_t>(static_cast<int8_t>(std::clamp<int16_t>(dbm, -128, 127)));
  return writer.add(AdType::tx_power, Bytes(&byte, 1)) ? 0 : 1;
}

size_t write_name(SectionWriter& writer, std::string_view name) {
  if (name.empty()) return 0;
  return writer.add(AdType::complete_name, Bytes(reinterpret_cast<const uint8_t*>(name.data()), name.size())) ? 0 : 1;
}

size_t write_uuids(SectionWriter& writer, std::span<const Uuid> uuids) {
  size_t left_out = 0;
  for (const auto& [width, type] :
       {std::pair{size_t{2}, AdType::complete_uuids16}, std::pair{size_t{4}, AdType::complete_uuids32},
        std::pair{size_t{16}, AdType::complete_uuids128}}) {
    std::array<uint8_t, max_structure> list;
    size_t size = 0;
    for (const Uuid& uuid : uuids) {
      const Short bytes = to_short(uuid);
      if (bytes.size != width) continue;
      if (size + width > list.size()) {
        ++left_out;
        continue;
      }
      std::copy_n(bytes.bytes.begin(), width, list.begin() + static_cast<std::ptrdiff_t>(size));
      size += width;
    }
    if (size != 0 && !writer.add(type, Bytes(list.data(), size))) ++left_out;
  }
  return left_out;
}

size_t write_service_data(SectionWriter& writer, dbus::Reader& value) {
  size_t left_out = 0;
  for_each_entry(value, "{sv}", [&] {
    const auto uuid = Uuid::parse(value.read_string());
    const Bytes data = read_variant_bytes(value);
    if (!uuid) {
      ++left_out;
      return;
    }
    const Short service = to_short(*uuid);
    const AdType type = service.size == 2   ? AdType::service_data16
                        : service.size == 4 ? AdType::service_data32
                                            : AdType::service_data128;
    if (!writer.add(type, Bytes(service.bytes.data(), service.size), data)) ++left_out;
  });
  return left_out;
}

size_t write_manufacturer_data(SectionWriter& writer, dbus::Reader& value) {
  size_t left_out = 0;
  for_each_entry(value, "{qv}", [&] {
    const uint16_t company = value.read_u16();
    const std::array<uint8_t, 2> number{static_cast<uint8_t>(company), static_cast<uint8_t>(company >> 8)};
    if (!writer.add(AdType::manufacturer_data, number, read_variant_bytes(value))) ++left_out;
  });
  return left_out;
}

size_t write_other_data(SectionWriter& writer, dbus::Reader& value) {
  size_t left_out = 0;
  for_each_entry(value, "{yv}", [&] {
    const auto type = static_cast<AdType>(value.read_u8());
    if (!writer.add(type, read_variant_bytes(value))) ++left_out;
  });
  return left_out;
}

bool replace_section(std::vector<uint8_t>& payload, SectionSizes& sizes, PayloadSection section, Bytes bytes) {
  const auto place = static_cast<size_t>(section);
  const size_t begin = std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(place), size_t{0});
  const size_t before = sizes[place];
  const bool fits = payload.size() - before + bytes.size() <= extended_payload_size;
  if (!fits) bytes = {};
  const auto at = payload.begin() + static_cast<std::ptrdiff_t>(begin);
  if (bytes.size() <= before) {
    const auto end = std::copy(bytes.begin(), bytes.end(), at);
    payload.erase(end, at + static_cast<std::ptrdiff_t>(before));
  } else {
    const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(before);
    std::copy(bytes.begin(), middle, at);
    payload.insert(at + static_cast<std::ptrdiff_t>(before), middle, bytes.end());
  }
  sizes[place] = static_cast<uint16_t>(bytes.size());
  return fits;
}

}  // namespace moor::bluez
