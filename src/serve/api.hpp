#pragma once
// The REST API of a gateway (docs/api.md): all that the dashboard and other programs ask of it, added to a router.

#include "serve/history.hpp"
#include "serve/lab.hpp"
#include "serve/live.hpp"
#include "serve/status_api.hpp"
#include "serve/store_questions.hpp"
#include "serve/zones_api.hpp"

namespace moor::serve {

struct ApiOptions {
  StatusOptions status = {};
  LabOptions lab = {};
};

class Api {
public:
  /// `gateway` outlives it, and it outlives the gateway's run: it listens to it.
  Api(boost::asio::any_io_executor executor, Gateway& gateway, ApiOptions options);
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// It outlives the router's use.
  void add_to(http::Router& router);
  /// Live data, until it is cancelled.
  [[nodiscard]] awaitable<void> run();

private:
  [[nodiscard]] awaitable<void> recall_today();

  boost::asio::any_io_executor executor_;
  Gateway& gateway_;
  Activity activity_;
  History history_;
  Today today_;
  DeviceView devices_;
  Status status_;
  LabOptions lab_;
  StoreQuestions store_;
  Live live_;
};

}  // namespace moor::serve
