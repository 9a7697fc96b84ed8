#include "cli/device_session.hpp"

#include "core/duration_text.hpp"
#include "core/event.hpp"
#include "core/within.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace moor::cli {

namespace asio = boost::asio;

// Waits for the one device in what the hub hears.
class DeviceSession::Listener final : public HubListener {
public:
  Listener(const asio::any_io_executor& executor, const Address& wanted) : wanted_(wanted), heard_(executor) {}

  void on_advertisement(const Device& device, const Sighting&, bool changed) override {
    if (device.address.bits() != wanted_.bits()) return;
    if (target_ && !changed) return;
    target_ = moor::Target{device.address, device.data.name().value_or(target_ ? target_->name : "")};
    heard_.set();
  }
  [[nodiscard]] const std::optional<moor::Target>& target() const noexcept { return target_; }
  void set_target(moor::Target target) { target_ = std::move(target); }
  [[nodiscard]] awaitable<void> wait() { return heard_.wait(); }

private:
  Address wanted_;
  std::optional<moor::Target> target_;
  Event heard_;
};

DeviceSession::DeviceSession(const DeviceArguments& arguments)
    : arguments_(arguments), wanted_(parse_address(arguments.address)), radios_(arguments.common.radios) {
  const auto& all = radios_.radios();
  if (std::none_of(all.begin(), all.end(), [](const auto& radio) { return radio->info().can_connect; }))
    throw RadioNotAvailable("radio " + all.front()->info().name + " cannot connect",
                            {.radio = all.front()->info().name, .advice = "Use an adapter, a proxy or a simulated world."},
                            Unavailable::cannot_connect);
  ServiceCacheOptions cache_options;
  if (const auto folder = arguments.services_folder()) cache_options.folder = *folder;
  cache_ = std::make_unique<ServiceCache>(cache_options);
  listener_ = std::make_unique<Listener>(radios_.context().get_executor(), wanted_);
  hub_ = std::make_unique<Hub>(radios_.context().get_executor(), radios_.clock(), Radios(all));
  hub_->add_listener(*listener_);
}

DeviceSession::~DeviceSession() = default;

ConnectOptions DeviceSession::connect_options() {
  ConnectOptions options = arguments_.connect_options();
  options.cache = cache_.get();
  options.target_callback = [this] { return target(); };
  return options;
}

moor::Target DeviceSession::target() const {
  return listener_->target().value_or(moor::Target{wanted_});
}

std::optional<KnownDevice> DeviceSession::known_to_a_system() const {
  for (const auto& radio : radios_.radios())
    for (const bool random : {false, true})
      if (auto known = radio->find_device(Address(wanted_.bits(), random))) return known;
  return std::nullopt;
}

awaitable<void> DeviceSession::find_device() {
  if (const auto known = known_to_a_system()) {
    listener_->set_target({known->address, known->name});
    co_return;
  }
  const Duration patience = from_seconds(arguments_.wait_s);
  if (co_await within(clock(), clock().now() + patience, listener_->wait())) co_return;
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
