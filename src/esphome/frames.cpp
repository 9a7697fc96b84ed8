#include "esphome/frames.hpp"

#include "core/require.hpp"

namespace moor::esphome {

namespace {

constexpr uint8_t plain_indicator = 0x00;
constexpr uint8_t noise_indicator = 0x01;

// What aioesphomeapi reads at most.
constexpr size_t max_varint = 4;

enum class Varint : uint8_t { whole, unfinished, too_long };

Varint read_varint(Bytes bytes, size_t& at, uint32_t& value) noexcept {
  value = 0;
  for (size_t i = 0; i < max_varint; ++i) {
    if (at == bytes.size()) return Varint::unfinished;
    const uint8_t byte = bytes[at++];
    value |= static_cast<uint32_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) return Varint::whole;
  }
  return Varint::too_long;
}

}  // namespace

FrameHeader read_plain_header(Bytes bytes) noexcept {
  if (bytes.empty()) return {};
  FrameHeader header{.indicator = bytes[0]};
  const auto bad = [&](FrameFault fault) {
    header.fault = fault;
    return header;
  };
  if (header.indicator != plain_indicator) return bad(FrameFault::indicator);
  size_t at = 1;
  uint32_t size = 0, type = 0;
  const Varint has_size = read_varint(bytes, at, size);
  if (has_size == Varint::too_long) return bad(FrameFault::bad_number);
  if (has_size == Varint::unfinished) return header;
  if (size > max_frame) return bad(FrameFault::too_long);
  const Varint has_type = read_varint(bytes, at, type);
  if (has_type == Varint::too_long || type > UINT16_MAX) return bad(FrameFault::bad_number);
  if (has_type == Varint::unfinished) return header;
  header.type = static_cast<uint16_t>(type);
  header.size = at;
  header.body = size;
  return header;
}

FrameHeader read_noise_header(Bytes bytes, size_t max_body) noexcept {
  if (bytes.empty()) return {};
  FrameHeader header{.indicator = bytes[0]};
  if (header.indicator != noise_indicator) {
    header.fault = FrameFault::indicator;
    return header;
  }
  if (bytes.size() < noise_header_size) return header;
  header.body = load_be16(&bytes[1]);
  if (header.body > max_body)
    header.fault = FrameFault::too_long;
  else
    header.size = noise_header_size;
  return header;
}

void FrameInput::release() noexcept {
  given_ = false;
  if (kept_.capacity() > kept_at_rest)
    std::vector<uint8_t>().swap(kept_);
  else
    kept_.clear();
}

void FrameInput::keep(std::span<uint8_t>& input, size_t count, size_t whole) {
  const size_t size = kept_.size() + count;
  if (size > kept_.capacity()) kept_.reserve(std::max(size, std::min(2 * kept_.capacity(), whole)));
  kept_.insert(kept_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(count));
  input = input.subspan(count);
}

std::span<uint8_t> FrameOutput::add(size_t count) {
  bytes_.resize(bytes_.size() + count);
  return std::span(bytes_).last(count);
}

void FrameOutput::sent(size_t count) noexcept {
  sent_ += std::min(count, bytes_.size() - sent_);
  if (sent_ == bytes_.size()) {
    on_empty();
  } else if (sent_ >= bytes_.size() - sent_) {
    // Each byte is moved once at most for each that has gone.
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
}

void FrameOutput::on_empty() noexcept {
  small_ = bytes_.size() > kept_at_rest ? 0 : std::min(small_ + 1, burst_over_after);
  const size_t kept = small_ < burst_over_after ? kept_in_bursts : kept_at_rest;
  if (bytes_.capacity() > kept)
    std::vector<uint8_t>().swap(bytes_);
  else
    bytes_.clear();
  sent_ = 0;
}

void FramedStream::fail(StreamProblem problem, std::string text) {
  if (!failure_) failure_ = StreamFailure{problem, std::move(text)};
  input_.release();
  forget();
}

void FramedStream::fail_at_indicator(uint8_t indicator, uint8_t expected) {
  const auto text = [](uint8_t byte) { return "0x" + to_hex(Bytes(&byte, 1)); };
  fail(StreamProblem::bad_frame, "a frame begins with " + text(indicator) + ", not with " + text(expected));
}

void FramedStream::check_size(Bytes payload) {
  require(payload.size() <= max_payload, "a message of an ESPHome proxy has at most 65,515 bytes");
}

}  // namespace moor::esphome
