#include "radio/replay/btsnoop_format.hpp"
#include "radio/replay/record.hpp"

#include <algorithm>

namespace moor::replay {

namespace {

class BtsnoopReader final : public RecordReader {
public:
  BtsnoopReader(Input& input, Encapsulation encapsulation) : RecordReader(input), encapsulation_(encapsulation) { restart(); }

  Next next(Record& record) override {
    const uint64_t start = input_.offset();
    const Bytes header = input_.peek(btsnoop_record_header_size);
    if (header.empty()) return Next::end;
    if (header.size() < btsnoop_record_header_size) return damaged(start, "the file ends within a record's header");
    const uint32_t size = load_be32(header.data() + 4);
    if (size > max_record_size) return damaged(start, "a record says that it is longer than any packet");
    record.flags = load_be32(header.data() + 8);
    const uint64_t time_us = std::max(load_be64(header.data() + 16), btsnoop_epoch_us) - btsnoop_epoch_us;
    const Bytes all = input_.peek(btsnoop_record_header_size + size);
    if (all.size() < btsnoop_record_header_size + size) return damaged(start, "the file ends within a record");
    record.encapsulation = encapsulation_;
    record.time = record_time(time_us / 1'000'000, time_us % 1'000'000 * 1000);
    record.data = all.subspan(btsnoop_record_header_size);
    (void)input_.skip(all.size());
    return Next::record;
  }

  void restart() override { (void)input_.skip(btsnoop_header_size); }
  std::string format() const override { return std::string("btsnoop (") + to_string(encapsulation_) + ")"; }

private:
  Encapsulation encapsulation_;
};

}  // namespace

std::unique_ptr<RecordReader> open_btsnoop(Input& input) {
  const Bytes header = input.peek(btsnoop_header_size);
  if (header.size() < btsnoop_header_size || !std::equal(btsnoop_magic.begin(), btsnoop_magic.end(), header.begin()))
    return nullptr;
  switch (const uint32_t datalink = load_be32(header.data() + 12)) {
    case 1001: return std::make_unique<BtsnoopReader>(input, Encapsulation::h1);
    case 1002: return std::make_unique<BtsnoopReader>(input, Encapsulation::h4);
    case 2001: return std::make_unique<BtsnoopReader>(input, Encapsulation::monitor);
    case 1003: throw UnsupportedFormat("btsnoop of BCSP (datalink 1003), which moor does not read");
    case 1004: throw UnsupportedFormat("btsnoop of HCI three-wire UART (H5, datalink 1004), which moor does not read");
    default: throw UnsupportedFormat("btsnoop of an unknown datalink, " + std::to_string(datalink));
  }
}

}  // namespace moor::replay
