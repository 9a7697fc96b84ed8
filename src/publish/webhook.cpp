#include "publish/webhook.hpp"

#include "gateway/identities.hpp"
#include "publish/secrets.hpp"

#include <fmt/format.h>
#include <utility>

namespace moor::publish {

namespace {

constexpr size_t batch = 100;
constexpr Duration after_a_failed_read = std::chrono::seconds(5);

bool is_wanted(const std::set<EventKind>& kinds, const std::string& kind) {
  return kinds.contains(kind == "visit" ? EventKind::visit : EventKind::zone);
}

// The URL may have a secret in its query, which is nothing for a database.
std::string sink_name(const http::Url& url, const std::string& text) {
  return fmt::format("webhook:{}#{:08x}", url.to_string(), static_cast<uint32_t>(Identities::number_of(text)));
}

}  // namespace

Webhook::Webhook(Outbox& outbox, http::Client& client, Clock& clock, const GatewayConfig::WebhookEntry& entry,
                 const GatewayConfig& config, Log log)
    : outbox_(outbox),
      client_(client),
      clock_(clock),
      entry_(entry),
      url_(http::parse_url(entry.url)),
      sink_(sink_name(url_, entry.url)),
      token_(read_secret(entry.token, entry.token_file, "webhook.token_file")),
      gateway_(config.gateway.name),
      log_(std::move(log)),
      policy_(Identities::number_of(sink_ + gateway_)) {
  outbox_.register_sink(sink_, entry_.queue);
}

awaitable<void> Webhook::run() {
  uint64_t last = 0;
  for (;;) {
    std::vector<OutboxMessage> messages;
    bool failed = false;
    try {
      messages = co_await outbox_.read(sink_, batch, last);
    } catch (const StoreError& error) {
      set_problem(error.what());
      failed = true;
    }
    if (failed) {
      co_await clock_.wait_for(after_a_failed_read);
      continue;
    }
    for (OutboxMessage& message : messages) {
      last = message.id;
      if (is_wanted(entry_.events, message.kind)) co_await deliver(std::move(message));
      outbox_.acknowledge(sink_, last);
    }
    if (messages.empty()) co_await wake_.wait();
  }
}

awaitable<void> Webhook::deliver(OutboxMessage message) {
  for (;;) {
    const WebhookPolicy::Next next = co_await attempt(message);
    if (next.done) {
      ++(next.refused ? refused_ : delivered_);
      co_return;
    }
    co_await clock_.wait_for(next.wait);
  }
}

awaitable<WebhookPolicy::Next> Webhook::attempt(const OutboxMessage& message) {
  http::Headers headers{{"Content-Type", "application/json"}, {"X-Moor-Event", message.kind}, {"X-Moor-Gateway", gateway_}};
  if (!token_.empty()) headers.add("Authorization", "Bearer " + token_);
  const TimePoint deadline = clock_.now() + entry_.timeout;
  std::optional<unsigned> status;
  std::optional<Duration> retry_after;
  std::string problem;
  try {
    http::ClientResponse response = co_await client_.post(url_, std::move(headers), message.payload, deadline);
    status = response.status;
    retry_after = response.retry_after;
    if (response.status < 200 || response.status >= 300)
      problem = fmt::format("{} answers {}", url_.to_string(), response.status);
  } catch (const Error& error) {
    problem = error.what();
    if (!error.advice().empty()) problem += "; " + error.advice();
  }
  const WebhookPolicy::Next next = policy_.on_attempt(status, retry_after);
  if (next.refused) problem += "; the event was given up";
  set_problem(std::move(problem));
  co_return next;
}

void Webhook::set_problem(std::string problem) {
  if (problem == problem_) return;
  if (log_) {
    if (problem.empty())
      log_(LogLevel::info, fmt::format("webhook: {} takes events again", url_.to_string()));
    else
      log_(LogLevel::warning, "webhook: " + problem);
  }
  problem_ = std::move(problem);
}

WebhookStatus Webhook::status() const {
  WebhookStatus status{.url = url_.to_string(), .problem = problem_, .events = {}, .delivered = delivered_, .refused = refused_};
  const OutboxStatistics all = outbox_.statistics();
  if (const auto found = all.sinks.find(sink_); found != all.sinks.end()) status.events = found->second;
  return status;
}

}  // namespace moor::publish
