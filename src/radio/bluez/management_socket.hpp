#pragma once
// The management socket itself, and reading many of its frames with one system call.

#include "moor/bytes.hpp"

#include <sys/socket.h>
#include <array>
#include <memory>

namespace moor::bluez {

/// Non-blocking, with the largest receive buffer that the kernel allows. @returns -1 where it cannot be opened; then errno says why.
[[nodiscard]] int open_management_socket() noexcept;
/// Asks for as much memory for what is not read yet as moor's sockets have.
void enlarge_receive_buffer(int socket) noexcept;
/// Frames that the kernel threw away because the buffer was full, since the socket was made; nothing where the kernel does not say (before Linux 4.12).
[[nodiscard]] std::optional<uint64_t> lost_frames(int socket) noexcept;

/// What one call of recvmmsg gives. Its memory is taken once.
class DatagramBatch {
public:
  static constexpr size_t capacity = 64;
  /// Longer ones are cut, and said to be. The longest event is a Device Found with 1,650 bytes of advertisement.
  static constexpr size_t max_size = 2048;

  DatagramBatch();
  /// @returns how many there are now: 0 where nothing is to be read, -1 where the socket is of no use any more.
  [[nodiscard]] int read(int socket) noexcept;
  /// @pre i < what `read` returned. Valid until the next `read`; empty where it was cut.
  [[nodiscard]] Bytes operator[](size_t i) const noexcept;

private:
  // Places of whole pages would all fall into the same lines of the processor's cache.
  static constexpr size_t place_size = max_size + 64;

  std::unique_ptr<uint8_t[]> places_;
  std::array<mmsghdr, capacity> headers_{};
  std::array<iovec, capacity> vectors_{};
};

}  // namespace moor::bluez
