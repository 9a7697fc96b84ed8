#pragma once
// What a bus sends, as bytes on a socket, for an other end that is no D-Bus library.

#include "dbus/bus.hpp"
#include "support/play.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace moor::testing {

/// To a client that has just connected: its user is known, and the answer to Hello, its first call.
[[nodiscard]] inline std::vector<uint8_t> bus_greeting() {
  using namespace std::string_literals;
  const std::string words = "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n";
  const std::string header = "l\2\1\1\t\0\0\0\1\0\0\0\37\0\0\0"s;
  const std::string fields = "\5\1u\0\1\0\0\0\7\1s\0\4\0\0\0:1.1\0\0\0\0\10\1g\0\1s\0\0"s;
  const std::string name = "\4\0\0\0:1.7\0"s;
  const std::string all = words + header + fields + name;
  return {all.begin(), all.end()};
}

/// The answer to AddMatch, the client's second call.
[[nodiscard]] inline std::vector<uint8_t> match_added() {
  using namespace std::string_literals;
  const std::string bytes = "l\2\1\1\0\0\0\0\2\0\0\0\25\0\0\0\5\1u\0\2\0\0\0\7\1s\0\4\0\0\0:1.1\0\0\0\0"s;
  return {bytes.begin(), bytes.end()};
}

/// An advertisement as bluetoothd tells it: PropertiesChanged of Device1 with {RSSI, ManufacturerData: {0x004C: 23 bytes}}.
inline void write_advertisement(dbus::Writer writer, int16_t rssi_dbm) {
  const std::array<uint8_t, 23> data{2, 21, 1, 2, 3, 4};
  writer.string("org.bluez.Device1").open_array("{sv}").entry("RSSI", rssi_dbm);
  writer.open_dict_entry("sv").string("ManufacturerData").open_variant("a{qv}").open_array("{qv}").open_dict_entry("qv");
  writer.u16(0x004C).open_variant("ay").bytes(data).close().close().close().close().close().close();
  writer.open_array("s").close();
}

[[nodiscard]] inline std::vector<uint8_t> advertisement_bytes(int16_t rssi_dbm) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) throw std::runtime_error("no socket pair");
  using namespace std::string_literals;
  const std::string words = "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"s;
  if (::write(ends[1], words.data(), words.size()) < 0) throw std::runtime_error("no greeting");
  VirtualClock clock;
  boost::asio::io_context context;
  std::vector<uint8_t> bytes(4096);
  play(clock, context, [&]() -> awaitable<void> {
    const auto server = co_await dbus::Bus::over(ends[0], true, clock, clock.now() + std::chrono::seconds(1));
    if (::read(ends[1], bytes.data(), bytes.size()) <= 0) throw std::runtime_error("no answer to the greeting");
    dbus::Message signal =
        server->new_signal("/org/bluez/hci0/dev_A4_CF_12_34_56_78", "org.freedesktop.DBus.Properties", "PropertiesChanged");
    write_advertisement(signal.write(), rssi_dbm);
    server->send(std::move(signal));
    const ssize_t size = ::read(ends[1], bytes.data(), bytes.size());
    bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
  }());
  ::close(ends[1]);
  return bytes;
}

}  // namespace moor::testing
