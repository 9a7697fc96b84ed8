#include "moor/capture.hpp"

#include "radio/replay/decoder.hpp"

#include <algorithm>

namespace moor {

using replay::Decoder;
using replay::Input;
using replay::Record;
using replay::RecordReader;

struct Capture::State {
  State(std::unique_ptr<replay::Source> source, std::string name_of_file, uint64_t max_inflated)
      : name(std::move(name_of_file)), input(replay::inflate_if_gzip(std::move(source), max_inflated)) {
    batch.reserve(max_batch + Decoder::max_per_record);
    open();
    fill(1);
    if (!batch.empty()) first_time = batch.front().time;
    format = reader->format() + (input.is_compressed() ? ", gzip" : "");
  }

  void open() {
    if (input.peek(1).empty()) fail_to_open(input.fault() != nullptr ? input.fault() : "it is empty");
    try {
      reader = replay::open_format(input);
    } catch (const replay::UnsupportedFormat& unsupported) {
      fail_to_open(unsupported.what());
    }
    if (!reader) fail_to_open(input.fault() != nullptr ? input.fault() : "its format is unknown");
  }

  // Makes at least `count` reports ready, or all that there are.
  void fill(size_t count) {
    batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(taken));
    taken = 0;
    Record record;
    while (batch.size() < count && !ended) {
      const RecordReader::Next next = reader->next(record);
      if (next == RecordReader::Next::record)
        decoder.decode(record, batch);
      else
        end(next);
    }
  }

  void end(RecordReader::Next next) {
    ended = true;
    decoder.finish();
    if (input.fault() != nullptr)
      error = ParseError{static_cast<size_t>(input.offset()), input.fault()};
    else if (next == RecordReader::Next::damaged)
      error = reader->error();
  }

  void count_delivered(std::span<const Sighting> sightings) noexcept {
    delivered += sightings.size();
    for (const Sighting& sighting : sightings) without_rssi += !sighting.has_rssi();
  }

  [[noreturn]] void fail_to_open(const std::string& why) const {
    throw CaptureError(
        "cannot read capture " + name + ": " + why, 0,
        {.cause = why, .advice = "moor reads btsnoop, pcap, pcapng and Apple PacketLogger files, also compressed with gzip."});
  }

  [[noreturn]] void fail_at_damage() const {
    throw CaptureError(
        "capture " + name + " is damaged at byte " + std::to_string(error->offset) + ": " + error->what, error->offset,
        {.cause = error->what, .advice = "Everything before that place has been read; record it again to have the rest."});
  }

  std::string name;
  std::string format;
  Input input;
  std::unique_ptr<RecordReader> reader;
  // A batch and what one more record brings must be readable at the same time, with what the ring leaves free at its end.
  Decoder decoder{(max_batch + Decoder::max_per_record + 2) * extended_payload_size};
  std::vector<Sighting> batch;
  size_t taken = 0;
  bool ended = false;
  std::optional<ParseError> error;
  std::optional<TimePoint> first_time;
  uint64_t delivered = 0;
  uint64_t without_rssi = 0;
};

Capture::Capture(std::unique_ptr<State> state) : state_(std::move(state)) {}
Capture::Capture(Capture&&) noexcept = default;
Capture& Capture::operator=(Capture&&) noexcept = default;
Capture::~Capture() = default;

Capture Capture::open(const std::filesystem::path& path, const CaptureOptions& options) {
  return Capture(std::make_unique<State>(replay::open_file(path), path.string(), options.max_inflated_bytes));
}

Capture Capture::from_bytes(std::vector<uint8_t> bytes, std::string name, const CaptureOptions& options) {
  return Capture(std::make_unique<State>(replay::from_memory(std::move(bytes)), std::move(name), options.max_inflated_bytes));
}

std::span<Sighting> Capture::next_batch(size_t limit) {
  State& state = *state_;
  limit = std::min(limit, max_batch);
  if (state.batch.size() - state.taken < limit) state.fill(limit);
  const auto ready = std::span(state.batch).subspan(state.taken);
  const auto taken = ready.first(std::min(limit, ready.size()));
  if (taken.empty() && limit > 0 && state.error) state.fail_at_damage();
  state.taken += taken.size();
  state.count_delivered(taken);
  return taken;
}

void Capture::rewind() {
  State& state = *state_;
  state.decoder.finish();
  state.batch.clear();
  state.taken = 0;
  state.ended = false;
  state.error.reset();
  if (!state.input.rewind()) state.fail_to_open("it cannot be read a second time");
  state.reader->restart();
}

std::optional<TimePoint> Capture::first_report_time() const noexcept {
  return state_->first_time;
}

ScanStatistics Capture::statistics() const noexcept {
  ScanStatistics statistics = state_->decoder.statistics();
  statistics.reports = state_->delivered;
  statistics.without_rssi = state_->without_rssi;
  return statistics;
}

const std::string& Capture::format() const noexcept {
  return state_->format;
}
const std::string& Capture::name() const noexcept {
  return state_->name;
}
uint64_t Capture::offset() const noexcept {
  return state_->input.offset();
}

}  // namespace moor
