// Each error code of the attribute protocol: what the device refuses with is what arrives.

#include "lab/suite/bench.hpp"

#include <fmt/format.h>

namespace moor::lab {

namespace {

// At 0x05 and 0x0F bluetoothd pairs, and the world has a device of its own for that; so they are not here.
constexpr uint8_t codes[] = {0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C,
                             0x0D, 0x0E, 0x10, 0x11, 0x12, 0x13, 0x80, 0xFC, 0xFD, 0xFE, 0xFF};

// What bluetoothd has one word for is one code (5.66, src/gatt-client.c, create_gatt_dbus_error): "Not paired" is 0x05, 0x0C and 0x0F.
constexpr uint8_t told(uint8_t code) {
  return code == 0x0C ? 0x05 : code;
}

/// The code that the operation was refused with; 0 where it was done.
awaitable<unsigned> refusal(awaitable<void> operation) {
  try {
    co_await std::move(operation);
  } catch (const GattError& error) {
    co_return error.code();
  }
  co_return 0;
}

awaitable<void> read(Client& client, Uuid uuid) {
  (void)co_await client.read(uuid);
}
awaitable<void> write(Client& client, Uuid uuid) {
  const std::vector<uint8_t> value{1};
  co_await client.write(uuid, value, WriteKind::with_response);
}
awaitable<void> subscribe(Client& client, Uuid uuid) {
  (void)co_await client.subscribe(uuid);
}
awaitable<void> read_descriptor(Client& client, Uuid uuid, Uuid descriptor) {
  (void)co_await client.read_descriptor(uuid, descriptor);
}
awaitable<void> write_descriptor(Client& client, Uuid uuid, Uuid descriptor) {
  const std::vector<uint8_t> value{1};
  co_await client.write_descriptor(uuid, descriptor, value);
}

TEST(Refusals, EachCodeArrivesFromCharacteristicsAndDescriptors) {
  const auto work = []() -> awaitable<void> {
    ConnectOptions options;
    options.client.operation_timeout = 5s;
    Client client = co_await Bench::get().connect(devices().errors, options);
    for (const uint8_t code : codes) {
      SCOPED_TRACE(fmt::format("code 0x{:02x}", code));
      const Uuid characteristic(0xEE00U + code), descriptor(0xED00U + code);
      EXPECT_EQ(co_await refusal(read(client, characteristic)), told(code));
      EXPECT_EQ(co_await refusal(write(client, characteristic)), told(code));
      EXPECT_EQ(co_await refusal(subscribe(client, characteristic)), told(code));
      EXPECT_EQ(co_await refusal(read_descriptor(client, characteristic, descriptor)), told(code));
      EXPECT_EQ(co_await refusal(write_descriptor(client, characteristic, descriptor)), told(code));
    }
    EXPECT_TRUE(client.is_connected());
    co_await client.disconnect();
  };
  Bench::get().run(work(), 60s);
}

}  // namespace

}  // namespace moor::lab
