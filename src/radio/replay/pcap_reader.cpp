// pcap (draft-ietf-opsawg-pcap): a header of 24 bytes, then for each packet one of 16 and its bytes.
//
//   0       4        8      16         20        24             0         4          8          12         16
//   ┌───────┬────────┬──────┬──────────┬─────────┐              ┌─────────┬──────────┬──────────┬──────────┬──────┐
//   │ magic │ version│ (0)  │ snaplen  │ link    │              │ seconds │ fraction │ captured │ original │ data │
//   │       │        │      │          │ type    │              │         │          │ length   │ length   │      │
//   └───────┴────────┴──────┴──────────┴─────────┘              └─────────┴──────────┴──────────┴──────────┴──────┘

#include "radio/replay/byte_order.hpp"
#include "radio/replay/record.hpp"

namespace moor::replay {

namespace {

constexpr size_t file_header_size = 24;
constexpr size_t record_header_size = 16;
constexpr uint32_t magic_microseconds = 0xA1B2C3D4;
constexpr uint32_t magic_nanoseconds = 0xA1B23C4D;

struct PcapHeader {
  ByteOrder order;
  Encapsulation encapsulation = Encapsulation::unknown;
  uint32_t nanoseconds_per_unit = 0;
};

class PcapReader final : public RecordReader {
public:
  PcapReader(Input& input, const PcapHeader& header) : RecordReader(input), header_(header) { restart(); }

  Next next(Record& record) override {
    const uint64_t start = input_.offset();
    const Bytes header = input_.peek(record_header_size);
    if (header.empty()) return Next::end;
    if (header.size() < record_header_size) return damaged(start, "the file ends within a record's header");
    const uint32_t seconds = header_.order.u32(header.data());
    const uint32_t fraction = header_.order.u32(header.data() + 4);
    const uint32_t size = header_.order.u32(header.data() + 8);
    if (size > max_record_size) return damaged(start, "a record says that it is longer than any packet");
    const Bytes all = input_.peek(record_header_size + size);
    if (all.size() < record_header_size + size) return damaged(start, "the file ends within a record");
    record.encapsulation = header_.encapsulation;
    record.time = record_time(seconds, uint64_t{fraction} * header_.nanoseconds_per_unit);
    record.flags = 0;
    record.data = all.subspan(record_header_size);
    (void)input_.skip(all.size());
    return Next::record;
  }

  void restart() override { (void)input_.skip(file_header_size); }
  std::string format() const override { return std::string("pcap (") + to_string(header_.encapsulation) + ")"; }

private:
  PcapHeader header_;
};

}  // namespace

std::unique_ptr<RecordReader> open_pcap(Input& input) {
  const Bytes bytes = input.peek(file_header_size);
  if (bytes.size() < file_header_size) return nullptr;
  PcapHeader header;
  for (const bool big_endian : {false, true}) {
    const uint32_t magic = ByteOrder{big_endian}.u32(bytes.data());
    if (magic != magic_microseconds && magic != magic_nanoseconds) continue;
    header.order = {big_endian};
    header.nanoseconds_per_unit = magic == magic_microseconds ? 1000 : 1;
  }
  if (header.nanoseconds_per_unit == 0) return nullptr;
  const uint32_t link_type = header.order.u32(bytes.data() + 20) & 0xFFFF;  // above it: the length of a frame check sequence
  header.encapsulation = encapsulation_of(link_type);
  if (header.encapsulation == Encapsulation::unknown)
    throw UnsupportedFormat("pcap of link type " + std::to_string(link_type) +
                            ", not one of Bluetooth LE: 187, 201, 251, 254, 256, 272");
  return std::make_unique<PcapReader>(input, header);
}

}  // namespace moor::replay
