#include "cli/device_session.hpp"

#include "core/duration_text.hpp"
#include "moor/device_lookup.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace moor::cli {

namespace asio = boost::asio;

DeviceSession::DeviceSession(const DeviceArguments& arguments)
    : arguments_(arguments),
      wanted_(parse_address(arguments.address)),
      last_{.address = wanted_},
      radios_(arguments.common.radios) {
  const auto& all = radios_.radios();
  if (std::none_of(all.begin(), all.end(), [](const auto& radio) { return radio->info().can_connect; }))
    throw RadioNotAvailable("radio " + all.front()->info().name + " cannot connect",
                            {.radio = all.front()->info().name, .advice = "Use an adapter, a proxy or a simulated world."},
                            Unavailable::cannot_connect);
  ServiceCacheOptions cache_options;
  if (const auto folder = arguments.services_folder()) cache_options.folder = *folder;
  cache_ = std::make_unique<ServiceCache>(cache_options);
  hub_ = std::make_unique<Hub>(radios_.context().get_executor(), radios_.clock(), Radios(all));
}

DeviceSession::~DeviceSession() = default;

ConnectOptions DeviceSession::connect_options() {
  ConnectOptions options = arguments_.connect_options();
  options.cache = cache_.get();
  options.target_callback = [this] { return target(); };
  return options;
}

moor::Target DeviceSession::target() {
  if (const Device* heard = hub_->find(wanted_)) last_ = {heard->address, heard->data.name().value_or(last_.name)};
  return last_;
}

bool DeviceSession::is_known_to_a_system() {
  for (const bool random : {false, true})
    if (const auto known = moor::find_device(*hub_, Address(wanted_.bits(), random))) {
      last_ = known->target();
      return true;
    }
  return false;
}

awaitable<void> DeviceSession::open_radios() {
  std::exception_ptr failure;
  bool opened = false;
  for (const auto& radio : radios_.radios()) {
    try {
      co_await radio->open(clock().now() + from_seconds(arguments_.wait_s));
      opened = true;
    } catch (const Error&) {
      if (!failure) failure = std::current_exception();
    }
  }
  if (!opened) std::rethrow_exception(failure);
}

awaitable<void> DeviceSession::find_device() {
  co_await open_radios();
  if (is_known_to_a_system()) co_return;
  const Duration patience = from_seconds(arguments_.wait_s);
  if (co_await hub_->wait_heard(wanted_, clock().now() + patience)) co_return;
  throw DeviceNotFound(
      fmt::format("device {} was not heard in {}", wanted_.to_string(), elapsed_text(patience)),
      {.device = wanted_,
       .advice = "Is it switched on, awake, near, and not connected to something else? `moor scan` shows what is in the air; "
                 "--wait looks for longer."});
}

awaitable<void> DeviceSession::find_connect_work(Work work) {
  co_await find_device();
  const ConnectOptions options = connect_options();
  Client client = co_await establish_connection(*hub_, target(), options);
  std::exception_ptr failure;
  try {
    co_await work(client);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await client.disconnect();
  if (failure) std::rethrow_exception(failure);
}

awaitable<void> DeviceSession::run_beside_hub(awaitable<void> work) {
  const auto executor = co_await asio::this_coro::executor;
  const auto [order, hub_error, work_error] =
      co_await asio::experimental::make_parallel_group(asio::co_spawn(executor, hub_->run(), asio::deferred),
                                                       asio::co_spawn(executor, std::move(work), asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  const std::exception_ptr& first = order[0] == 0 ? hub_error : work_error;
  if (first) std::rethrow_exception(first);
}

Outcome DeviceSession::with_client(Work work) {
  return beside_hub(find_connect_work(std::move(work)));
}

Outcome DeviceSession::beside_hub(awaitable<void> work) {
  return radios_.run(run_beside_hub(std::move(work)));
}

}  // namespace moor::cli
