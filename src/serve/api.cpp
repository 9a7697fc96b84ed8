#include "serve/api.hpp"

#include "serve/devices_api.hpp"
#include "serve/explorer.hpp"
#include "serve/openapi.hpp"
#include "serve/radios_api.hpp"
#include "serve/store_api.hpp"

namespace moor::serve {

Api::Api(boost::asio::any_io_executor executor, Gateway& gateway, ApiOptions options)
    : executor_(executor),
      gateway_(gateway),
      today_(gateway.clock()),
      devices_(gateway, activity_),
      status_(gateway, std::move(options.status)),
      lab_(std::move(options.lab)),
      store_(executor, gateway.clock(), gateway.config().store.path),
      live_(executor, gateway, devices_,
            {.radios = [this]() { return radios_json(gateway_, devices_); },
             .status = [this]() { return status_.show(true, true); }}) {
  for (GatewayListener* const listener : std::initializer_list<GatewayListener*>{&activity_, &history_, &today_, &live_})
    gateway_.add_listener(*listener);
}

void Api::add_to(http::Router& router) {
  add_status_routes(router, status_);
  add_device_routes(router, gateway_, devices_, history_, store_);
  add_zone_routes(router, gateway_, devices_, today_);
  add_radio_routes(router, gateway_, devices_);
  add_store_routes(router, store_);
  add_explorer_route(router, gateway_, devices_);
  add_lab(router, gateway_.clock(), lab_);
  add_openapi_route(router);
  router.events("/api/v1/live", [this](const http::Request&, std::shared_ptr<http::EventStream> stream) {
    return live_.serve(std::move(stream));
  });
}

// Visits of today that began before this process did.
awaitable<void> Api::recall_today() {
  if (!store_.has_store()) co_return;
  const WallTime midnight = today_.midnight(gateway_.clock().now());
  const auto visits = std::make_shared<std::vector<StoredVisit>>();
  StoreQuestions::Question question = [midnight, visits, path = gateway_.config().store.path](store::TableReader&) {
    StoreQuery query;
    query.from = midnight;
    query.limit = static_cast<size_t>(most_rows);
    *visits = StoreReader(path).visits(query).rows;
    return http::Response();
  };
  try {
    co_await store_.ask(std::move(question));
  } catch (const Error&) {
    co_return;  // the status says what is wrong with the store
  }
  const TimePoint started = gateway_.started();
  for (const StoredVisit& visit : *visits)
    if (visit.entered >= midnight && visit.entered < gateway_.clock().to_wall(started))
      today_.recall(visit.zone, visit.device, visit.dwell);
}

awaitable<void> Api::run() {
  co_await recall_today();
  co_await live_.run();
}

}  // namespace moor::serve
