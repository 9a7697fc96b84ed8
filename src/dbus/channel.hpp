#pragma once
// The bytes of a connection: what came, cut into messages, and what is to go. It never blocks, and waits for nothing itself.

#include "dbus/content.hpp"

#include <deque>
#include <vector>

namespace moor::dbus {

class Channel {
public:
  /// @param socket  belongs to somebody else, who outlives this.
  explicit Channel(int socket) : socket_(socket) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  enum class Received : uint8_t { some, nothing_yet, ended };
  /// Reads once. It may say `nothing_yet` without having asked the system, where the last time not all room was used.
  [[nodiscard]] Received receive();
  /// The reason for `ended` and for a failed `flush`, in the system's words; empty where the other end just closed.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  /// What has come and was not taken.
  [[nodiscard]] Bytes input() const noexcept { return Bytes(in_).subspan(begin_, end_ - begin_); }
  void take(size_t size) noexcept { begin_ += size; }
  enum class Taken : uint8_t { message, incomplete, malformed };
  /// Moves the next whole message into the content.
  [[nodiscard]] Taken take_message(Content& content);

  void put(std::string_view bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  /// @returns false where too much is waiting already.
  [[nodiscard]] bool put(const Message& message, uint32_t serial, std::string_view sender);
  [[nodiscard]] bool has_output() const noexcept { return sent_ < out_.size(); }
  /// Sends what the system takes. @returns false where the connection has ended.
  [[nodiscard]] bool flush();

private:
  struct WithDescriptors {
    size_t at;  // in `out_`: the first byte of the message
    Message message;
  };
  void make_room();
  [[nodiscard]] size_t next_boundary() const noexcept;
  [[nodiscard]] ssize_t send_some();

  int socket_;
  std::string problem_;
  std::vector<uint8_t> in_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool drained_ = false;
  std::vector<int> descriptors_;  // came, and belong to messages that are not taken yet
  std::vector<uint8_t> out_;
  size_t sent_ = 0;
  std::deque<WithDescriptors> with_descriptors_;
};

}  // namespace moor::dbus
