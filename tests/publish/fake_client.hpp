#pragma once
// A broker's client without a broker: notes what is published, acknowledges it when the test says so, and gives what the test sends.

#include "core/event.hpp"
#include "mqtt/client.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <vector>

namespace moor::testing {

class FakeClient final : public mqtt::Client {
public:
  explicit FakeClient(boost::asio::any_io_executor executor, size_t max_in_flight = 500)
      : executor_(std::move(executor)), max_(max_in_flight) {}

  [[nodiscard]] awaitable<void> run() override {
    Event never(co_await boost::asio::this_coro::executor);
    co_await never.wait();
  }
  using mqtt::Client::publish;
  [[nodiscard]] bool publish(mqtt::Message message, Done done) override {
    if (state_.phase != mqtt::Phase::connected || in_flight_.size() >= max_) return false;
    sent.push_back(message);
    if (message.retain) retained[message.topic] = message.payload;
    in_flight_.push_back(std::move(done));
    if (acknowledges && !std::exchange(posted_, true))
      boost::asio::post(executor_, [this] {
        posted_ = false;
        acknowledge_all();
      });
    return true;
  }
  void subscribe(mqtt::Subscription subscription) override { subscriptions.push_back(std::move(subscription)); }
  void on_message(std::function<void(const mqtt::Message&)> call) override { message_call_ = std::move(call); }
  void on_state(std::function<void(const mqtt::State&)> call) override { state_call_ = std::move(call); }
  [[nodiscard]] const mqtt::State& state() const noexcept override { return state_; }
  [[nodiscard]] mqtt::Statistics statistics() const noexcept override { return {.in_flight = in_flight_.size()}; }
  [[nodiscard]] size_t max_in_flight() const noexcept override { return max_; }

  void connect() { set(mqtt::Phase::connected); }
  void disconnect() {
    for (const Done& done : std::exchange(in_flight_, {}))
      if (done) done(mqtt::Delivery::lost);
    set(mqtt::Phase::failed);
  }
  void acknowledge_all() {
    for (const Done& done : std::exchange(in_flight_, {}))
      if (done) done(mqtt::Delivery::acknowledged);
  }
  void receive(const mqtt::Message& message) { message_call_(message); }
  [[nodiscard]] std::vector<std::string> payloads_of(std::string_view topic) const {
    std::vector<std::string> all;
    for (const mqtt::Message& message : sent)
      if (message.topic == topic) all.push_back(message.payload);
    return all;
  }

  bool acknowledges = true;  // soon
  std::vector<mqtt::Message> sent;
  std::map<std::string, std::string> retained;
  std::vector<mqtt::Subscription> subscriptions;

private:
  boost::asio::any_io_executor executor_;
  bool posted_ = false;
  void set(mqtt::Phase phase) {
    state_.phase = phase;
    if (state_call_) state_call_(state_);
  }
  size_t max_;
  mqtt::State state_;
  std::vector<Done> in_flight_;
  std::function<void(const mqtt::Message&)> message_call_;
  std::function<void(const mqtt::State&)> state_call_;
};

}  // namespace moor::testing
