// A client type of one's own, with what this device can do as its operations.

#include "moor/characteristic_value.hpp"
#include "run.hpp"

class HeartRateMonitor : public moor::Client {
public:
  explicit HeartRateMonitor(moor::Client&& client) : Client(std::move(client)) {}

  /// "82 bpm"
  [[nodiscard]] moor::awaitable<std::string> heart_rate() {
    const moor::Uuid measurement(0x2A37);
    const std::vector<uint8_t> value = co_await read(measurement);
    const std::optional<moor::DecodedValue> decoded = moor::decode_characteristic(measurement, value);
    co_return decoded ? decoded->text : moor::to_hex(value);
  }
};

moor::awaitable<void> connect_with_custom_client(moor::PathSource& paths, moor::Target device) {
  moor::ConnectOptions options;
  options.max_attempts = 3;
  HeartRateMonitor monitor = co_await moor::establish_connection_as<HeartRateMonitor>(paths, device, options);
  const std::string heart_rate = co_await monitor.heart_rate();
  std::printf("%s\n", heart_rate.c_str());
  co_await monitor.disconnect();
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, connect_with_custom_client);
}
