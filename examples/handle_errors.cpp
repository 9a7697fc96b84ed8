// Each way in which a connection fails, and what to do about it. Every error has the attempts that were made, the last cause and one sentence
// of advice. The hub scans on meanwhile: attempts may take half a minute, after which a system has forgotten a device that nobody hears.

#include "run.hpp"

moor::awaitable<std::optional<moor::Client>> connect_with_error_handling(moor::Hub& hub, moor::Address address) {
  try {
    const moor::Target device = co_await examples::find(hub, address);
    co_return co_await moor::establish_connection(hub, device);
  } catch (const moor::DeviceNotFound&) {
    std::printf("Device not found - it may have moved out of range\n");
  } catch (const moor::OutOfConnectionSlots& error) {
    std::printf("No connection slots available - try disconnecting other devices\n%s\n", error.advice().c_str());
  } catch (const moor::ConnectionAborted& error) {
    std::printf("Connection aborted - check for interference or move closer\n%s\n", error.advice().c_str());
  } catch (const moor::ConnectionFailed& error) {
    std::printf("Connection failed: %s\n", error.what());
    for (const moor::FailedAttempt& attempt : error.attempts())
      std::printf("  %s: %s\n", attempt.radio.c_str(), attempt.cause.text.c_str());
  }
  co_return std::nullopt;
}

moor::awaitable<void> try_it(moor::Hub& hub, moor::Address address) {
  std::optional<moor::Client> client = co_await connect_with_error_handling(hub, address);
  if (!client) co_return;
  std::printf("Connected to %s\n", client->description().c_str());
  co_await client->disconnect();
}

int main(int argc, char** argv) {
  return examples::run_hub(argc, argv, [&](moor::Hub& hub) { return try_it(hub, examples::address_argument(argc, argv, 2)); });
}
