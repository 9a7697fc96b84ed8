// Any bytes as HCI events, one after the other: reports lie inside of their event, read the same when they are written again, and
// their re-assembly is never longer than an advertisement can be nor pending for more than it was given.

#include "hci/reassembly.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace moor;
using namespace moor::hci;

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const AdvertisingReport& a, const AdvertisingReport& b) {
  return a.address == b.address && a.properties == b.properties && a.status == b.status && a.rssi_dbm == b.rssi_dbm &&
         a.tx_power_dbm == b.tx_power_dbm && a.sid == b.sid && std::ranges::equal(a.data, b.data);
}

void check_written_again(const AdvertisingReport& report) {
  std::vector<uint8_t> event;
  if (fits_legacy_report(report))
    append_legacy_report(event, report);
  else if (report.data.size() <= max_fragment_size)
    append_extended_report(event, report);
  else
    return;
  ReportReader reader(event);
  const auto again = reader.next();
  require(again && same(*again, report) && !reader.next() && !reader.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reassembly reassembly;
  uint64_t fragments = 0;
  TimePoint time;
  for (Bytes rest(data, size); !rest.empty();) {
    const Bytes event = rest.first(std::min<size_t>(rest.size(), rest.size() < 2 ? rest.size() : size_t{2} + rest[1]));
    rest = rest.subspan(event.size());
    time += std::chrono::milliseconds(event.size());
    ReportReader reader(event);
    size_t read = 0;
    while (const auto report = reader.next()) {
      ++read;
      const uint8_t* begin = report->data.data();
      require(report->data.empty() || (begin >= event.data() && begin + report->data.size() <= event.data() + event.size()));
      check_written_again(*report);
      fragments += report->status == DataStatus::more_to_come;
      const size_t pending = reassembly.pending_bytes(*report, time);
      const auto result = reassembly.add(*report, time);
      require(result.data.size() <= std::max(extended_payload_size, report->data.size()));
      if (report->status != DataStatus::more_to_come)
        require(result.data.size() ==
                std::min(pending + report->data.size(), pending == 0 ? report->data.size() : extended_payload_size));
    }
    require(read <= 255 && (reader.is_advertising() || (read == 0 && !reader.error())));
    if (reader.error()) require(reader.error()->offset <= event.size());
  }
  reassembly.clear();
  require(reassembly.dropped() <= fragments);
  return 0;
}
