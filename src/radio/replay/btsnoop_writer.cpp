#include "hci/reassembly.hpp"
#include "moor/capture.hpp"
#include "radio/replay/btsnoop_format.hpp"

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

namespace moor {

using namespace replay;
using Datalink = BtsnoopOptions::Datalink;

namespace {

constexpr uint8_t h4_event = 0x04;
constexpr uint32_t received_event = 3;  // flags where the datalink has no opcode: from the controller, an event

template <typename Integer>
void append_be(std::vector<uint8_t>& out, Integer value) {
  for (int shift = std::numeric_limits<Integer>::digits - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<uint8_t>(value >> shift));
}

uint64_t btsnoop_time(TimePoint time) noexcept {
  return btsnoop_epoch_us + static_cast<uint64_t>(std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count());
}

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
};

}  // namespace

struct BtsnoopWriter::State {
  State(const std::filesystem::path& file_path, Datalink link)
      : path(file_path.string()), datalink(link), file(std::fopen(path.c_str(), "wbe")) {
    if (!file) fail("cannot make");
    record.assign(btsnoop_magic.begin(), btsnoop_magic.end());
    append_be(record, uint32_t{1});
    append_be(record, static_cast<uint32_t>(datalink));
    put(record);
  }

  void write(const Sighting& sighting) {
    announce(sighting.radio, sighting.time);
    hci::AdvertisingReport report{.address = sighting.address,
                                  .properties = sighting.properties,
                                  .status = sighting.status,
                                  .rssi_dbm = sighting.rssi_dbm,
                                  .tx_power_dbm = sighting.tx_power_dbm,
                                  .sid = sighting.sid,
                                  .channel = 0,
                                  .data = sighting.payload()};
    if (hci::fits_legacy_report(report))
      write_event(sighting, [&] { hci::append_legacy_report(record, report); });
    else
      write_fragments(sighting, report);
    ++written;
  }

  // A reader puts this payload after the fragments of the same advertisement that it has seen. They are its beginning where the
  // sightings come from fragments themselves, so only the rest is written.
  void write_fragments(const Sighting& sighting, hci::AdvertisingReport report) {
    const hci::AdvertisingReport whole = report;
    if (whole.status != DataStatus::more_to_come)
      report.data = report.data.subspan(std::min(report.data.size(), reader.pending_bytes(whole, sighting.time, sighting.radio)));
    for (Bytes rest = report.data; rest.size() > hci::max_fragment_size; rest = report.data) {
      report.data = rest.first(hci::max_fragment_size);
      report.status = DataStatus::more_to_come;
      report.rssi_dbm = no_rssi;
      write_extended(sighting, report);
      report.data = rest.subspan(hci::max_fragment_size);
    }
    report.status = whole.status;
    report.rssi_dbm = whole.rssi_dbm;
    write_extended(sighting, report);
  }

  void write_extended(const Sighting& sighting, const hci::AdvertisingReport& report) {
    (void)reader.add(report, sighting.time, sighting.radio);
    write_event(sighting, [&] { hci::append_extended_report(record, report); });
  }

  template <typename Append>
  void write_event(const Sighting& sighting, Append append) {
    if (datalink == Datalink::monitor) {
      begin_record(sighting.time, uint32_t{sighting.radio} << 16 | monitor_event);
    } else {
      begin_record(sighting.time, received_event);
      record.push_back(h4_event);
    }
    append();
    end_record();
  }

  // Wireshark and btmon want to have heard of an adapter before its packets.
  void announce(RadioId radio, TimePoint time) {
    if (datalink != Datalink::monitor || announced[radio]) return;
    announced[radio] = true;
    begin_record(time, uint32_t{radio} << 16 | monitor_new_index);
    record.insert(record.end(), 8, 0);  // a primary controller on a virtual bus, without an address
    std::string name = "hci" + std::to_string(radio);
    name.resize(8);
    record.insert(record.end(), name.begin(), name.end());
    end_record();
  }

  void begin_record(TimePoint time, uint32_t flags) {
    record.assign(8, 0);  // both lengths, known at the end
    append_be(record, flags);
    append_be(record, uint32_t{0});
    append_be(record, btsnoop_time(time));
  }

  void end_record() {
    const auto size = static_cast<uint32_t>(record.size() - btsnoop_record_header_size);
    for (size_t i = 0; i < 4; ++i) record[i] = record[4 + i] = static_cast<uint8_t>(size >> (24 - 8 * i));
    put(record);
  }

  void put(const std::vector<uint8_t>& bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size()) fail("cannot write to");
  }

  [[noreturn]] void fail(const char* what) const {
    const std::string cause = std::strerror(errno);
    throw Error(std::string(what) + " capture " + path + ": " + cause,
                {.cause = cause, .advice = "Choose a place that can be written and has room."});
  }

  std::string path;
  Datalink datalink;
  std::unique_ptr<std::FILE, CloseFile> file;
  std::vector<uint8_t> record;  // the one being made; kept for its memory
  std::bitset<size_t{std::numeric_limits<RadioId>::max()} + 1> announced;
  hci::Reassembly reader;  // what a reader of this file has pending
  uint64_t written = 0;
};

BtsnoopWriter::BtsnoopWriter(const std::filesystem::path& path, const BtsnoopOptions& options)
    : state_(std::make_unique<State>(path, options.datalink)) {}
BtsnoopWriter::BtsnoopWriter(BtsnoopWriter&&) noexcept = default;
BtsnoopWriter& BtsnoopWriter::operator=(BtsnoopWriter&&) noexcept = default;
BtsnoopWriter::~BtsnoopWriter() = default;

void BtsnoopWriter::write(const Sighting& sighting) {
  state_->write(sighting);
}

void BtsnoopWriter::write(std::span<const Sighting> sightings) {
  for (const Sighting& sighting : sightings) state_->write(sighting);
}

void BtsnoopWriter::flush() {
  if (std::fflush(state_->file.get()) != 0) state_->fail("cannot write to");
}

uint64_t BtsnoopWriter::written() const noexcept {
  return state_->written;
}

}  // namespace moor
