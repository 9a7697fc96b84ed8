// How it should not be done: the loop knows no disconnection. It works on the desk, and ends when the sensor goes to sleep, with what the
// read throws. monitor.cpp is the same with a session.

#include "moor/value_format.hpp"
#include "run.hpp"

using namespace std::chrono_literals;

moor::awaitable<void> monitor_temperature(moor::PathSource& paths, moor::Target device) {
  const auto celsius = moor::ValueFormat::parse("s16*0.01 °C");
  moor::Client client = co_await moor::establish_connection(paths, device);
  while (true) {
    const std::vector<uint8_t> value = co_await client.read(moor::Uuid(0x2A6E));
    std::printf("Temperature: %s\n", celsius.text(value).c_str());
    co_await paths.clock().wait_for(60s);
  }
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, monitor_temperature);
}
