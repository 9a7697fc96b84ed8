#include "radio/replay/replay_radio.hpp"

#include "moor/capture.hpp"

#include <algorithm>

namespace moor {

namespace {

using namespace std::chrono_literals;

class ReplayRadio final : public Radio {
public:
  ReplayRadio(const RadioSpec& spec, RadioId id, Clock& clock)
      : capture_(Capture::open(spec.target)),
        clock_(clock),
        speed_(spec.speed.value_or(0)),
        loop_(spec.loop),
        info_{.id = id, .name = spec.to_string(), .kind = "replay", .detail = capture_.format(), .can_connect = false} {
    if (const auto first = capture_.first_report_time()) clock.begin_at(*first);
  }

  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override {
    ScanStatistics statistics = capture_.statistics();
    statistics.reports = delivered_;
    statistics.without_rssi = delivered_without_rssi_;
    return statistics;
  }

  [[nodiscard]] awaitable<void> scan(ScanOptions, SightingSink& sink) override {
    if (!prepare()) co_return;
    begun_at_ = clock_.now();
    begun_with_ = pending_.front().time;
    do {
      co_await clock_.wait_until(on_clock(pending_.front().time));
      not_before_ = std::max(not_before_, clock_.now());
      deliver(sink);
    } while (prepare());
  }

private:
  /// Reports between two waits, so that other handlers get their turn.
  static constexpr size_t max_at_once = 1024;
  /// How far the reports of one wait may be ahead of a virtual clock that nobody else waits for.
  static constexpr Duration max_ahead = 1s;
  /// All rounds together, and the time that a slow replay takes: 36 years. A capture's moments end in 2116, so no sum overflows.
  static constexpr Duration max_time = Duration(int64_t{1} << 60);
  /// From the last report of a round to the first of the next.
  static constexpr Duration loop_gap = 1ms;

  [[nodiscard]] bool is_paced() const noexcept { return speed_ > 0; }

  // Makes reports pending, if none are. @returns false at the end.
  bool prepare() {
    if (!pending_.empty()) return true;
    pending_ = capture_.next_batch();
    if (pending_.empty() && !has_reports_ && loop_)  // it would go round without end
      throw CaptureError(
          "capture " + capture_.name() + " holds no advertising report", capture_.offset(),
          {.radio = info_.name, .advice = "Record while a scan is running: without one the host hears no advertisements."});
    if (pending_.empty() && loop_) {
      capture_.rewind();
      shift_ = std::min(shift_ + (latest_ - round_begun_) + loop_gap, max_time);
      round_begun_ = latest_ + loop_gap;
      pending_ = capture_.next_batch();
    }
    if (!pending_.empty() && !has_reports_) {
      has_reports_ = true;
      round_begun_ = latest_ = pending_.front().time;
    }
    for (Sighting& sighting : pending_) {
      latest_ = std::max(latest_, sighting.time + shift_);
      sighting.time = latest_;
      sighting.radio = info_.id;
    }
    return !pending_.empty();
  }

  // A moment of the capture on the clock's time line.
  [[nodiscard]] TimePoint on_clock(TimePoint captured) const noexcept {
    if (!is_paced()) return std::max(captured, not_before_);
    const double waited = static_cast<double>((captured - begun_with_).count()) / speed_;
    return begun_at_ + Duration(static_cast<Duration::rep>(std::min(waited, static_cast<double>(max_time.count()))));
  }

  void deliver(SightingSink& sink) {
    const TimePoint until =
        is_paced() ? std::max(clock_.now(), on_clock(pending_.front().time)) : on_clock(pending_.front().time) + max_ahead;
    for (size_t left = max_at_once; left > 0 && prepare();) {
      const size_t count = stamp_due(std::min(until, clock_.next_deadline()), left);
      if (count == 0) return;
      const auto batch = pending_.first(count);
      pending_ = pending_.subspan(count);
      left -= count;
      delivered_ += count;
      for (const Sighting& sighting : batch) delivered_without_rssi_ += !sighting.has_rssi();
      sink.on_sightings(batch);
    }
  }

  // Gives the pending reports up to a moment of the clock their times on it. @returns how many.
  size_t stamp_due(TimePoint until, size_t limit) noexcept {
    size_t count = 0;
    for (; count < std::min(limit, pending_.size()); ++count) {
      const TimePoint due = on_clock(pending_[count].time);
      if (due > until) break;
      pending_[count].time = due;
    }
    return count;
  }

  Capture capture_;
  Clock& clock_;
  double speed_;
  bool loop_;
  RadioInfo info_;
  std::span<Sighting> pending_;
  bool has_reports_ = false;
  TimePoint latest_;       // of the reports so far, all rounds on one line
  TimePoint round_begun_;  // on that line
  Duration shift_{};       // from the capture's times to that line
  TimePoint begun_at_;     // the clock when the scan began, and
  TimePoint begun_with_;   // the report it began with
  TimePoint not_before_;   // the clock as it was last seen
  uint64_t delivered_ = 0;
  uint64_t delivered_without_rssi_ = 0;
};

}  // namespace

std::unique_ptr<Radio> open_replay(const RadioSpec& spec, RadioId id, Clock& clock) {
  return std::make_unique<ReplayRadio>(spec, id, clock);
}

}  // namespace moor
