// What an advertisement from the kernel's management socket costs, from waiting for it to its decoded meaning, beside a bare loop that waits and reads
// the same way and looks at nothing. Frames with the payloads of captures, or of the kinds of beacons there are, go through a socket pair; so many
// are there each time the reader wakes. Only reading is counted.

#include "bench/allocations.hpp"
#include "bench/arguments.hpp"
#include "bench/captures.hpp"
#include "bench/measure.hpp"
#include "hci/management.hpp"
#include "moor/decoder.hpp"
#include "radio/bluez/management_scan.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <random>

namespace moor::bench {
namespace {

using Frame = std::vector<uint8_t>;

constexpr size_t frames_in_a_round = 64 * 400;
constexpr size_t batch_size = 64;

Frame make_frame(Address address, int8_t rssi_dbm, Bytes data) {
  constexpr size_t fixed = hci::management_header_size + 14;
  Frame frame(fixed + data.size());
  const auto put = [&](size_t at, size_t value) {
    frame[at] = static_cast<uint8_t>(value);
    frame[at + 1] = static_cast<uint8_t>(value >> 8);
  };
  put(0, hci::device_found_event);
  put(4, 14 + data.size());
  address.to_le(frame.data() + 6);
  frame[12] =
      static_cast<uint8_t>(address.is_random() ? hci::ManagementAddressType::le_random : hci::ManagementAddressType::le_public);
  frame[13] = static_cast<uint8_t>(rssi_dbm);
  put(18, data.size());
  std::ranges::copy(data, frame.begin() + fixed);
  return frame;
}

class Frames final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& each : batch)
      if (all.size() < frames_in_a_round) all.push_back(make_frame(each.address, each.rssi_dbm, each.payload()));
  }
  /// An iBeacon, Eddystone-UID, a BTHome thermometer, a phone, a name: a thousand devices of them.
  void make() {
    constexpr std::array payloads{"0201061aff4c000215e2c56db5dffb48d2b060d0f5a71096e000010002c5",
                                  "0201060303aafe1516aafe00ee0102030405060708090a0b0c0d0e0f10",
                                  "0201060e16d2fc4000120264010c0a4e0357", "02011a0aff4c001005031c8a3d5e",
                                  "020106030309180d09546865726d6f6d65746572"};
    std::mt19937_64 random(1);
    while (all.size() < frames_in_a_round) {
      const uint64_t device = random() % 1000;
      const auto rssi = static_cast<int8_t>(-40 - static_cast<int>(random() % 50));
      all.push_back(make_frame(Address(0xC00000000000 + device, true), rssi, *from_hex(payloads[device % payloads.size()])));
    }
  }
  /// Until there are as many as a round has.
  void repeat() {
    for (size_t i = 0; all.size() < frames_in_a_round; ++i) all.push_back(Frame(all[i]));
  }
  std::vector<Frame> all;
};

/// Both ends; what is written is there at once.
class Pair {
public:
  Pair() {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_.data()) != 0) throw std::bad_alloc();
    const int size = 1 << 20;
    setsockopt(ends_[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }
  ~Pair() { close(ends_[0]); }
  void write(const Frame& frame) {
    if (send(ends_[0], frame.data(), frame.size(), 0) != static_cast<ssize_t>(frame.size()))
      throw std::runtime_error("socket pair");
  }
  /// The reader's end, which is the reader's to close.
  [[nodiscard]] int end() const noexcept { return ends_[1]; }

private:
  std::array<int, 2> ends_{};
};

/// The floor.
class BareLoop {
public:
  BareLoop() : epoll_(epoll_create1(0)) {
    epoll_event event{};
    event.events = EPOLLIN;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, pair.end(), &event);
    for (size_t i = 0; i < batch_size; ++i) {
      vectors_[i] = {memory_.data() + i * place, place};
      headers_[i].msg_hdr.msg_iov = &vectors_[i];
      headers_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  ~BareLoop() {
    close(epoll_);
    close(pair.end());
  }
  void wake() {
    epoll_event event{};
    if (epoll_wait(epoll_, &event, 1, -1) != 1) return;
    const int count = recvmmsg(pair.end(), headers_.data(), batch_size, MSG_DONTWAIT, nullptr);
    read += static_cast<size_t>(std::max(count, 0));
  }
  Pair pair;
  size_t read = 0;

private:
  static constexpr size_t place = 2112;
  int epoll_;
  std::vector<uint8_t> memory_ = std::vector<uint8_t>(batch_size * place);
  std::array<mmsghdr, batch_size> headers_{};
  std::array<iovec, batch_size> vectors_{};
};

class Moor final : SightingSink {
public:
  Moor() : management_(bluez::Management::over(pair.end(), context_.get_executor(), clock_)) {
    watch_ = management_->watch_found(0, [this](auto batch) { sightings_.deliver(batch, clock_.now(), true); });
  }
  void wake() { context_.run_one(); }
  Pair pair;
  size_t read = 0;
  size_t readings = 0;

private:
  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& each : batch) {
      decode(AdvertisementData(each.payload()), decoded_);
      readings += decoded_.readings().size();
    }
    read += batch.size();
  }

  RealClock clock_;
  boost::asio::io_context context_;
  std::unique_ptr<bluez::Management> management_;
  ScanStatistics statistics_;
  std::optional<TimePoint> last_heard_;
  bluez::FoundSightings sightings_{{.id = 0, .statistics = statistics_, .last_heard = last_heard_}, *this};
  std::unique_ptr<bluez::Management::Watch> watch_;
  Decoded decoded_;
};

struct Figures {
  double seconds = 0;  // an advertisement
  uint64_t allocated = 0;
};

/// @param at_a_time  so many are there when the reader wakes.
template <typename Reader>
Figures run(const std::vector<Frame>& frames, size_t at_a_time, uint64_t rounds) {
  Reader reader;
  std::vector<double> of_rounds;
  uint64_t allocated = 0;
  // Taking the time is a system call, about as dear as what is measured: it is measured too.
  for (uint64_t round = 0; round < rounds; ++round) {
    double seconds = 0;
    for (size_t i = 0; i < frames.size(); i += at_a_time) {
      const size_t end = std::min(i + at_a_time, frames.size());
      for (size_t each = i; each < end; ++each) reader.pair.write(frames[each]);
      const size_t read_before = reader.read;
      const uint64_t allocated_before = allocations().count;
      const double begin = processor_seconds();
      while (reader.read - read_before < end - i) reader.wake();
      const double finish = processor_seconds();
      const double clock_too = processor_seconds();
      if (round > 0) allocated += allocations().count - allocated_before;
      seconds += (finish - begin) - (clock_too - finish);
    }
    of_rounds.push_back(seconds);
  }
  std::ranges::nth_element(of_rounds, of_rounds.begin() + static_cast<std::ptrdiff_t>(of_rounds.size() / 2));
  return {of_rounds[of_rounds.size() / 2] / static_cast<double>(frames.size()), allocated};
}

int main_of(const Arguments& arguments) {
  Frames frames;
  Replay replay;
  for (const fs::path& path : captures_to_run(arguments.files())) replay.add(path);
  replay.run(frames);
  const char* const source = frames.all.empty() ? "made" : "captured";
  if (frames.all.empty()) frames.make();
  frames.repeat();
  for (const size_t at_a_time : {size_t{1}, size_t{4}, size_t{16}, batch_size}) {
    const Figures floor = run<BareLoop>(frames.all, at_a_time, arguments.number());
    const Figures moor = run<Moor>(frames.all, at_a_time, arguments.number());
    const double ratio = moor.seconds / floor.seconds;
    if (arguments.json())
      fmt::print(
          "{{\"bench\":\"management\",\"payloads\":\"{}\",\"at_a_time\":{},\"floor_ns\":{:.0f},\"moor_ns\":{:.0f},\"ratio_to_"
          "floor\":{:.2f},"
          "\"allocations\":{}}}\n",
          source, at_a_time, floor.seconds * 1e9, moor.seconds * 1e9, ratio, moor.allocated);
    else
      fmt::print("{:>3} at a time: floor {:>5.0f} ns, moor {:>5.0f} ns an advertisement ({}), {:.2f} x floor, {} allocations\n",
                 at_a_time, floor.seconds * 1e9, moor.seconds * 1e9, source, ratio, moor.allocated);
  }
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::main_of(moor::bench::Arguments(argc, argv, "--rounds", 21));
}
