#pragma once
// What the gateway tells others: states of devices and events over MQTT, entities in Home Assistant, events to webhooks. Events come from the store's
// outbox, or from one in memory where there is no store.

#include "gateway/gateway.hpp"
#include "moor/outbox.hpp"
#include "mqtt/client.hpp"

namespace moor::http {
class Client;
}

namespace moor::publish {

struct MqttStatus {
  mqtt::State state;
  mqtt::Statistics statistics;
  OutboxStatistics::Sink events;
  uint64_t states = 0;    ///< of devices, that were published
  size_t entities = 0;    ///< devices that Home Assistant knows from this gateway
  Duration last_delay{};  ///< from the event to the broker's acknowledgement, of the newest event
};

struct WebhookStatus {
  std::string url;      ///< as it may be shown
  std::string problem;  ///< empty while all is well
  OutboxStatistics::Sink events;
  uint64_t delivered = 0;
  uint64_t refused = 0;  ///< events that were given up because the server does not want them
};

struct PublisherStatus {
  std::optional<MqttStatus> mqtt;  ///< none without a broker in the configuration
  std::vector<WebhookStatus> webhooks;
};

struct PublisherOptions {
  std::function<void(LogLevel, const std::string&)> log = nullptr;  ///< what is in the way, and that it has gone
  std::function<void(Duration)> on_published = nullptr;  ///< an event was acknowledged by the broker so long after it happened
};

class Publisher {
public:
  /// Listens to the gateway from now on.
  /// @param mqtt  null: no MQTT. @param http  null: no webhooks. The gateway outlives it.
  /// @throws ConfigError for a token file that cannot be read, UsageError for a URL that is none.
  Publisher(Gateway& gateway, boost::asio::any_io_executor executor, std::unique_ptr<mqtt::Client> mqtt,
            std::unique_ptr<http::Client> http, PublisherOptions options);
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;
  ~Publisher();

  /// Publishes until it is cancelled; nothing that goes wrong at a broker or a server ends it. Cancellation: total, after the goodbye to the broker.
  [[nodiscard]] awaitable<void> run();
  [[nodiscard]] PublisherStatus status() const;

private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Whether the configuration has anything to publish to.
[[nodiscard]] bool publishes(const GatewayConfig& config) noexcept;
/// A publisher with the clients that the configuration asks for. @throws ConfigError for files of passwords, tokens and TLS that cannot be used,
/// UsageError for a URL that is none.
[[nodiscard]] std::unique_ptr<Publisher> make_publisher(Gateway& gateway, boost::asio::any_io_executor executor,
                                                        PublisherOptions options);

}  // namespace moor::publish
