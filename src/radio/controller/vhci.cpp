// A controller of this machine's kernel, through /dev/vhci: whoever opens the device is a controller until it is closed. Each write is one packet
// for the host, each read one of the host's (Linux, drivers/bluetooth/hci_vhci.c).

#include "hci/hci_commands.hpp"
#include "radio/controller/controller.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <system_error>

namespace moor::controller {

namespace asio = boost::asio;

namespace {

constexpr const char* device_path = "/dev/vhci";
constexpr uint8_t vendor_packet = static_cast<uint8_t>(hci::PacketType::vendor);
constexpr uint8_t primary_controller = 0x00;
// Of the kernel's: HCI_MAX_FRAME_SIZE, with the byte of its type.
constexpr size_t max_packet = 1 + 1028;
// Packets that the kernel did not take before it is given up: it takes all, unless it has no memory or the controller is being removed.
constexpr int max_failed_writes = 100;

asio::posix::stream_descriptor open_device(const asio::any_io_executor& executor) {
  const int fd = ::open(device_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0) return asio::posix::stream_descriptor(executor, fd);
  const int error = errno;
  const std::string cause = std::generic_category().message(error);
  if (error == EACCES || error == EPERM)
    throw RadioNotAvailable(std::string(device_path) + " may not be opened",
                            {.cause = cause, .advice = "run it as root (sudo), or: setfacl -m u:$USER:rw /dev/vhci"},
                            Unavailable::permission_denied);
  throw RadioNotAvailable(std::string(device_path) + " is not there: the kernel has no virtual controllers",
                          {.cause = cause, .advice = "modprobe hci_vhci (as root; not in a container)"}, Unavailable::no_radio);
}

// Each packet goes to the kernel at once, which queues it; a write does not wait.
class Writer {
public:
  explicit Writer(int fd) : fd_(fd) {}
  void write(Bytes packet) {
    while (::write(fd_, packet.data(), packet.size()) < 0)
      if (errno != EINTR) {
        ++failed_;
        return;
      }
    failed_ = 0;
  }
  [[nodiscard]] bool is_broken() const noexcept { return failed_ >= max_failed_writes; }

private:
  int fd_;
  int failed_ = 0;
};

[[noreturn]] void throw_lost(const std::string& cause) {
  throw RadioNotAvailable("the virtual controller is gone",
                          {.cause = cause, .advice = "was the module hci_vhci unloaded, or the adapter removed? start it again"},
                          Unavailable::no_radio);
}

// One packet of the host.
awaitable<Bytes> read_packet(asio::posix::stream_descriptor& device, std::span<uint8_t> into) {
  boost::system::error_code error;
  const size_t size =
      co_await device.async_read_some(asio::buffer(into.data(), into.size()), asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error) throw_lost(error.message());
  co_return into.first(size);
}

awaitable<void> serve(asio::posix::stream_descriptor& device, Controller& controller, const Writer& writer,
                      const std::function<void(unsigned, const Controller&)>& on_ready) {
  std::array<uint8_t, max_packet> buffer{};
  bool ready = false;
  for (;;) {
    const Bytes packet = co_await read_packet(device, buffer);
    if (!packet.empty() && packet[0] == vendor_packet) {
      // ff, the type of controller, its index
      if (!ready && packet.size() >= 4 && on_ready) on_ready(load_le16(packet.data() + 2), controller);
      ready = true;
      continue;
    }
    controller.receive(packet);
    if (writer.is_broken()) throw_lost("it takes no packets");
  }
}

}  // namespace

awaitable<void> serve_vhci(Clock& clock, Radio& radio, ControllerOptions options,
                           std::function<void(unsigned index, const Controller&)> on_ready) {
  const auto executor = co_await asio::this_coro::executor;
  asio::posix::stream_descriptor device = open_device(executor);
  Writer writer(device.native_handle());
  Controller controller(executor, clock, radio, std::move(options), [&](Bytes packet) { writer.write(packet); });
  writer.write(std::array{vendor_packet, primary_controller});
  std::exception_ptr error;
  try {
    co_await serve(device, controller, writer, on_ready);
  } catch (...) {
    error = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  device.close();
  writer = Writer(-1);
  co_await controller.stop();
  std::rethrow_exception(error);
}

}  // namespace moor::controller
