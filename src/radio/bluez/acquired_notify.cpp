#include "radio/bluez/acquired_notify.hpp"

#include <sys/socket.h>
#include <cerrno>

namespace moor::bluez {

namespace {

constexpr int packets_per_turn = 64;  // then others have theirs

}  // namespace

void AcquiredNotify::begin(OnValue on_value, std::function<void()> on_end) {
  on_value_ = std::move(on_value);
  on_end_ = std::move(on_end);
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  wait();
}

void AcquiredNotify::stop() noexcept {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void AcquiredNotify::wait() {
  socket_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                     [weak = weak_from_this()](const boost::system::error_code& error) {
                       const auto self = weak.lock();
                       if (self && !error) self->read_all();
                     });
}

void AcquiredNotify::read_all() {
  std::array<uint8_t, 517> packet{};  // the largest MTU of bluetoothd
  for (int i = 0; i < packets_per_turn && socket_.is_open(); ++i) {
    const ssize_t size = ::recv(socket_.native_handle(), packet.data(), packet.size(), MSG_DONTWAIT);
    if (size > 0) {
      on_value_(Bytes(packet.data(), static_cast<size_t>(size)));
      continue;
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) break;
    stop();
    on_end_();
    return;
  }
  if (socket_.is_open()) wait();
}

}  // namespace moor::bluez
