#pragma once
// How publishing is doing, as the API's status has it.

#include "publish/publisher.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace moor::publish {

/// {"state", "problem", "advice", "waiting", "dropped", "published", "states", "entities"}; null without a broker.
[[nodiscard]] boost::json::value mqtt_json(const PublisherStatus& status);
/// [{"url", "waiting", "dropped", "delivered", "refused", "problem"}]
[[nodiscard]] boost::json::array webhooks_json(const PublisherStatus& status);
/// What a person should see to.
[[nodiscard]] std::vector<GatewayProblem> problems_of(const PublisherStatus& status);

}  // namespace moor::publish
