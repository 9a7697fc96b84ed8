// Notifications into a queue, and their work elsewhere: the radio waits for nobody, however slow the work is. Values that find the queue full
// push out the oldest, and the next one says how many were lost.

#include "moor/value_format.hpp"
#include "run.hpp"

using namespace std::chrono_literals;

/// What is too slow for a callback: a file, a database.
moor::awaitable<void> store(moor::Clock& clock, const moor::Notification& notification) {
  static const auto celsius = moor::ValueFormat::parse("s16*0.01 °C");
  co_await clock.wait_for(5s);
  std::printf("%s, %llu lost before\n", celsius.text(notification.value).c_str(),
              static_cast<unsigned long long>(notification.dropped));
}

moor::awaitable<void> process_notifications(moor::PathSource& paths, moor::Target device) {
  const moor::Uuid temperature = *moor::Uuid::parse("2A6E0000-0000-1000-8000-00805f9b34fb");
  moor::Client client = co_await moor::establish_connection(paths, device);
  moor::SubscribeOptions options;
  options.capacity = 4;
  moor::Notifications notifications = co_await client.subscribe(temperature, options);
  for (int count = 0; count < 10; ++count) {
    const std::optional<moor::Notification> notification = co_await notifications.next();
    if (!notification) break;  // the link is closed
    co_await store(paths.clock(), *notification);
  }
  co_await client.unsubscribe(temperature);
  std::printf("%llu received, %llu lost\n", static_cast<unsigned long long>(notifications.received()),
              static_cast<unsigned long long>(notifications.dropped()));
  co_await client.disconnect();
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, process_notifications);
}
