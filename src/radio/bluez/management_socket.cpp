#include "radio/bluez/management_socket.hpp"

#include <linux/sock_diag.h>
#include <unistd.h>
#include <cerrno>

namespace moor::bluez {

namespace {

// The kernel's include/net/bluetooth/{bluetooth,hci_sock}.h, which no package of headers brings without libbluetooth.
constexpr int protocol_hci = 1;
constexpr uint16_t channel_control = 3;
struct AddressHci {
  sa_family_t family;
  uint16_t device;
  uint16_t channel;
};

// None of 40,000 reports a second is lost with that much; with the default one in eight is.
constexpr int receive_buffer = 8'000'000;

}  // namespace

void enlarge_receive_buffer(int socket) noexcept {
  if (setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0)
    (void)setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
}

int open_management_socket() noexcept {
  const int socket = ::socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol_hci);
  if (socket < 0) return -1;
  constexpr uint16_t no_device = 0xFFFF;
  const AddressHci address{AF_BLUETOOTH, no_device, channel_control};
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close(socket);
    errno = error;
    return -1;
  }
  enlarge_receive_buffer(socket);
  return socket;
}

// SO_RXQ_OVFL says nothing on this kind of socket: its recvmsg does not add it. The counter behind it can be asked for.
std::optional<uint64_t> lost_frames(int socket) noexcept {
  std::array<uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof memory;
  if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return std::nullopt;
  if (size < (SK_MEMINFO_DROPS + 1) * sizeof(uint32_t)) return std::nullopt;
  return memory[SK_MEMINFO_DROPS];
}

DatagramBatch::DatagramBatch() : places_(new uint8_t[capacity * place_size]) {
  for (size_t i = 0; i < capacity; ++i) {
    vectors_[i] = {places_.get() + i * place_size, max_size};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

int DatagramBatch::read(int socket) noexcept {
  const int count = recvmmsg(socket, headers_.data(), capacity, MSG_DONTWAIT, nullptr);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
  // A frame is never empty: an empty one is how a socket pair says that the other end is closed.
  if (count == 0 || headers_[0].msg_len == 0) return -1;
  return count;
}

Bytes DatagramBatch::operator[](size_t i) const noexcept {
  if ((headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) return {};
  return {places_.get() + i * place_size, headers_[i].msg_len};
}

}  // namespace moor::bluez
