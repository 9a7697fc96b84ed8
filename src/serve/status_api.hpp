#pragma once
// How the gateway is: /api/v1/status for people, /health and /ready for those who watch over it.

#include "gateway/gateway.hpp"
#include "http/router.hpp"

#include <boost/json/value.hpp>
#include <functional>

namespace moor::serve {

/// How what is published elsewhere is doing, as the status has it.
struct PublishingState {
  boost::json::value mqtt{};  ///< {"state", "problem", "waiting", "dropped"}; null where there is no broker
  boost::json::value webhooks = boost::json::array_kind;  ///< [{"url", "waiting", "dropped", "problem"}]
  std::vector<GatewayProblem> problems{};
};

struct StatusOptions {
  bool demo = false;                            ///< the gateway plays the recording that comes with moor
  std::function<PublishingState()> publishing;  ///< null where nothing is published
};

class Status {
public:
  /// `gateway` outlives it.
  Status(Gateway& gateway, StatusOptions options) : gateway_(gateway), options_(std::move(options)) {}

  /// @param required, ok  whether a token is needed, and whether the one who asks has it.
  [[nodiscard]] boost::json::object show(bool required, bool ok) const;
  /// Why the gateway cannot do its work now: no radio hears, or nothing can be kept; empty if it can.
  [[nodiscard]] std::vector<std::string> not_ready() const;
  [[nodiscard]] std::vector<GatewayProblem> problems() const;

private:
  Gateway& gateway_;
  StatusOptions options_;
};

/// `status` outlives the router.
void add_status_routes(http::Router& router, const Status& status);

}  // namespace moor::serve
