#pragma once
// What both kinds of stream are made of: frames cut from whatever pieces arrive, and bytes that wait to be sent. Both buffers
// give back what only a big frame, or a burst of them, needed.

#include "esphome/stream.hpp"

#include <algorithm>

namespace moor::esphome {

/// Each buffer of a stream keeps so much at most while it is at rest: a batch of 16 advertisements with their scan responses (897
/// bytes) fits.
inline constexpr size_t kept_at_rest = 1024;
/// And the output so much while it is used in bursts: those of a flood would else each allocate anew, size after size. A burst is over when it has been emptied so often
/// without having held more than is kept at rest.
inline constexpr size_t kept_in_bursts = size_t{32} * 1024;
inline constexpr int burst_over_after = 32;

/// Of a message, in both kinds of stream: what fits a frame in Noise beside its tag and its own type and size.
inline constexpr size_t max_payload = max_frame - 20;
inline constexpr size_t noise_header_size = 3;

enum class FrameFault : uint8_t { none, indicator, too_long, bad_number };

struct FrameHeader {
  FrameFault fault = FrameFault::none;
  uint8_t indicator = 0;
  uint16_t type = 0;  ///< in plain; in Noise it is inside
  size_t size = 0;    ///< of the header itself; 0 while it is unfinished or at fault
  size_t body = 0;    ///< how many bytes follow it
};

/// 00 varint(size) varint(type). A varint of more than 4 bytes is a fault, and so is a number of more than 16 bits.
[[nodiscard]] FrameHeader read_plain_header(Bytes bytes) noexcept;
/// 01 u16be(size). @param max_body  more is a fault.
[[nodiscard]] FrameHeader read_noise_header(Bytes bytes, size_t max_body) noexcept;

struct Frame {
  FrameHeader header;
  std::span<uint8_t> body;  ///< valid, as the payload of a message, until the next one is asked for
};

/// Cuts frames from what is received. A frame that lies in the input whole is given where it lies; only an unfinished one is
/// copied.
class FrameInput {
public:
  /// @param read_header  of the bytes at a frame's beginning: its header, as far as it is there
  /// @returns the next whole frame, or one that has only a header, with its fault; nothing when the input is used up.
  template <typename ReadHeader>
  [[nodiscard]] std::optional<Frame> next(std::span<uint8_t>& input, const ReadHeader& read_header) {
    if (given_) release();
    if (!kept_.empty()) return finish(input, read_header);
    const FrameHeader header = read_header(Bytes(input));
    if (header.fault != FrameFault::none) return Frame{header, {}};
    const size_t whole = header.size + header.body;
    if (header.size == 0 || input.size() < whole) {
      keep(input, input.size(), whole);
      return std::nullopt;
    }
    const Frame frame{header, input.subspan(header.size, header.body)};
    input = input.subspan(whole);
    return frame;
  }
  void release() noexcept;

private:
  template <typename ReadHeader>
  [[nodiscard]] std::optional<Frame> finish(std::span<uint8_t>& input, const ReadHeader& read_header) {
    FrameHeader header = read_header(Bytes(kept_));
    while (header.size == 0 && header.fault == FrameFault::none && !input.empty()) {
      keep(input, 1, 0);
      header = read_header(Bytes(kept_));
    }
    if (header.fault != FrameFault::none) return Frame{header, {}};
    if (header.size == 0) return std::nullopt;
    const size_t whole = header.size + header.body;
    keep(input, std::min(whole - kept_.size(), input.size()), whole);
    if (kept_.size() < whole) return std::nullopt;
    given_ = true;
    return Frame{header, std::span(kept_).subspan(header.size)};
  }
  /// @param whole  size of the frame where it is known: more than this is never taken from the heap, and what is taken follows
  /// what has arrived, not what a header promises.
  void keep(std::span<uint8_t>& input, size_t count, size_t whole);

  std::vector<uint8_t> kept_;
  bool given_ = false;  // the frame that was given last lies in kept_
};

class FrameOutput {
public:
  /// Room for `count` more bytes, at the end.
  [[nodiscard]] std::span<uint8_t> add(size_t count);
  void add(Bytes bytes) { std::ranges::copy(bytes, add(bytes.size()).begin()); }
  [[nodiscard]] Bytes bytes() const noexcept { return Bytes(bytes_).subspan(sent_); }
  void sent(size_t count) noexcept;

  /// Bytes that it has from the heap.
  [[nodiscard]] size_t capacity() const noexcept { return bytes_.capacity(); }

private:
  void on_empty() noexcept;

  std::vector<uint8_t> bytes_;
  size_t sent_ = 0;  // of these, at the front
  int small_ = 0;    // how often in a row it was emptied of little
};

/// What all streams have.
class FramedStream : public Stream {
public:
  [[nodiscard]] const std::optional<StreamFailure>& failure() const noexcept final { return failure_; }
  [[nodiscard]] Bytes output() const noexcept final { return output_.bytes(); }
  void sent(size_t count) noexcept final { output_.sent(count); }
  [[nodiscard]] const std::string& server_name() const noexcept final { return server_name_; }
  [[nodiscard]] const std::string& server_mac() const noexcept final { return server_mac_; }

protected:
  /// The first failure is the one that stays.
  void fail(StreamProblem problem, std::string text);
  /// Of a frame that begins with what none begins with.
  void fail_at_indicator(uint8_t indicator, uint8_t expected);
  /// @throws UsageError if it does not fit.
  static void check_size(Bytes payload);
  /// After a failure: what is not needed any more.
  virtual void forget() noexcept {}

  FrameInput input_;
  FrameOutput output_;
  std::optional<StreamFailure> failure_;
  std::string server_name_;
  std::string server_mac_;
};

enum class StreamRole : uint8_t { client, server };

[[nodiscard]] std::unique_ptr<Stream> make_plain_stream(StreamRole role);

}  // namespace moor::esphome
