#include "esphome/noise_stream.hpp"

#include "core/require.hpp"
#include "crypto/noise.hpp"
#include "esphome/frames.hpp"
#include "moor/advertisement.hpp"

#include <utility>

namespace moor::esphome {

namespace {

constexpr uint8_t indicator = 0x01;
constexpr uint8_t chosen_protocol = 0x01;  // Noise_NNpsk0_25519_ChaChaPoly_SHA256
constexpr std::string_view prologue_start = "NoiseAPIInit";
constexpr size_t inner_header_size = 4;
constexpr size_t overhead = inner_header_size + crypto::noise_tag_size;

// Reasons of a refusal, as firmware words them (api_frame_helper_noise.cpp). Clients know the first by its text.
constexpr std::string_view wrong_key_reason = "Handshake MAC failure";
constexpr std::string_view handshake_reason = "Handshake error";
constexpr std::string_view indicator_reason = "Bad indicator byte";
constexpr std::string_view size_reason = "Bad handshake packet len";
constexpr std::string_view empty_reason = "Empty handshake message";
constexpr std::string_view status_reason = "Bad handshake error byte";

Bytes bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string_view text_of(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void put_u16(std::span<uint8_t> at, size_t value) noexcept {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

crypto::SecretKey copy_of(const crypto::SecretKey& key) {
  return crypto::SecretKey(key.bytes().first<crypto::SecretKey::size>());
}

std::vector<uint8_t> prologue_of(Bytes client_hello) {
  std::vector<uint8_t> prologue(prologue_start.size() + 2 + client_hello.size());
  const std::span<uint8_t> size = std::span(prologue).subspan(prologue_start.size());
  std::ranges::copy(prologue_start, prologue.begin());
  put_u16(size, client_hello.size());
  std::ranges::copy(client_hello, size.subspan(2).begin());
  return prologue;
}

// The handshake is the side's own; all after it is the same for both.
class NoiseStream : public FramedStream {
public:
  std::optional<Message> next(std::span<uint8_t>& input) final {
    while (!failure_) {
      const auto frame = input_.next(
          input, [this](Bytes bytes) { return read_noise_header(bytes, ciphers_ ? max_frame : max_handshake_frame); });
      if (!frame) return std::nullopt;
      if (frame->header.fault != FrameFault::none)
        on_fault(frame->header);
      else if (!ciphers_)
        on_handshake_frame(std::exchange(heard_, true), frame->body);
      else if (const auto message = open(frame->body))
        return message;
    }
    input = {};
    return std::nullopt;
  }
  bool is_open() const noexcept final { return ciphers_.has_value(); }

  void send(MessageType type, Bytes payload) final {
    if (failure_) return;
    require(is_open(), "nothing can be sent before the handshake is done");
    check_size(payload);
    const std::span<uint8_t> frame = add_frame(overhead + payload.size());
    put_u16(frame, static_cast<size_t>(type));
    put_u16(frame.subspan(2), payload.size());
    std::ranges::copy(payload, frame.subspan(inner_header_size).begin());
    ciphers_->send.seal(frame);
  }

protected:
  /// @param heard  whether it is the second
  virtual void on_handshake_frame(bool heard, Bytes body) = 0;
  /// Tells the peer, before the handshake is done.
  virtual void refuse(std::string_view reason) = 0;

  /// @returns the frame's body, to be filled.
  std::span<uint8_t> add_frame(size_t size) {
    const std::span<uint8_t> frame = output_.add(noise_header_size + size);
    frame[0] = indicator;
    put_u16(frame.subspan(1), size);
    return frame.subspan(noise_header_size);
  }
  void add_handshake_message() {
    const auto message = handshake_->write();
    const std::span<uint8_t> frame = add_frame(1 + message.size());
    frame[0] = 0;
    std::ranges::copy(message, frame.subspan(1).begin());
  }
  void finish_handshake() {
    ciphers_.emplace(handshake_->split());
    handshake_.reset();
  }

  std::optional<crypto::NoiseHandshake> handshake_;

private:
  void on_fault(const FrameHeader& header) {
    const bool wrong_indicator = header.fault == FrameFault::indicator;
    if (!ciphers_) refuse(wrong_indicator ? indicator_reason : size_reason);
    if (!wrong_indicator)
      fail(StreamProblem::bad_frame,
           "a frame of " + std::to_string(header.body) + " bytes in the handshake, which has none above 128");
    else if (!heard_ && header.indicator == 0x00)
      fail(StreamProblem::peer_is_plaintext, "its first byte is 0x00");
    else
      fail_at_indicator(header.indicator, indicator);
  }
  std::optional<Message> open(std::span<uint8_t> frame) {
    const auto failed = [this](StreamProblem problem, const char* text) {
      fail(problem, text);
      return std::nullopt;
    };
    if (frame.size() < overhead) return failed(StreamProblem::bad_frame, "a frame too short for a message");
    if (!ciphers_->receive.open(frame)) return failed(StreamProblem::bad_tag, "the tag of a frame is wrong");
    const size_t size = load_be16(&frame[2]);
    if (size > frame.size() - overhead) return failed(StreamProblem::bad_frame, "a message longer than its frame");
    return Message{static_cast<MessageType>(load_be16(frame.data())), frame.subspan(inner_header_size, size)};
  }
  void forget() noexcept final {
    handshake_.reset();
    ciphers_.reset();
  }

  std::optional<crypto::NoiseHandshake::Ciphers> ciphers_;
  bool heard_ = false;  // a whole frame has come
};

class NoiseClient final : public NoiseStream {
public:
  NoiseClient(const crypto::SecretKey& key, EphemeralKey ephemeral) {
    handshake_.emplace(crypto::NoiseHandshake::Role::initiator, key, prologue_of({}), ephemeral);
    (void)add_frame(0);
    add_handshake_message();
  }

private:
  void on_handshake_frame(bool heard, Bytes body) override {
    if (heard)
      read_message(body);
    else
      read_hello(body);
  }
  void refuse(std::string_view /*reason*/) override {}

  void read_hello(Bytes body) {
    if (body.empty()) return fail(StreamProblem::bad_frame, "its hello is empty");
    const std::string_view text = text_of(body.subspan(1));
    // A server that did not like our hello refuses it in place of its own; each text of a hello ends with a zero, that of a refusal does not.
    if (!text.empty() && text.find('\0') == std::string_view::npos) return refused(body[0], text);
    if (body[0] != chosen_protocol)
      return fail(StreamProblem::unknown_protocol, "it has chosen protocol " + std::to_string(body[0]) + ", we have only 1");
    const size_t name_end = text.find('\0');
    if (name_end == std::string_view::npos) return;
    server_name_ = printable_name(bytes_of(text.substr(0, name_end)));
    const std::string_view rest = text.substr(name_end + 1);
    // ESPHome's documents show colons.
    if (const auto mac = from_hex(rest.substr(0, rest.find('\0'))); mac && mac->size() == 6) server_mac_ = to_hex(*mac);
  }
  void read_message(Bytes body) {
    if (body.empty()) return fail(StreamProblem::bad_frame, "its handshake message is empty");
    if (body[0] != 0) return refused(body[0], text_of(body.subspan(1)));
    if (body.size() != 1 + crypto::noise_handshake_size)
      return fail(StreamProblem::bad_frame, "its handshake message has " + std::to_string(body.size()) + " bytes, not 49");
    if (!handshake_->read(body.subspan(1))) return fail(StreamProblem::wrong_key, "its handshake does not fit our key");
    finish_handshake();
  }
  void refused(uint8_t status, std::string_view reason) {
    std::string text = printable_name(bytes_of(reason));
    if (text.empty()) text = "status " + std::to_string(status) + ", without a reason";
    fail(reason == wrong_key_reason ? StreamProblem::wrong_key : StreamProblem::handshake_refused, std::move(text));
  }
};

class NoiseServer final : public NoiseStream {
public:
  NoiseServer(const crypto::SecretKey& key, ServerIdentity identity, EphemeralKey ephemeral)
      : key_(copy_of(key)), identity_(std::move(identity)) {
    require(identity_.name.find('\0') == std::string::npos && identity_.mac.find('\0') == std::string::npos,
            "a proxy's name and MAC have no zeros");
    require(hello_size() <= max_handshake_frame, "the name of a proxy is too long for its hello: 113 bytes are the most");
    if (ephemeral != nullptr) ephemeral_.emplace(copy_of(*ephemeral));
  }

private:
  void on_handshake_frame(bool heard, Bytes body) override {
    if (heard)
      read_message(body);
    else
      read_hello(body);
  }
  void refuse(std::string_view reason) override {
    const std::span<uint8_t> frame = add_frame(1 + reason.size());
    frame[0] = 1;
    std::ranges::copy(reason, frame.subspan(1).begin());
  }

  void read_hello(Bytes body) {
    const std::span<uint8_t> hello = add_frame(hello_size());
    hello[0] = chosen_protocol;
    auto at = hello.begin() + 1;
    const auto put = [&](const std::string& text) {
      at = std::ranges::copy(text, at).out;
      *at++ = 0;
    };
    if (has_name()) put(identity_.name);
    if (!identity_.mac.empty()) put(identity_.mac);
    handshake_.emplace(crypto::NoiseHandshake::Role::responder, key_, prologue_of(body), ephemeral_ ? &*ephemeral_ : nullptr);
    ephemeral_.reset();
    identity_ = {};
  }
  void read_message(Bytes body) {
    const auto refused = [&](StreamProblem problem, std::string_view reason) {
      refuse(reason);
      fail(problem, std::string(reason));
    };
    if (body.empty()) return refused(StreamProblem::bad_frame, empty_reason);
    if (body[0] != 0) return refused(StreamProblem::handshake_refused, status_reason);
    if (body.size() != 1 + crypto::noise_handshake_size) return refused(StreamProblem::bad_frame, handshake_reason);
    if (!handshake_->read(body.subspan(1))) return refused(StreamProblem::wrong_key, wrong_key_reason);
    add_handshake_message();
    finish_handshake();
  }

  // What old firmware does not have it leaves out, from the end.
  [[nodiscard]] bool has_name() const noexcept { return !identity_.name.empty() || !identity_.mac.empty(); }
  [[nodiscard]] size_t hello_size() const noexcept {
    return 1 + (has_name() ? identity_.name.size() + 1 : 0) + (identity_.mac.empty() ? 0 : identity_.mac.size() + 1);
  }

  crypto::SecretKey key_;
  ServerIdentity identity_;  // until the hello is sent
  std::optional<crypto::SecretKey> ephemeral_;
};

}  // namespace

std::unique_ptr<Stream> make_noise_client(const crypto::SecretKey& key, EphemeralKey ephemeral) {
  return std::make_unique<NoiseClient>(key, ephemeral);
}

std::unique_ptr<Stream> make_noise_server(const crypto::SecretKey& key, ServerIdentity identity, EphemeralKey ephemeral) {
  return std::make_unique<NoiseServer>(key, std::move(identity), ephemeral);
}

}  // namespace moor::esphome
