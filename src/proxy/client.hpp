#pragma once
// The connection of one client: its stream, its socket and what waits for it to be taken. Everything is sent at once where the socket takes it; nobody waits for a
// client that does not.

#include "core/alarm.hpp"
#include "core/event.hpp"
#include "esphome/stream.hpp"
#include "proxy/client_machine.hpp"
#include "proxy/links.hpp"
#include "proxy/send_queue.hpp"

namespace moor::proxy {

class Client final : public Answers, public std::enable_shared_from_this<Client> {
public:
  /// Why it has to go, where that is not what the machine says.
  enum class Drop : uint8_t {
    none,
    broken,   ///< its connection is, or it has closed it
    stalled,  ///< it does not take control messages
    closed,   ///< the machine says so
    refused,  ///< its stream failed before it had logged in: another key, other framing
    evicted,  ///< others came
    stopped,  ///< the server is no more
  };

  Client(Socket socket, std::unique_ptr<esphome::Stream> stream, const Options& options, std::string peer, TimePoint now);

  // Answers
  void send(esphome::MessageType type, Bytes payload) override;
  template <typename Message>
  void send(const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    send(Message::type, payload);
  }
  [[nodiscard]] uint32_t api_minor() const override { return machine_.api_minor(); }

  /// Takes them; they leave with `pump`.
  void send_advertisements(Bytes payload, size_t count);
  /// Those that have not left yet.
  void forget_advertisements() noexcept { sent_ -= queue_.clear_advertisements(); }
  void count_lost_advertisement() noexcept { ++dropped_; }
  /// Writes what the socket takes, and goes on when it takes more.
  void pump();

  /// The next message of what was received; see Stream.
  [[nodiscard]] std::optional<esphome::Message> next(std::span<uint8_t>& input) { return stream_->next(input); }
  [[nodiscard]] const std::optional<esphome::StreamFailure>& stream_failure() const noexcept { return stream_->failure(); }
  /// Reads what is there, at most `room`. @returns how much; 0 where there is nothing more now.
  [[nodiscard]] size_t read(std::span<uint8_t> room);
  /// Completes when there is something to read. Cancellation: total.
  [[nodiscard]] awaitable<void> wait_readable();
  /// Sends what was framed and waits for the client to close its end, so that the last words reach it.
  [[nodiscard]] awaitable<void> finish();
  void close() noexcept;

  /// It is to go: `ended` is set, nothing is sent any more but what is framed.
  void drop(Drop why);
  [[nodiscard]] Drop dropped() const noexcept { return drop_; }
  [[nodiscard]] bool is_ending() const noexcept { return drop_ != Drop::none; }
  /// Set when it is to go. To be given before anything else, and taken away.
  void set_ended(Event* ended) noexcept { ended_ = ended; }
  Alarm* alarm = nullptr;  ///< for the machine's deadlines, while it is served

  [[nodiscard]] ClientMachine& machine() noexcept { return machine_; }
  [[nodiscard]] ClientStatus status() const;
  bool subscriber = false;
  bool leaving = false;  ///< it has lost its place, and is only heard out

private:
  [[nodiscard]] bool has_room() const noexcept { return !blocked_ && stream_->output().size() < framed_at_once; }
  void fill();
  void wait_writable();

  // So much is framed ahead of the socket at most, and a message more: what is framed cannot be dropped.
  static constexpr size_t framed_at_once = size_t{16} * 1024;

  Socket socket_;
  std::unique_ptr<esphome::Stream> stream_;
  ClientMachine machine_;
  SendQueue queue_;
  std::string peer_;
  TimePoint since_;
  bool encrypted_;
  bool blocked_ = false;  // the socket takes nothing for now
  bool broken_ = false;   // nor ever again
  Drop drop_ = Drop::none;
  Event* ended_ = nullptr;
  uint64_t sent_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace moor::proxy
