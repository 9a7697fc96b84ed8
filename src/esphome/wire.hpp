#pragma once
// The wire format of protocol buffers: tags, numbers of variable length, lengths. Reading never throws and never leaves its input; after the first fault it reads nothing more and remembers it.

#include "moor/bytes.hpp"

#include <array>
#include <protozero/types.hpp>
#include <protozero/varint.hpp>

namespace moor::esphome {

using WireType = protozero::pbf_wire_type;

class WireReader {
public:
  explicit WireReader(Bytes payload) noexcept
      : base_(payload.data()), at_(payload.data()), end_(payload.data() + payload.size()) {}

  /// Whether there is something left to read: not at the end, and no fault.
  [[nodiscard]] bool more() const noexcept { return at_ != end_; }
  [[nodiscard]] bool ok() const noexcept { return what_ == nullptr; }
  [[nodiscard]] std::optional<ParseError> error() const noexcept {
    return ok() ? std::nullopt : std::optional(ParseError{fault_, what_});
  }

  [[nodiscard]] const uint8_t* position() const noexcept { return at_; }
  [[nodiscard]] const uint8_t* end() const noexcept { return end_; }
  /// @pre between position and end
  void move_to(const uint8_t* position) noexcept { at_ = position; }

  /// The first fault is the one that stays. Nothing is left to read after it.
  void fail(const uint8_t* where, const char* what) noexcept {
    if (ok()) {
      fault_ = static_cast<size_t>(where - base_);
      what_ = what;
    }
    at_ = end_;
  }

  [[nodiscard]] uint64_t varint() noexcept {
    if (at_ != end_ && *at_ < 0x80) return *at_++;
    return long_varint();
  }

  struct Tag {
    uint32_t number = 0;
    WireType type{};
  };
  /// Field number 0 and groups, which proto3 does not have, are faults.
  [[nodiscard]] Tag tag() noexcept;

  /// What is after a length. Empty after a fault.
  [[nodiscard]] Bytes view() noexcept {
    const uint8_t* start = at_;
    const uint64_t length = varint();
    if (length > static_cast<uint64_t>(end_ - at_)) {
      fail(start, "length past the end");
      return {};
    }
    at_ += length;
    return {at_ - length, static_cast<size_t>(length)};
  }
  [[nodiscard]] uint32_t fixed32() noexcept;
  void skip(WireType type) noexcept;

  /// Narrows the reader to what is after a length; `leave` widens it again, after all of it has been read.
  [[nodiscard]] const uint8_t* enter() noexcept {
    const Bytes inner = view();
    const uint8_t* outer_end = end_;
    if (ok()) {
      at_ = inner.data();
      end_ = at_ + inner.size();
    }
    return outer_end;
  }
  void leave(const uint8_t* outer_end) noexcept {
    end_ = outer_end;
    if (!ok()) at_ = end_;
  }

private:
  [[nodiscard]] uint64_t long_varint() noexcept;

  const uint8_t* base_;
  const uint8_t* at_;
  const uint8_t* end_;
  const char* what_ = nullptr;
  size_t fault_ = 0;
};

inline void put_varint(uint64_t value, std::vector<uint8_t>& out) {
  std::array<char, protozero::max_varint_length> bytes;
  const int length = protozero::add_varint_to_buffer(bytes.data(), value);
  out.insert(out.end(), bytes.begin(), bytes.begin() + length);
}

[[nodiscard]] constexpr uint32_t tag_of(uint32_t number, WireType type) noexcept {
  return number << 3 | static_cast<uint32_t>(type);
}

}  // namespace moor::esphome
