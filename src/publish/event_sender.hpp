#pragma once
// Events from the outbox to the broker, as EventPump says.

#include "moor/clock.hpp"
#include "publish/event_pump.hpp"
#include "publish/topics.hpp"
#include "publish/wake.hpp"

namespace moor::publish {

class EventSender {
public:
  static constexpr size_t window = 256;  ///< events under way to the broker at most
  static inline const std::string sink = "mqtt";

  /// All outlive it.
  EventSender(Outbox& outbox, mqtt::Client& client, Clock& clock, const Topics& topics, size_t bound);

  /// Until it is cancelled. Cancellation: total.
  [[nodiscard]] awaitable<void> run();
  /// The outbox has more.
  void on_committed() {
    behind_ = true;
    wake_();
  }
  void on_published(std::function<void(Duration)> call) { published_call_ = std::move(call); }
  void on_connected() { wake_(); }
  void on_lost() { pump_.on_lost(); }

  [[nodiscard]] uint64_t refused() const noexcept { return pump_.refused(); }
  [[nodiscard]] Duration last_delay() const noexcept { return last_delay_; }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
  [[nodiscard]] awaitable<void> fetch();
  void send();
  void settle(uint64_t id, WallTime time, mqtt::Delivery delivery);

  Outbox& outbox_;
  mqtt::Client& client_;
  Clock& clock_;
  const Topics& topics_;
  EventPump pump_{window};
  Wake wake_;
  bool behind_ = true;  // the outbox may have what the pump has not
  Duration last_delay_{};
  std::function<void(Duration)> published_call_;
  std::string problem_;
};

}  // namespace moor::publish
