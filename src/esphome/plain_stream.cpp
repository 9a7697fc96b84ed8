// Frames without encryption. There is no handshake; which of both ends it is matters only to what is said to a peer that encrypts.

#include "esphome/frames.hpp"

#include <array>

namespace moor::esphome {

namespace {

// What firmware writes, without a frame, to a client that it does not understand.
constexpr std::string_view bad_indicator{"\0Bad indicator byte", 19};

class PlainStream final : public FramedStream {
public:
  explicit PlainStream(StreamRole role) : role_(role) {}

  std::optional<Message> next(std::span<uint8_t>& input) override {
    if (!failure_) {
      const auto frame = input_.next(input, read_plain_header);
      if (!frame) return std::nullopt;
      if (frame->header.fault == FrameFault::none) {
        heard_ = true;
        return Message{static_cast<MessageType>(frame->header.type), frame->body};
      }
      refuse(frame->header);
    }
    input = {};
    return std::nullopt;
  }
  bool is_open() const noexcept override { return !failure_; }

  void send(MessageType type, Bytes payload) override {
    if (failure_) return;
    check_size(payload);
    std::array<uint8_t, 7> header{};
    size_t size = 1;
    const auto put = [&](size_t value) {
      for (; value >= 0x80; value >>= 7) header[size++] = static_cast<uint8_t>(value | 0x80);
      header[size++] = static_cast<uint8_t>(value);
    };
    put(payload.size());
    put(static_cast<size_t>(type));
    const std::span<uint8_t> frame = output_.add(size + payload.size());
    std::ranges::copy(std::span(header).first(size), frame.begin());
    std::ranges::copy(payload, frame.subspan(size).begin());
  }

private:
  void refuse(const FrameHeader& header) {
    switch (header.fault) {
      case FrameFault::indicator:
        if (role_ == StreamRole::server)
          output_.add(Bytes(reinterpret_cast<const uint8_t*>(bad_indicator.data()), bad_indicator.size()));
        if (!heard_ && header.indicator == 0x01) return fail(StreamProblem::peer_is_encrypted, "its first byte is 0x01");
        return fail_at_indicator(header.indicator, 0x00);
      case FrameFault::too_long: return fail(StreamProblem::bad_frame, "a message of more than 65,535 bytes");
      default: return fail(StreamProblem::bad_frame, "a size of more than 4 bytes, or a message type of more than 16 bits");
    }
  }

  StreamRole role_;
  bool heard_ = false;  // a frame has come
};

}  // namespace

std::unique_ptr<Stream> make_plain_stream(StreamRole role) {
  return std::make_unique<PlainStream>(role);
}

}  // namespace moor::esphome
