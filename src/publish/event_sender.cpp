#include "publish/event_sender.hpp"

#include "moor/error.hpp"

namespace moor::publish {

EventSender::EventSender(Outbox& outbox, mqtt::Client& client, Clock& clock, const Topics& topics, size_t bound)
    : outbox_(outbox), client_(client), clock_(clock), topics_(topics) {
  outbox_.register_sink(sink, bound);
}

awaitable<void> EventSender::run() {
  for (;;) {
    const bool connected = client_.state().phase == mqtt::Phase::connected;
    if (connected && behind_ && pump_.room() > 0) co_await fetch();
    if (connected) send();
    if (!connected || !behind_ || pump_.room() == 0) co_await wake_.wait();
  }
}

awaitable<void> EventSender::fetch() {
  const size_t room = pump_.room();
  behind_ = false;  // unless something is committed meanwhile
  bool failed = false;
  try {
    std::vector<OutboxMessage> messages = co_await outbox_.read(sink, room, pump_.last());
    if (messages.size() == room) behind_ = true;
    pump_.add(std::move(messages));
    problem_.clear();
  } catch (const StoreError& error) {
    problem_ = error.what();
    failed = true;
  }
  if (!failed) co_return;
  behind_ = true;
  co_await clock_.wait_for(std::chrono::seconds(5));
}

void EventSender::send() {
  while (const OutboxMessage* const event = pump_.next()) {
    mqtt::Message message{.topic = topics_.event(event->kind), .payload = event->payload, .qos = mqtt::Qos::at_least_once};
    auto done = [this, id = event->id, time = event->time](mqtt::Delivery delivery) { settle(id, time, delivery); };
    if (!client_.publish(std::move(message), std::move(done))) return;
    pump_.on_sent();
  }
}

void EventSender::settle(uint64_t id, WallTime time, mqtt::Delivery delivery) {
  if (delivery == mqtt::Delivery::acknowledged) {
    last_delay_ = std::chrono::duration_cast<Duration>(clock_.to_wall(clock_.now()) - time);
    if (published_call_) published_call_(last_delay_);
  }
  if (const auto through = pump_.on_settled(id, delivery)) outbox_.acknowledge(sink, *through);
  wake_();
}

}  // namespace moor::publish
