// What is done with a device that works, over one connection.

#include "core/within.hpp"
#include "lab/suite/bench.hpp"

namespace moor::lab {

namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::SizeIs;

const Uuid battery_level(0x2A19);

class Operations : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    const auto work = []() -> awaitable<void> { client_.emplace(co_await Bench::get().connect(devices().sensor)); };
    Bench::get().run(work());
  }
  static void TearDownTestSuite() {
    const auto work = []() -> awaitable<void> {
      if (client_) co_await client_->disconnect();
    };
    Bench::get().run(work());
    client_.reset();
  }
  void SetUp() override { ASSERT_TRUE(client_ && client_->is_connected()); }

  static Client& client() { return *client_; }
  static Clock& clock() { return Bench::get().clock(); }

  /// The next values of the subscription, as many as come within 5 s, at most `count`.
  static awaitable<std::vector<std::string>> take(Notifications& values, size_t count) {
    std::vector<std::string> taken;
    const TimePoint deadline = clock().now() + 5s;
    while (taken.size() < count) {
      const auto value = co_await within(clock(), deadline, values.next());
      if (!value || !*value) break;
      taken.push_back(to_hex((*value)->value));
    }
    co_return taken;
  }

private:
  inline static std::optional<Client> client_;
};

TEST_F(Operations, Read) {
  const auto work = []() -> awaitable<void> {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(to_hex(co_await client().read(battery_level)), "55");
  };
  Bench::get().run(work());
}

TEST_F(Operations, WriteWithResponse) {
  const auto work = []() -> awaitable<void> {
    const std::vector<uint8_t> value{0xBE, 0xEF};
    co_await client().write(Uuid(0xFFF1), value, WriteKind::with_response);
    EXPECT_EQ(co_await client().read(Uuid(0xFFF1)), value);
  };
  Bench::get().run(work());
}

TEST_F(Operations, WriteWithoutResponse) {
  const auto work = []() -> awaitable<void> {
    const std::vector<uint8_t> value{0x07};
    co_await client().write(Uuid(0xFFF2), value, WriteKind::without_response);
    EXPECT_EQ(co_await client().read(Uuid(0xFFF2)), value);
  };
  Bench::get().run(work());
}

TEST_F(Operations, LongWriteIsReadBack) {
  const auto work = []() -> awaitable<void> {
    std::vector<uint8_t> value(300);
    for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<uint8_t>(i);
    co_await client().write(Uuid(0xFFF5), value, WriteKind::with_response);
    EXPECT_EQ(co_await client().read(Uuid(0xFFF5)), value);
  };
  Bench::get().run(work());
}

TEST_F(Operations, Descriptors) {
  const auto work = []() -> awaitable<void> {
    EXPECT_EQ(to_hex(co_await client().read_descriptor(Uuid(0xFFF1), Uuid(0x2901))), "4c6162");
    const std::vector<uint8_t> value{1, 2, 3};
    co_await client().write_descriptor(Uuid(0xFFF1), Uuid(0xFD01), value);
    EXPECT_EQ(co_await client().read_descriptor(Uuid(0xFFF1), Uuid(0xFD01)), value);
  };
  Bench::get().run(work());
}

TEST_F(Operations, Notify) {
  const auto work = []() -> awaitable<void> {
    Notifications values = co_await client().subscribe(battery_level);
    EXPECT_THAT(co_await take(values, 3), AllOf(SizeIs(3), Each("55")));
    co_await client().unsubscribe(battery_level);
    EXPECT_FALSE(co_await values.next()) << "after the end of the subscription";
  };
  Bench::get().run(work());
}

TEST_F(Operations, Indicate) {
  const auto work = []() -> awaitable<void> {
    Notifications values = co_await client().subscribe(Uuid(0xFFF3));
    EXPECT_THAT(co_await take(values, 3), AllOf(SizeIs(3), Each("2a")));
    co_await client().unsubscribe(Uuid(0xFFF3));
  };
  Bench::get().run(work());
}

// Values come every 10 ms, a write takes longer: what comes before its response is delivered before it is done.
TEST_F(Operations, NotificationBeforeTheWritesResponse) {
  const auto work = []() -> awaitable<void> {
    const CharacteristicName source(Uuid(0xFFF6));
    const uint16_t handle = client().services().get_characteristic(source).handle;
    uint64_t received = 0;
    const Link::ValueCallback count = [&](Bytes value, TimePoint) { received += value.size() == 1 && value[0] == 0x77; };
    co_await client().link().subscribe(handle, SubscribeKind::notification, count, clock().now() + 5s);
    const uint64_t before = received;
    for (uint8_t i = 0; i < 10; ++i) {
      const std::vector<uint8_t> value{i};
      co_await client().write(Uuid(0xFFF1), value, WriteKind::with_response);
    }
    EXPECT_GT(received, before);
    co_await client().link().unsubscribe(handle, clock().now() + 5s);
    const uint64_t after = received;
    co_await clock().wait_for(200ms);
    EXPECT_EQ(received, after) << "after the end of the subscription";
  };
  Bench::get().run(work());
}

TEST_F(Operations, RssiOfTheConnection) {
  const auto work = []() -> awaitable<void> {
    const int8_t rssi = co_await client().rssi();
    EXPECT_LT(rssi, -40);
    EXPECT_GT(rssi, -90);
  };
  Bench::get().run(work());
}

TEST_F(Operations, MtuOfTheDevice) {
  EXPECT_EQ(client().mtu(), 247);
  EXPECT_EQ(client().max_write_without_response(), 244);
}

// Linux 6.1 keeps parameters for the next connection and leaves the one there is as it is.
TEST_F(Operations, ConnectionParametersAreForTheNextConnection) {
  const auto work = []() -> awaitable<void> {
    const ConnectionParameters parameters = fast_parameters;
    EXPECT_EQ(co_await client().set_connection_parameters(parameters), ParametersApplied::next_connection);
  };
  Bench::get().run(work());
}

TEST_F(Operations, WhatIsNotThereIsSaidNotToBe) {
  const auto work = []() -> awaitable<void> {
    try {
      (void)co_await client().read(Uuid(0xFFFE));
      ADD_FAILURE() << "read what is not there";
    } catch (const AttributeNotFound&) {
    }
    EXPECT_TRUE(client().is_connected());
  };
  Bench::get().run(work());
}

TEST_F(Operations, TwoLinksAtOnce) {
  const auto work = []() -> awaitable<void> {
    Client other = co_await Bench::get().connect(devices().old);
    EXPECT_EQ(other.mtu(), 23) << "as small as the device's";
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(to_hex(co_await other.read(battery_level)), "28");
      EXPECT_EQ(to_hex(co_await client().read(battery_level)), "55");
    }
    co_await other.disconnect();
    EXPECT_FALSE(other.is_connected());
    EXPECT_EQ(to_hex(co_await client().read(battery_level)), "55");
  };
  Bench::get().run(work());
}

}  // namespace

}  // namespace moor::lab
