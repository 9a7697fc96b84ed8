// The other side of bluez_bench: a bluetoothd of a script on a bus, and a kernel that writes what its controller hears to a socket. Told what to do on
// its stdin, a command a line; says "done" when it has done it.
//
//   bluez_peer ADDRESS_OF_BUS DEVICES     adverts COUNT BURST GAP_US | notify COUNT BURST GAP_US
//   bluez_peer --frames SOCKET DEVICES    adverts COUNT BURST GAP_US

#include "support/fake_bluez.hpp"
#include "support/fake_bluez_owner.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <sstream>

namespace moor::bench {
namespace {

namespace asio = boost::asio;
using namespace testing;

constexpr size_t variants = 8;  // of a device's advertisement, one after the other
constexpr uint16_t company = 0x004C;

std::string address_of(size_t device) {
  return fmt::format("A4:CF:12:00:{:02X}:{:02X}", device >> 8 & 0xFF, device & 0xFF);
}

/// The 23 bytes of an iBeacon, with something in them that changes.
BluezBytes beacon(size_t device, size_t variant) {
  BluezBytes bytes(23, static_cast<uint8_t>(device));
  bytes[0] = 0x02;
  bytes[1] = 0x15;
  bytes[19] = static_cast<uint8_t>(variant);
  return bytes;
}

int8_t rssi_of(size_t variant) {
  return static_cast<int8_t>(-40 - static_cast<int>(variant));
}

struct Order {
  std::string what;
  size_t count = 0, burst = 1;
  int64_t gap_us = 0;
};

/// Orders, until the other end closes.
class Orders {
public:
  explicit Orders(const asio::any_io_executor& executor) : input_(executor, ::dup(STDIN_FILENO)) {}
  awaitable<std::optional<Order>> next() {
    try {
      const size_t size = co_await asio::async_read_until(input_, asio::dynamic_buffer(text_), '\n', asio::use_awaitable);
      std::istringstream words(text_.substr(0, size));
      text_.erase(0, size);
      Order order;
      words >> order.what >> order.count >> order.burst >> order.gap_us;
      co_return order;
    } catch (const boost::system::system_error&) {
      co_return std::nullopt;
    }
  }

private:
  asio::posix::stream_descriptor input_;
  std::string text_;
};

void say_done() {
  std::puts("done");
  std::fflush(stdout);
}

/// Each `count` times what `send` does, in bursts, with gaps.
template <typename Send>
awaitable<void> pace(Clock& clock, Order order, Send send) {
  TimePoint next = clock.now();
  for (size_t i = 0; i < order.count; ++i) {
    send(i);
    if ((i + 1) % order.burst != 0) continue;
    next += std::chrono::microseconds(order.gap_us);
    co_await clock.wait_until(next);
  }
}

/// Signals that were marshalled once: sd-bus sends a sealed message as often as one likes.
std::vector<dbus::Message> make_signals(dbus::Bus& bus, const std::vector<std::string>& paths) {
  std::vector<dbus::Message> signals;
  for (size_t variant = 0; variant < variants; ++variant)
    for (size_t device = 0; device < paths.size(); ++device) {
      dbus::Message signal = bus.new_signal(paths[device], "org.freedesktop.DBus.Properties", "PropertiesChanged");
      dbus::Writer writer = signal.write();
      writer.string("org.bluez.Device1").open_array("{sv}");
      writer.entry("RSSI", int16_t{rssi_of(variant)});
      writer.open_dict_entry("sv").string("ManufacturerData").open_variant("a{qv}").open_array("{qv}");
      writer.open_dict_entry("qv").u16(company).open_variant("ay").bytes(beacon(device, variant)).close().close();
      writer.close().close().close().close();
      writer.open_array("s").close();
      signals.push_back(std::move(signal));
    }
  return signals;
}

std::vector<BluezService> some_services() {
  std::vector<BluezService> services;
  for (uint32_t i = 0; i < 4; ++i) {
    BluezService service{.uuid = Uuid(0x1810 + i)};
    for (uint32_t j = 0; j < 4; ++j)
      service.characteristics.push_back({.uuid = Uuid(0x2A60 + 4 * i + j),
                                         .flags = {"read", "write", "write-without-response", "notify"},
                                         .value = BluezBytes(20, 0x42)});
    services.push_back(std::move(service));
  }
  return services;
}

awaitable<void> serve_bus(asio::io_context& context, Clock& clock, std::string address, size_t device_count) {
  std::unique_ptr<dbus::Bus> bus = co_await dbus::Bus::open(address, clock, clock.now() + std::chrono::seconds(10));
  FakeBluez bluez(context.get_executor(), clock, *bus, owner_on(*bus, clock));
  bluez.add_adapter();
  std::vector<std::string> paths;
  for (size_t i = 0; i < device_count; ++i) {
    BluezDevice& device = bluez.add_device(address_of(i)).hidden().known().manufacturer(company, beacon(i, 0));
    device.name(fmt::format("Sensor {}", i));
    paths.push_back(device.path());
    if (i > 0) continue;
    const auto forget = [&device] { device.remove_services(); };
    device.services(some_services()).disconnects_in({});
    device.on_connect({step::run(forget), step::connected(), step::reply(), step::services(), step::resolved()});
  }
  co_await bluez.start();
  const std::vector<dbus::Message> signals = make_signals(*bus, paths);
  Orders orders(context.get_executor());
  say_done();
  while (const std::optional<Order> order = co_await orders.next()) {
    if (order->what == "adverts") co_await pace(clock, *order, [&](size_t i) { bus->send(signals[i % signals.size()]); });
    const std::string path = paths.front() + "/service0001/char0002";
    if (order->what == "notify")
      co_await pace(clock, *order, [&](size_t i) {
        bluez.change(path, "org.bluez.GattCharacteristic1", {{"Value", BluezBytes(20, static_cast<uint8_t>(i))}});
      });
    bluez.forget_calls();
    say_done();
  }
  context.stop();
}

/// What the kernel says of an advertisement: Device Found (hci/management.hpp).
std::vector<uint8_t> make_frame(size_t device, size_t variant) {
  std::vector<uint8_t> frame{0x12, 0x00, 0x00, 0x00, 0,   0, static_cast<uint8_t>(device), static_cast<uint8_t>(device >> 8),
                             0x00, 0x12, 0xCF, 0xA4, 0x01};
  frame.push_back(static_cast<uint8_t>(rssi_of(variant)));
  const BluezBytes content = beacon(device, variant);
  frame.insert(frame.end(), {0, 0, 0, 0, static_cast<uint8_t>(content.size() + 7), 0, 0x02, 0x01, 0x06,
                             static_cast<uint8_t>(content.size() + 3), 0xFF, company & 0xFF, company >> 8});
  frame.insert(frame.end(), content.begin(), content.end());
  frame[4] = static_cast<uint8_t>(frame.size() - 6);
  return frame;
}

awaitable<void> serve_frames(asio::io_context& context, Clock& clock, int socket, size_t device_count) {
  std::vector<std::vector<uint8_t>> frames;
  for (size_t variant = 0; variant < variants; ++variant)
    for (size_t device = 0; device < device_count; ++device) frames.push_back(make_frame(device, variant));
  Orders orders(context.get_executor());
  say_done();
  while (const std::optional<Order> order = co_await orders.next()) {
    co_await pace(clock, *order, [&](size_t i) {
      const std::vector<uint8_t>& frame = frames[i % frames.size()];
      (void)::send(socket, frame.data(), frame.size(), 0);
    });
    say_done();
  }
  context.stop();
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  const bool frames = argc == 4 && std::string_view(argv[1]) == "--frames";
  if (argc != 3 && !frames) return 2;
  boost::asio::io_context context;
  moor::RealClock clock;
  const auto devices = static_cast<size_t>(std::atol(argv[argc - 1]));
  auto work = frames ? moor::bench::serve_frames(context, clock, std::atoi(argv[2]), devices)
                     : moor::bench::serve_bus(context, clock, argv[1], devices);
  boost::asio::co_spawn(context, std::move(work), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  context.run();
}
