// Messages as they go through a bus: what is written is what is read, and what is not there is refused.

#include "dbus/message.hpp"

#include "support/bus_pair.hpp"
#include "support/play.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <boost/asio/io_context.hpp>

namespace moor::dbus {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class Messages : public ::testing::Test {
protected:
  /// Sends what `write` makes as a signal, and hands it to `read` as it came.
  void carry(const std::function<void(Writer&)>& write, const std::function<void(const Message&)>& read) {
    testing::play(clock_, context_, carry_over(write, read));
  }

  awaitable<void> carry_over(const std::function<void(Writer&)>& write, const std::function<void(const Message&)>& read) {
    testing::BusPair pair = co_await testing::make_bus_pair(clock_);
    std::vector<Message> heard;
    const Bus::Hold match = co_await pair.client->match(
        "type='signal',member='Test'", [&](const Message& each) { heard.push_back(each); }, clock_.now() + 1s);
    Message signal = pair.server->new_signal("/a/b", "c.d", "Test");
    Writer writer = signal.write();
    write(writer);
    pair.server->send(signal);
    co_await clock_.wait_for(1s);
    EXPECT_EQ(heard.size(), 1u);
    if (!heard.empty()) read(heard.front());
  }

  VirtualClock clock_;
  boost::asio::io_context context_;
};

TEST_F(Messages, CarryEveryType) {
  const std::vector<uint8_t> bytes{0, 1, 255};
  carry(
      [&](Writer& writer) {
        writer.boolean(true).boolean(false).u8(200).i16(-71).u16(0xFFFF).i32(-5).u32(0xDEADBEEF).u64(uint64_t{1} << 60);
        writer.string("née").path("/org/bluez").bytes(bytes).bytes({});
      },
      [&](const Message& message) {
        EXPECT_EQ(message.signature(), "bbynqiutsoayay");
        EXPECT_EQ(message.path(), "/a/b");
        EXPECT_EQ(message.interface(), "c.d");
        EXPECT_EQ(message.member(), "Test");
        Reader reader = message.read();
        EXPECT_TRUE(reader.read_bool());
        EXPECT_FALSE(reader.read_bool());
        EXPECT_EQ(reader.read_u8(), 200);
        EXPECT_EQ(reader.read_i16(), -71);
        EXPECT_EQ(reader.read_u16(), 0xFFFF);
        EXPECT_EQ(reader.read_i32(), -5);
        EXPECT_EQ(reader.read_u32(), 0xDEADBEEF);
        EXPECT_EQ(reader.read_u64(), uint64_t{1} << 60);
        EXPECT_EQ(reader.read_string(), "née");
        EXPECT_EQ(reader.read_path(), "/org/bluez");
        EXPECT_THAT(reader.read_bytes(), ElementsAre(0, 1, 255));
        EXPECT_TRUE(reader.read_bytes().empty());
        EXPECT_TRUE(reader.at_end());
        EXPECT_EQ(reader.peek(), '\0');
        EXPECT_TRUE(message.read().read_bool()) << "each reader begins at the first argument";
      });
}

TEST_F(Messages, CarryContainers) {
  carry(
      [](Writer& writer) {
        writer.open_array("{sv}").entry("Powered", true).entry("RSSI", int16_t{-60}).entry("MTU", uint16_t{247});
        writer.entry("Class", uint32_t{7}).entry("Name", "desk").entry("Text", std::string_view("view")).close();
        writer.no_entries();
        writer.open_struct("qs").u16(9).string("nine").close();
        writer.open_variant("a{qv}").open_array("{qv}").open_dict_entry("qv").u16(0x004C).open_variant("ay");
        const std::vector<uint8_t> data{1, 2};
        writer.bytes(data).close().close().close().close();
      },
      [](const Message& message) {
        EXPECT_EQ(message.signature(), "a{sv}a{sv}(qs)v");
        Reader reader = message.read();
        std::string_view contents;
        EXPECT_EQ(reader.peek(&contents), 'a');
        EXPECT_EQ(contents, "{sv}");
        reader.enter_array("{sv}");
        std::vector<std::string> keys;
        while (reader.enter_dict_entry("sv")) {
          keys.emplace_back(reader.read_string());
          EXPECT_EQ(reader.peek(&contents), 'v');
          if (keys.back() == "RSSI") {
            EXPECT_EQ(contents, "n");
            reader.enter_variant("n");
            EXPECT_EQ(reader.read_i16(), -60);
            reader.leave();
          } else {
            reader.skip("v");
          }
          reader.leave();
        }
        reader.leave();
        EXPECT_THAT(keys, ElementsAre("Powered", "RSSI", "MTU", "Class", "Name", "Text"));
        reader.enter_array("{sv}");
        EXPECT_TRUE(reader.at_end());
        EXPECT_FALSE(reader.enter_dict_entry("sv"));
        reader.leave();
        reader.enter_struct("qs");
        EXPECT_EQ(reader.read_u16(), 9);
        EXPECT_EQ(reader.read_string(), "nine");
        reader.leave();
        reader.enter_variant("a{qv}");
        reader.enter_array("{qv}");
        ASSERT_TRUE(reader.enter_dict_entry("qv"));
        EXPECT_EQ(reader.read_u16(), 0x004C);
        reader.enter_variant("ay");
        EXPECT_THAT(reader.read_bytes(), ElementsAre(1, 2));
      });
}

TEST_F(Messages, RefuseWhatIsNotThere) {
  carry([](Writer& writer) { writer.string("text").open_variant("q").u16(3).close().open_array("s").string("only").close(); },
        [](const Message& message) {
          EXPECT_THROW((void)message.read().read_u32(), MessageMalformed);
          EXPECT_THROW((void)message.read().read_bool(), MessageMalformed);
          EXPECT_THROW((void)message.read().read_path(), MessageMalformed);
          EXPECT_THROW((void)message.read().read_bytes(), MessageMalformed);
          EXPECT_THROW((void)message.read().read_fd(), MessageMalformed);
          EXPECT_THROW(message.read().enter_array("s"), MessageMalformed);
          EXPECT_THROW((void)message.read().enter_dict_entry("sv"), MessageMalformed);
          EXPECT_THROW(message.read().enter_struct("s"), MessageMalformed);
          EXPECT_THROW(message.read().skip("u"), MessageMalformed);
          EXPECT_THROW(message.read().leave(), MessageMalformed);
          Reader reader = message.read();
          EXPECT_EQ(reader.read_string(), "text");
          EXPECT_THROW(reader.enter_variant("s"), MessageMalformed);
          reader.enter_variant("q");
          EXPECT_THROW(reader.leave(), MessageMalformed) << "there is a value left";
          EXPECT_EQ(reader.read_u16(), 3);
          EXPECT_THROW((void)reader.read_u16(), MessageMalformed);
          reader.leave();
          reader.enter_array("s");
          EXPECT_EQ(reader.read_string(), "only");
          EXPECT_THROW((void)reader.read_string(), MessageMalformed);
          reader.leave();
          EXPECT_THROW((void)reader.read_string(), MessageMalformed);
        });
}

TEST_F(Messages, RefuseToCarryWhatDBusCannot) {
  testing::play(clock_, context_, [&]() -> awaitable<void> {
    testing::BusPair pair = co_await testing::make_bus_pair(clock_);
    const auto begin = [&] { return pair.server->new_signal("/", "c.d", "Test"); };
    EXPECT_THROW(begin().write().string("\xFF\xFE"), MessageMalformed) << "not UTF-8";
    EXPECT_THROW(begin().write().string(std::string_view("a\0b", 3)), MessageMalformed);
    EXPECT_THROW(begin().write().path("not/absolute"), MessageMalformed);
    EXPECT_THROW(begin().write().fd(-1), MessageMalformed);
    EXPECT_THROW(begin().write().open_array("?"), MessageMalformed);
    EXPECT_THROW(begin().write().close(), MessageMalformed);
    EXPECT_THROW(begin().write().open_array("s").u16(1), MessageMalformed);
    EXPECT_THROW((void)pair.server->new_signal("no path", "c.d", "Test"), MessageMalformed);
    Message unfinished = begin();
    unfinished.write().open_array("s");
    EXPECT_THROW(pair.server->send(unfinished), MessageMalformed);
    EXPECT_TRUE(pair.server->is_open());
  }());
}

TEST_F(Messages, ShareWhatTheyCarry) {
  Message kept;
  carry([](Writer& writer) { writer.string("kept"); }, [&](const Message& message) { kept = message; });
  const Message copy = kept;
  EXPECT_EQ(kept.read().read_string(), "kept") << "also after its bus has ended";
  kept = Message();
  EXPECT_FALSE(kept);
  EXPECT_EQ(copy.read().read_string(), "kept");
  EXPECT_EQ(kept.path(), "");
}

TEST_F(Messages, CarryDescriptors) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  int received = -1;
  carry(
      [&](Writer& writer) {
        writer.fd(ends[1]);
        ::close(ends[1]);  // the message has its own
      },
      [&](const Message& message) { received = message.read().read_fd(); });
  ASSERT_GE(received, 0);
  EXPECT_NE(::fcntl(received, F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(::write(received, "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 1);
  ::close(received);
  EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "and nobody else has it";
  ::close(ends[0]);
}

}  // namespace
}  // namespace moor::dbus
