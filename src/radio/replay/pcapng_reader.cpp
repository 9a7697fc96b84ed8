// pcapng (draft-ietf-opsawg-pcapng): blocks, each with its length before and after its body. A section header sets the byte order
// and forgets the interfaces; an interface description adds one; packets name theirs by number.
//
//   0      4        8              length-4
//   ┌──────┬────────┬──────────────┬────────┐
//   │ type │ length │ body, padded │ length │     lengths count the whole block and are multiples of 4
//   │      │        │ to 4         │        │
//   └──────┴────────┴──────────────┴────────┘

#include "radio/replay/byte_order.hpp"
#include "radio/replay/record.hpp"

#include <optional>

namespace moor::replay {

namespace {

constexpr uint32_t section_header = 0x0A0D0D0A;
constexpr uint32_t interface_description = 1;
constexpr uint32_t obsolete_packet = 2;
constexpr uint32_t simple_packet = 3;
constexpr uint32_t enhanced_packet = 6;
constexpr uint32_t byte_order_magic = 0x1A2B3C4D;

constexpr size_t min_block_size = 12;
constexpr size_t min_section_size = 28;
constexpr size_t max_interfaces = 4096;

/// What an interface's time stamps count: `if_tsresol` is a negative power of 10, or of 2 where its top bit is set.
class TimeUnit {
public:
  TimeUnit() = default;
  explicit TimeUnit(uint8_t tsresol) noexcept {
    const unsigned exponent = tsresol & 0x7F;
    if ((tsresol & 0x80) != 0) {
      per_second_ = uint64_t{1} << std::min(exponent, 63U);
    } else {
      per_second_ = 1;
      for (unsigned i = 0; i < std::min(exponent, 19U); ++i) per_second_ *= 10;
    }
  }
  [[nodiscard]] TimePoint time(uint64_t stamp, int64_t offset_seconds) const noexcept {
    const uint64_t seconds = stamp / per_second_;
    const uint64_t rest = stamp % per_second_;
    const auto nanoseconds = static_cast<uint64_t>(static_cast<unsigned __int128>(rest) * nano / per_second_);
    const auto shifted = static_cast<uint64_t>(std::clamp(static_cast<int64_t>(std::min(seconds, max_seconds)) + offset_seconds,
                                                          int64_t{0}, static_cast<int64_t>(max_seconds)));
    return record_time(shifted, nanoseconds);
  }

private:
  static constexpr uint64_t nano = 1'000'000'000;
  static constexpr uint64_t max_seconds = uint64_t{1} << 62;
  uint64_t per_second_ = 1'000'000;
};

struct Interface {
  Encapsulation encapsulation = Encapsulation::unknown;
  uint32_t snap_length = 0;  // 0 for unlimited
  TimeUnit unit;
  int64_t offset_seconds = 0;
};

class PcapngReader final : public RecordReader {
public:
  explicit PcapngReader(Input& input) : RecordReader(input) {}

  Next next(Record& record) override {
    for (;;) {
      start_ = input_.offset();
      const Bytes head = input_.peek(min_block_size);
      if (head.empty()) return Next::end;
      if (head.size() < min_block_size) return damaged(start_, "the file ends within a block's header");
      if (load_le32(head.data()) == section_header && !begin_section(head))
        return damaged(start_, "a section without its byte order");
      const uint32_t type = order_.u32(head.data());
      const uint32_t size = order_.u32(head.data() + 4);
      if (size % 4 != 0 || size < (type == section_header ? min_section_size : min_block_size))
        return damaged(start_, "a block of an impossible length");
      if (!is_read(type)) {
        if (!input_.skip(size)) return damaged(start_, "the file ends within a block");
        continue;
      }
      if (size > Input::max_peek) return damaged(start_, "a block says that it is longer than any packet");
      const Bytes block = input_.peek(size);
      if (block.size() < size) return damaged(start_, "the file ends within a block");
      if (order_.u32(block.data() + size - 4) != size) return damaged(start_, "a block's two lengths contradict each other");
      const char* fault = type == interface_description ? add_interface(block) : read_packet(type, block, record);
      if (fault != nullptr) return damaged(start_, fault);
      (void)input_.skip(size);
      if (type != interface_description) return Next::record;
    }
  }

  void restart() override {
    interfaces_.clear();
    last_time_ = {};
  }

  std::string format() const override {
    if (interfaces_.empty()) return "pcapng";
    return std::string("pcapng (") + to_string(interfaces_.front().encapsulation) + ")";
  }

private:
  static bool is_read(uint32_t type) noexcept {
    return type == interface_description || type == simple_packet || type == enhanced_packet || type == obsolete_packet;
  }

  bool begin_section(Bytes head) {
    interfaces_.clear();
    order_ = {load_be32(head.data() + 8) == byte_order_magic};
    return order_.u32(head.data() + 8) == byte_order_magic;
  }

  const char* add_interface(Bytes block) {
    constexpr size_t fixed = 16;
    constexpr uint16_t if_tsresol = 9;
    constexpr uint16_t if_tsoffset = 14;
    if (block.size() < fixed + 4) return "an interface description of an impossible length";
    if (interfaces_.size() == max_interfaces) return "more interfaces than a machine has";
    Interface& interface = interfaces_.emplace_back();
    interface.encapsulation = encapsulation_of(order_.u16(block.data() + 8));
    interface.snap_length = order_.u32(block.data() + 12);
    for (Bytes options = block.subspan(fixed, block.size() - fixed - 4); options.size() >= 4;) {
      const uint16_t code = order_.u16(options.data());
      const size_t size = order_.u16(options.data() + 2);
      const size_t padded = 4 + (size + 3) / 4 * 4;
      if (code == 0 || padded > options.size()) break;
      const uint8_t* value = options.data() + 4;
      if (code == if_tsresol && size == 1) interface.unit = TimeUnit(*value);
      if (code == if_tsoffset && size == 8)
        interface.offset_seconds = bounded_offset(order_.big_endian ? load_be64(value) : load_le64(value));
      options = options.subspan(padded);
    }
    return nullptr;
  }

  static int64_t bounded_offset(uint64_t seconds) noexcept {
    constexpr int64_t limit = int64_t{1} << 40;
    return std::clamp(static_cast<int64_t>(seconds), -limit, limit);
  }

  //   enhanced packet:   8 interface   12 time, high   16 time, low   20 captured length   24 original length   28 data
  //   obsolete packet:   8 interface (16 bits)   10 drops (16 bits), then the same
  //   simple packet:     8 original length   12 data; of the first interface, without a time
  const char* read_packet(uint32_t type, Bytes block, Record& record) {
    const size_t fixed = type == simple_packet ? 12 : 28;
    if (block.size() < fixed + 4) return "a packet block of an impossible length";
    size_t number = 0;
    if (type == enhanced_packet) number = order_.u32(block.data() + 8);
    if (type == obsolete_packet) number = order_.u16(block.data() + 8);
    if (number >= interfaces_.size()) return "a packet of an interface that was not described";
    const Interface& interface = interfaces_[number];
    const size_t room = block.size() - fixed - 4;
    size_t size = order_.u32(block.data() + (type == simple_packet ? 8 : 20));
    if (type == simple_packet) {
      size = std::min(size, interface.snap_length == 0 ? room : std::min<size_t>(room, interface.snap_length));
    } else {
      const uint64_t stamp = uint64_t{order_.u32(block.data() + 12)} << 32 | order_.u32(block.data() + 16);
      last_time_ = interface.unit.time(stamp, interface.offset_seconds);
    }
    if (size > room || size > max_record_size) return "a packet that is longer than its block";
    record.encapsulation = interface.encapsulation;
    record.time = last_time_;
    record.flags = 0;
    record.data = block.subspan(fixed, size);
    return nullptr;
  }

  ByteOrder order_;
  std::vector<Interface> interfaces_;
  TimePoint last_time_;  // what a simple packet has
  uint64_t start_ = 0;
};

}  // namespace

std::unique_ptr<RecordReader> open_pcapng(Input& input) {
  const Bytes head = input.peek(min_block_size);
  if (head.size() < min_block_size || load_le32(head.data()) != section_header) return nullptr;
  return std::make_unique<PcapngReader>(input);
}

}  // namespace moor::replay
