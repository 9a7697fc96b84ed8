#include "publish/publisher.hpp"

#include "core/activities.hpp"
#include "core/iso_time.hpp"
#include "core/json_text.hpp"
#include "gateway/event_message.hpp"
#include "http/client.hpp"
#include "moor/version.hpp"
#include "publish/device_publisher.hpp"
#include "publish/event_sender.hpp"
#include "publish/memory_outbox.hpp"
#include "publish/mqtt_options.hpp"
#include "publish/webhook.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>

namespace moor::publish {

namespace {

// Without a store: events into the outbox in memory.
class EventMaker final : public GatewayListener {
public:
  EventMaker(MemoryOutbox& outbox, const std::string& gateway, const Clock& clock)
      : outbox_(outbox), gateway_(gateway), clock_(clock) {}
  void on_zone(const ZoneEvent& event) override { outbox_.put("zone", event.time, zone_message(event, gateway_, clock_)); }
  void on_visit_began(const VisitEvent& event) override {
    outbox_.put("visit", event.entered, visit_message(event, gateway_, clock_));
  }
  void on_visit_ended(const VisitEvent& event) override {
    outbox_.put("visit", event.left.value_or(event.entered), visit_message(event, gateway_, clock_));
  }

private:
  MemoryOutbox& outbox_;
  const std::string& gateway_;
  const Clock& clock_;
};

}  // namespace

struct Publisher::Parts {
  // What belongs to a broker.
  struct Mqtt {
    Mqtt(Gateway& gateway, Outbox& outbox, mqtt::Client& client, const Topics& topics)
        : events(outbox, client, gateway.clock(), topics, gateway.config().mqtt.queue), devices(gateway, client, topics) {}
    EventSender events;
    DevicePublisher devices;
  };

  Parts(Gateway& published, boost::asio::any_io_executor on, std::unique_ptr<mqtt::Client> client,
        std::unique_ptr<http::Client> http, PublisherOptions wanted)
      : gateway(published),
        executor(std::move(on)),
        options(std::move(wanted)),
        topics(published.config().mqtt.topic, published.config().gateway.name),
        memory(published.clock()),
        maker(memory, published.config().gateway.name, published.clock()),
        mqtt_client(std::move(client)),
        http_client(std::move(http)) {
    const GatewayConfig& config = gateway.config();
    if (gateway.store() == nullptr) gateway.add_listener(maker);
    if (mqtt_client) {
      mqtt.emplace(gateway, outbox(), *mqtt_client, topics);
      mqtt->events.on_published(options.on_published);
      mqtt_client->on_message([this](const mqtt::Message& message) { mqtt->devices.on_message(message); });
      mqtt_client->on_state([this](const mqtt::State& state) { on_state(state); });
    }
    if (http_client)
      for (const auto& entry : config.webhooks)
        webhooks.push_back(std::make_unique<Webhook>(outbox(), *http_client, gateway.clock(), entry, config, options.log));
    // The outbox may live longer than this.
    outbox().on_committed([alive = std::weak_ptr<Parts*>(self)] {
      if (const auto parts = alive.lock()) (*parts)->on_committed();
    });
  }

  [[nodiscard]] Outbox& outbox() {
    if (Store* const store = gateway.store()) return store->outbox();
    return memory;
  }

  void on_committed() {
    if (mqtt) mqtt->events.on_committed();
    for (const auto& webhook : webhooks) webhook->wake();
  }

  void on_state(const mqtt::State& state) {
    using mqtt::Phase;
    if (state.phase == Phase::connected) {
      publish_greeting();
      mqtt->events.on_connected();
      mqtt->devices.on_connected();
      log(LogLevel::info, fmt::format("mqtt: connected to {}", gateway.config().mqtt.host));
      told.clear();
      return;
    }
    mqtt->events.on_lost();
    mqtt->devices.on_disconnected();
    if (state.phase != Phase::failed || state.problem == told) return;
    told = state.problem;
    log(LogLevel::warning, fmt::format("mqtt: {}; {}", state.problem, state.advice));
  }

  void log(LogLevel level, const std::string& text) const {
    if (options.log) options.log(level, text);
  }

  void publish_greeting() {
    const auto retained = [&](std::string topic, std::string payload) {
      mqtt::Message message{
          .topic = std::move(topic), .payload = std::move(payload), .qos = mqtt::Qos::at_least_once, .retain = true};
      static_cast<void>(mqtt_client->publish(std::move(message)));  // the connection is new: there is room
    };
    boost::json::array radios;
    for (const RadioState& radio : gateway.radios()) radios.push_back(boost::json::value(radio.name));
    retained(topics.info(), to_line(boost::json::object{{"name", gateway.config().gateway.name},
                                                        {"version", version},
                                                        {"started", to_iso(gateway.clock().to_wall(gateway.started()))},
                                                        {"radios", std::move(radios)}}));
    retained(topics.status(), "online");
  }

  Gateway& gateway;
  boost::asio::any_io_executor executor;
  PublisherOptions options;
  Topics topics;
  MemoryOutbox memory;
  EventMaker maker;
  std::unique_ptr<mqtt::Client> mqtt_client;
  std::unique_ptr<http::Client> http_client;
  std::optional<Mqtt> mqtt;
  std::vector<std::unique_ptr<Webhook>> webhooks;
  std::string told;  // the problem that was logged last
  std::shared_ptr<Parts*> self = std::make_shared<Parts*>(this);
};

Publisher::Publisher(Gateway& gateway, boost::asio::any_io_executor executor, std::unique_ptr<mqtt::Client> mqtt,
                     std::unique_ptr<http::Client> http, PublisherOptions options)
    : parts_(std::make_unique<Parts>(gateway, std::move(executor), std::move(mqtt), std::move(http), std::move(options))) {}

Publisher::~Publisher() = default;

awaitable<void> Publisher::run() {
  Parts& p = *parts_;
  Activities activities(p.executor);
  const auto start = [&](awaitable<void> work) {
    // Only a cancellation ends them, and what is wrong with the configuration's files has been said before.
    activities.start(std::move(work), [](const std::exception_ptr&) {});
  };
  if (p.mqtt) {
    start(p.mqtt->events.run());
    start(p.mqtt->devices.run());
    start(p.mqtt_client->run());
  }
  for (const auto& webhook : p.webhooks) start(webhook->run());
  std::exception_ptr cancelled;
  try {
    Event never(p.executor);
    co_await never.wait();
  } catch (...) {
    cancelled = std::current_exception();
  }
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  co_await activities.stop();
  std::rethrow_exception(cancelled);
}

PublisherStatus Publisher::status() const {
  const Parts& p = *parts_;
  PublisherStatus status;
  if (p.mqtt) {
    MqttStatus& mqtt = status.mqtt.emplace();
    mqtt.state = p.mqtt_client->state();
    mqtt.statistics = p.mqtt_client->statistics();
    const OutboxStatistics all = parts_->outbox().statistics();
    if (const auto found = all.sinks.find(EventSender::sink); found != all.sinks.end()) mqtt.events = found->second;
    mqtt.states = p.mqtt->devices.states();
    mqtt.entities = p.mqtt->devices.entities();
    mqtt.last_delay = p.mqtt->events.last_delay();
    if (mqtt.state.problem.empty()) mqtt.state.problem = p.mqtt->events.problem();
  }
  for (const auto& webhook : p.webhooks) status.webhooks.push_back(webhook->status());
  return status;
}

bool publishes(const GatewayConfig& config) noexcept {
  return !config.mqtt.host.empty() || !config.webhooks.empty();
}

std::unique_ptr<Publisher> make_publisher(Gateway& gateway, boost::asio::any_io_executor executor, PublisherOptions options) {
  const GatewayConfig& config = gateway.config();
  std::unique_ptr<mqtt::Client> mqtt;
  std::unique_ptr<http::Client> http;
  if (!config.mqtt.host.empty())
    mqtt = std::make_unique<mqtt::MosquittoClient>(executor, gateway.clock(),
                                                   mqtt_options(config, Topics(config.mqtt.topic, config.gateway.name)));
  if (!config.webhooks.empty()) http = std::make_unique<http::Client>(executor, gateway.clock());
  return std::make_unique<Publisher>(gateway, std::move(executor), std::move(mqtt), std::move(http), std::move(options));
}

}  // namespace moor::publish
