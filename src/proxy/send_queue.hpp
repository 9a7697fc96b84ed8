#pragma once
// What a client has not taken yet, as messages that are neither framed nor encrypted: Noise counts frames, so one that is made must be sent. Control messages
// are never dropped, and leave first; of the advertisements the oldest batches are, where there is no room. A machine without I/O.

#include "esphome/messages.hpp"

#include <deque>
#include <list>

namespace moor::proxy {

class SendQueue {
public:
  /// @param max_advertisements, max_control  bytes of payloads
  SendQueue(size_t max_advertisements, size_t max_control) noexcept
      : max_advertisements_(max_advertisements), max_control_(max_control) {}

  /// @returns false where there is no room: the client is to be dropped.
  [[nodiscard]] bool push_control(esphome::MessageType type, Bytes payload);
  /// @param count  the advertisements of the batch. @returns how many were dropped for it, itself where it is too big for the queue.
  [[nodiscard]] uint64_t push_advertisements(Bytes payload, size_t count);

  [[nodiscard]] bool is_empty() const noexcept { return control_.empty() && advertisements_.empty(); }
  [[nodiscard]] size_t bytes() const noexcept { return control_bytes_ + advertisement_bytes_; }
  /// The next to be sent, valid until the queue is changed. @pre !is_empty()
  [[nodiscard]] esphome::Message front() const noexcept;
  void pop();
  /// Nobody wants them any more. @returns how many advertisements they were
  uint64_t clear_advertisements() noexcept;

private:
  struct Control {
    esphome::MessageType type;
    std::vector<uint8_t> payload;
  };
  struct Batch {
    std::vector<uint8_t> payload;
    size_t count = 0;
  };
  void drop_front() noexcept;

  size_t max_advertisements_;
  size_t max_control_;
  size_t control_bytes_ = 0;
  size_t advertisement_bytes_ = 0;
  std::deque<Control> control_;
  std::list<Batch> advertisements_;
  std::list<Batch> spare_;  // memory of batches that are gone, one at most
};

}  // namespace moor::proxy
