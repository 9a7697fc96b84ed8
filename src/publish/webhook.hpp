#pragma once
// Events as POSTs to a server: one after the other, each until the server has it or has said no often enough.

#include "gateway/config.hpp"
#include "http/client.hpp"
#include "moor/outbox.hpp"
#include "publish/publisher.hpp"
#include "publish/wake.hpp"
#include "publish/webhook_policy.hpp"

namespace moor::publish {

class Webhook {
public:
  using Log = std::function<void(LogLevel, const std::string&)>;

  /// All outlive it. @throws UsageError for a URL that is none, ConfigError for a token file that cannot be read.
  Webhook(Outbox& outbox, http::Client& client, Clock& clock, const GatewayConfig::WebhookEntry& entry,
          const GatewayConfig& config, Log log);

  /// Until it is cancelled. Cancellation: total.
  [[nodiscard]] awaitable<void> run();
  /// The outbox may have more.
  void wake() { wake_(); }
  [[nodiscard]] WebhookStatus status() const;
  [[nodiscard]] const std::string& sink() const noexcept { return sink_; }

private:
  [[nodiscard]] awaitable<void> deliver(OutboxMessage message);
  [[nodiscard]] awaitable<WebhookPolicy::Next> attempt(const OutboxMessage& message);
  void set_problem(std::string problem);

  Outbox& outbox_;
  http::Client& client_;
  Clock& clock_;
  GatewayConfig::WebhookEntry entry_;
  http::Url url_;
  std::string sink_;
  std::string token_;
  std::string gateway_;
  Log log_;
  Wake wake_;
  WebhookPolicy policy_;
  std::string problem_;
  uint64_t delivered_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace moor::publish
