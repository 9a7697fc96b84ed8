#include "esphome/advertisements.hpp"

#include <array>

namespace moor::esphome {

bool read_advertisement(WireReader& reader, RawAdvertisement& out) noexcept {
  const WireReader::Tag outer = reader.tag();
  if (!reader.ok()) return false;
  if (outer.number != 1 || outer.type != WireType::length_delimited) {
    reader.skip(outer.type);
    return false;
  }
  out = {};
  const uint8_t* outer_end = reader.enter();
  while (reader.more()) {
    const WireReader::Tag tag = reader.tag();
    if (!reader.ok()) break;
    if (tag.number == 1 && tag.type == WireType::varint) {
      out.address = reader.varint();
    } else if (tag.number == 2 && tag.type == WireType::varint) {
      out.rssi = protozero::decode_zigzag32(static_cast<uint32_t>(reader.varint()));
    } else if (tag.number == 3 && tag.type == WireType::varint) {
      out.address_type = static_cast<uint32_t>(reader.varint());
    } else if (tag.number == 4 && tag.type == WireType::length_delimited) {
      const uint8_t* start = reader.position();
      out.data = reader.view();
      if (out.data.size() > max_advertisement_data) reader.fail(start, "more data than an advertisement can have");
    } else {
      reader.skip(tag.type);
    }
  }
  reader.leave(outer_end);
  return true;
}

void AdvertisementBatch::add(const RawAdvertisement& advertisement) {
  std::array<char, 40> head;  // four tags and their numbers
  int size = 0;
  const auto put = [&](char tag, uint64_t number) {
    head[static_cast<size_t>(size++)] = tag;
    size += protozero::add_varint_to_buffer(head.data() + size, number);
  };
  if (advertisement.address != 0) put(0x08, advertisement.address);
  if (advertisement.rssi != 0) put(0x10, protozero::encode_zigzag32(advertisement.rssi));
  if (advertisement.address_type != 0) put(0x18, advertisement.address_type);
  if (!advertisement.data.empty()) put(0x22, advertisement.data.size());

  bytes_.push_back(0x0a);
  put_varint(static_cast<size_t>(size) + advertisement.data.size(), bytes_);
  bytes_.insert(bytes_.end(), head.begin(), head.begin() + size);
  bytes_.insert(bytes_.end(), advertisement.data.begin(), advertisement.data.end());
  ++count_;
}

void AdvertisementBatch::clear() noexcept {
  bytes_.clear();
  count_ = 0;
}

}  // namespace moor::esphome
