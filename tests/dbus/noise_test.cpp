// An other end that says anything at all: the connection ends or goes on, the program does, and the reader finds its way or throws.

#include "dbus/outcome.hpp"
#include "support/bus_pair.hpp"
#include "support/play.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <random>
#include <string>

namespace moor::dbus {
namespace {

using namespace std::chrono_literals;

/// What a bus says first, and its answer to Hello, as sd-bus asks it (its serial is 1).
std::vector<uint8_t> greeting() {
  using namespace std::string_literals;
  const std::string words = "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n";
  const std::string header = "l\2\1\1\t\0\0\0\1\0\0\0\37\0\0\0"s;
  const std::string fields = "\5\1u\0\1\0\0\0\7\1s\0\4\0\0\0:1.1\0\0\0\0\10\1g\0\1s\0\0"s;
  const std::string name = "\4\0\0\0:1.7\0"s;
  const std::string all = words + header + fields + name;
  return {all.begin(), all.end()};
}

// PropertiesChanged as bluetoothd sends it: {RSSI: -60, ManufacturerData: {0x004C: bytes}}, made by the other end of a pair.
std::vector<uint8_t> signal_bytes() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  const std::string_view words = "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";
  const std::string_view begin(words.data(), 48);
  EXPECT_EQ(::write(ends[1], begin.data(), begin.size()), 48);
  VirtualClock clock;
  boost::asio::io_context context;
  std::vector<uint8_t> bytes(4096);
  testing::play(clock, context, [&]() -> awaitable<void> {
    const auto server = co_await Bus::over(ends[0], true, clock, clock.now() + 1s);
    EXPECT_GT(::read(ends[1], bytes.data(), bytes.size()), 0);  // its part of the greeting
    Message signal = server->new_signal("/org/bluez/hci0/dev_AA", "org.freedesktop.DBus.Properties", "PropertiesChanged");
    const std::vector<uint8_t> data{2, 21, 1, 2, 3, 4};
    signal.write().string("org.bluez.Device1").open_array("{sv}").entry("RSSI", int16_t{-60});
    signal.write()
        .open_dict_entry("sv")
        .string("ManufacturerData")
        .open_variant("a{qv}")
        .open_array("{qv}")
        .open_dict_entry("qv");
    signal.write().u16(0x004C).open_variant("ay").bytes(data).close().close().close().close().close().close();
    signal.write().open_array("s").close();
    server->send(std::move(signal));
    const ssize_t size = ::read(ends[1], bytes.data(), bytes.size());
    bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
  }());
  ::close(ends[1]);
  return bytes;
}

/// Reads whatever there is, by its own signature.
void walk(Reader& reader) {
  std::string_view contents;
  for (;;) {
    const std::string inside(contents);
    switch (reader.peek(&contents)) {
      case '\0': return;
      case 's': (void)reader.read_string(); break;
      case 'o': (void)reader.read_path(); break;
      case 'n': (void)reader.read_i16(); break;
      case 'q': (void)reader.read_u16(); break;
      case 'u': (void)reader.read_u32(); break;
      case 'y': (void)reader.read_u8(); break;
      case 'b': (void)reader.read_bool(); break;
      case 'v': {
        reader.enter_variant(std::string(contents).c_str());
        walk(reader);
        reader.leave();
        break;
      }
      case 'a': {
        reader.enter_array(std::string(contents).c_str());
        walk(reader);
        reader.leave();
        break;
      }
      case 'e': {
        if (!reader.enter_dict_entry(std::string(contents).c_str())) return;
        walk(reader);
        reader.leave();
        break;
      }
      default: return reader.skip(nullptr);
    }
  }
}

struct Heard {
  unsigned signals = 0;
  unsigned malformed = 0;
  bool lost = false;
};

/// The answer to AddMatch, the client's second call.
std::vector<uint8_t> match_added() {
  using namespace std::string_literals;
  const std::string bytes = "l\2\1\1\0\0\0\0\2\0\0\0\25\0\0\0\5\1u\0\2\0\0\0\7\1s\0\4\0\0\0:1.1\0\0\0\0"s;
  return {bytes.begin(), bytes.end()};
}

/// A client at whose other end these bytes come after the greeting, or instead of it.
Heard listen_to(const std::vector<uint8_t>& bytes, bool greet) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  const auto write = [&](const std::vector<uint8_t>& what) {
    EXPECT_EQ(::write(ends[1], what.data(), what.size()), static_cast<ssize_t>(what.size()));
  };
  write(greet ? greeting() : bytes);
  VirtualClock clock;
  boost::asio::io_context context;
  Heard heard;
  testing::play(clock, context, [&]() -> awaitable<void> {
    std::unique_ptr<Bus> bus;
    try {
      bus = co_await Bus::over(ends[0], false, clock, clock.now() + 1s);
    } catch (const Error&) {
      heard.lost = true;
    }
    if (bus == nullptr) co_return;
    const Bus::OnSignal read = [&](const Message& message) {
      ++heard.signals;
      try {
        Reader reader = message.read();
        walk(reader);
      } catch (const MessageMalformed&) {
        ++heard.malformed;
      }
    };
    Bus::Hold match;
    const auto added = [&](std::exception_ptr, Bus::Hold hold) { match = std::move(hold); };
    boost::asio::co_spawn(context, bus->match("type='signal'", read, clock.now() + 1s), added);
    co_await clock.wait_for(1ms);
    write(match_added());
    write(bytes);
    co_await clock.wait_for(1ms);
    heard.lost = !bus->is_open();
  }());
  ::close(ends[1]);
  return heard;
}

TEST(Noise, IsHeardUndisturbedWhereThereIsNone) {
  const std::vector<uint8_t> one = signal_bytes();
  ASSERT_GT(one.size(), 100u);
  std::vector<uint8_t> three;
  for (int i = 0; i < 3; ++i) three.insert(three.end(), one.begin(), one.end());
  const Heard heard = listen_to(three, true);
  EXPECT_EQ(heard.signals, 3u);
  EXPECT_EQ(heard.malformed, 0u);
  EXPECT_FALSE(heard.lost);
}

TEST(Noise, EndsTheConnectionAndNothingElse) {
  std::mt19937 random(5);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint8_t> bytes(static_cast<size_t>(1 + byte(random)));
    for (uint8_t& each : bytes) each = static_cast<uint8_t>(byte(random));
    (void)listen_to(bytes, round % 2 == 0);
  }
}

TEST(Noise, InASignalIsFoundByItsReader) {
  const std::vector<uint8_t> good = signal_bytes();
  std::mt19937 random(7);
  unsigned malformed = 0, lost = 0;
  for (int round = 0; round < 1000; ++round) {
    std::vector<uint8_t> bytes = good;
    for (int i = 0; i <= round % 3; ++i) bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    if (round % 7 == 0) bytes.resize(random() % bytes.size());
    bytes.insert(bytes.end(), good.begin(), good.end());
    const Heard heard = listen_to(bytes, true);
    malformed += heard.malformed;
    lost += heard.lost ? 1 : 0;
  }
  EXPECT_GT(malformed, 0u);
  EXPECT_GT(lost, 0u);
}

}  // namespace
}  // namespace moor::dbus
