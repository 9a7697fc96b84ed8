// Apple PacketLogger: records one after the other, no file header. Big-endian, or little-endian by another version of the tool.
//
//   0        4         8              12     13
//   ┌────────┬─────────┬──────────────┬──────┬──────┐
//   │ length │ seconds │ microseconds │ type │ data │     length: of all that follows it
//   └────────┴─────────┴──────────────┴──────┴──────┘

#include "radio/replay/byte_order.hpp"
#include "radio/replay/record.hpp"

namespace moor::replay {

namespace {

constexpr size_t header_size = 12;  // up to the type
constexpr size_t min_length = 8;
constexpr size_t max_length = 0xFFFF;

class PacketLoggerReader final : public RecordReader {
public:
  PacketLoggerReader(Input& input, ByteOrder order) : RecordReader(input), order_(order) {}

  Next next(Record& record) override {
    const uint64_t start = input_.offset();
    const Bytes header = input_.peek(header_size);
    if (header.empty()) return Next::end;
    if (header.size() < header_size) return damaged(start, "the file ends within a record's header");
    const uint32_t length = order_.u32(header.data());
    if (length < min_length || length > max_record_size) return damaged(start, "a record of an impossible length");
    const Bytes all = input_.peek(4 + length);
    if (all.size() < 4 + length) return damaged(start, "the file ends within a record");
    record.encapsulation = Encapsulation::packetlogger;
    record.time = record_time(order_.u32(all.data() + 4), uint64_t{order_.u32(all.data() + 8)} * 1000);
    record.flags = 0;
    record.data = all.subspan(header_size);
    (void)input_.skip(all.size());
    return Next::record;
  }

  void restart() override {}
  std::string format() const override { return "PacketLogger"; }

private:
  ByteOrder order_;
};

// HCI and LMP packets have small types, log lines and notes large ones.
bool is_type(uint8_t type) noexcept {
  return type <= 0x0B || type >= 0xF0;
}

// Whether the first record makes sense: by chance one in half a million does.
bool looks_right(Bytes begin, ByteOrder order) noexcept {
  const uint32_t length = order.u32(begin.data());
  return length > min_length && length <= max_length && order.u32(begin.data() + 8) < 1'000'000 && is_type(begin[header_size]);
}

}  // namespace

std::unique_ptr<RecordReader> open_packetlogger(Input& input) {
  const Bytes begin = input.peek(header_size + 1);
  if (begin.size() <= header_size) return nullptr;
  for (const ByteOrder order : {ByteOrder{true}, ByteOrder{false}})
    if (looks_right(begin, order)) return std::make_unique<PacketLoggerReader>(input, order);
  return nullptr;
}

}  // namespace moor::replay
