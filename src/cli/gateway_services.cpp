#include "cli/gateway_services.hpp"

#include "core/event.hpp"

namespace moor::cli {

struct GatewayServices::State {
  State(Gateway& served, boost::asio::any_io_executor on, Clock& with, GatewayServicesOptions wanted)
      : gateway(served), executor(std::move(on)), clock(with), options(std::move(wanted)) {}

  Gateway& gateway;
  boost::asio::any_io_executor executor;
  Clock& clock;
  GatewayServicesOptions options;
};

GatewayServices::GatewayServices(Gateway& gateway, boost::asio::any_io_executor executor, Clock& clock,
                                 GatewayServicesOptions options)
    : state_(std::make_unique<State>(gateway, std::move(executor), clock, std::move(options))) {}

GatewayServices::~GatewayServices() = default;

awaitable<void> GatewayServices::run() {
  Event never(state_->executor);
  co_await never.wait();
}

std::string GatewayServices::url() const {
  return {};
}

}  // namespace moor::cli
