// An other end that says anything at all: the connection ends or goes on, the program does, and the reader finds its way or throws.

#include "dbus/outcome.hpp"
#include "support/bus_bytes.hpp"
#include "support/play.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <random>
#include <string>

namespace moor::dbus {
namespace {

using namespace std::chrono_literals;

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

/// A client at whose other end these bytes come after the greeting, or instead of it.
Heard listen_to(const std::vector<uint8_t>& bytes, bool greet) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  const auto write = [&](const std::vector<uint8_t>& what) {
    EXPECT_EQ(::write(ends[1], what.data(), what.size()), static_cast<ssize_t>(what.size()));
  };
  write(greet ? testing::bus_greeting() : bytes);
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
    write(testing::match_added());
    write(bytes);
    co_await clock.wait_for(1ms);
    heard.lost = !bus->is_open();
  }());
  ::close(ends[1]);
  return heard;
}

TEST(Noise, IsHeardUndisturbedWhereThereIsNone) {
  const std::vector<uint8_t> one = testing::advertisement_bytes(-60);
  ASSERT_GT(one.size(), 100u);
  std::vector<uint8_t> three;
  for (int i = 0; i < 3; ++i) three.insert(three.end(), one.begin(), one.end());
  const Heard heard = listen_to(three, true);
  EXPECT_EQ(heard.signals, 3u);
  EXPECT_EQ(heard.malformed, 0u);
  EXPECT_FALSE(heard.lost);
}

TEST(Noise, InPlaceOfANameEndsTheConnection) {
  std::vector<uint8_t> greeting = testing::bus_greeting();
  const std::string signature = "\1s";
  const auto place = std::search(greeting.rbegin(), greeting.rend(), signature.rbegin(), signature.rend());
  ASSERT_NE(place, greeting.rend());
  *place = 'u';  // the name is a number
  EXPECT_TRUE(listen_to(greeting, false).lost);
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
  const std::vector<uint8_t> good = testing::advertisement_bytes(-60);
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
