#include "connect/client_state.hpp"
#include "connect/current_services.hpp"
#include "moor/service_cache.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace moor {

namespace asio = boost::asio;

namespace {

constexpr uint8_t invalid_handle = 0x01;  // Core 5.4, Vol 3, Part F, 3.4.1.1

std::string label_of(const ClientOptions& options, const LinkInfo& info) {
  if (!options.label.empty()) return options.label;
  return info.name.empty() ? info.device.to_string() : info.name;
}

}  // namespace

Client::State::State(asio::any_io_executor executor, Clock& clock, std::unique_ptr<Link> made, GattServices known,
                     ClientOptions wanted, ServiceCache* cache)
    : executor(std::move(executor)),
      clock(clock),
      link(std::move(made)),
      services(std::move(known)),
      options(std::move(wanted)),
      cache(cache),
      table_known(!services.empty()) {
  options.label = label_of(options, link->info());
}

void Client::State::begin() {
  link->on_services_changed([weak = weak_from_this()] {
    if (const Self self = weak.lock()) self->on_services_changed();
  });
  // What `on_disconnected` throws is a fault of the program, and comes out where its context runs.
  asio::co_spawn(executor, watch(shared_from_this()), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
}

awaitable<void> Client::State::watch(Self self) {
  const Closed closed = co_await self->link->wait_closed();
  self->end_subscriptions();
  const auto on_disconnected = std::exchange(self->options.on_disconnected, nullptr);
  if (on_disconnected && !self->closed_by_us) on_disconnected(closed);
}

void Client::State::end_subscriptions() {
  // Waking somebody may end in anything, a change of the subscriptions too.
  std::vector<std::shared_ptr<Notifications::Queue>> queues;
  queues.reserve(subscriptions.size());
  for (const auto& [handle, subscription] : subscriptions) queues.push_back(subscription.queue);
  for (const auto& queue : queues) queue->end();
}

awaitable<void> Client::State::close(std::shared_ptr<Link> link, TimePoint deadline) {
  co_await link->disconnect(deadline);
}

void Client::State::check_open() const {
  if (link->closed()) throw LinkClosed("not connected", *link->closed());
}

// The table

void Client::State::distrust_table() {
  if (cache != nullptr) (void)cache->forget(link->info().device);
  table_known = false;
  table_suspect = true;
}

void Client::State::on_services_changed() {
  distrust_table();
  table_fresh = false;
  if (!subscriptions.empty()) asio::co_spawn(executor, renew_subscriptions(shared_from_this()), asio::detached);
}

awaitable<void> Client::State::discover(Self self, TimePoint deadline) {
  // One at a time: those that come meanwhile use what the first has found.
  while (self->discovering) {
    Event turn(self->executor);
    self->waiting_for_discovery.push_back(&turn);
    struct Leave {
      State& state;
      Event* turn;
      ~Leave() { std::erase(state.waiting_for_discovery, turn); }
    } leave{*self, &turn};
    co_await turn.wait();
    if (self->table_known) co_return;
  }
  self->discovering = true;
  struct Done {
    State& state;
    ~Done() {
      state.discovering = false;
      for (Event* waiter : state.waiting_for_discovery) waiter->set();
    }
  } done{*self};
  self->check_open();
  if (self->table_suspect) {
    co_await forget_below(*self->link, deadline);
    self->table_suspect = false;
    self->table_fresh = true;
  }
  self->services = co_await current_services(*self->link, self->cache, deadline);
  self->table_known = true;
}

awaitable<GattCharacteristic> Client::State::resolve(Self self, CharacteristicName name, TimePoint deadline) {
  self->check_open();
  if (!self->table_known) co_await discover(self, deadline);
  if (const auto* found = self->services.find_characteristic(name)) co_return *found;
  if (self->table_fresh) co_return self->services.get_characteristic(name);

  self->distrust_table();  // it may be that of older firmware
  co_await discover(self, deadline);
  co_return self->services.get_characteristic(name);
}

awaitable<uint16_t> Client::State::resolve_descriptor(Self self, CharacteristicName name, Uuid descriptor, TimePoint deadline) {
  const GattCharacteristic characteristic = co_await resolve(self, name, deadline);
  const GattDescriptor* const found = characteristic.find_descriptor(descriptor);
  if (found == nullptr) {
    std::vector<std::string> there;
    there.reserve(characteristic.descriptors.size());
    for (const GattDescriptor& each : characteristic.descriptors) there.push_back(each.uuid.to_string());
    throw AttributeNotFound(
        fmt::format("characteristic {} has no descriptor {}", name.to_string(), descriptor.to_string()),
        {.advice = there.empty() ? std::string("It has none at all.") : fmt::format("It has {}.", fmt::join(there, ", "))});
  }
  co_return found->handle;
}

// Operations

awaitable<std::vector<uint8_t>> Client::State::read(Self self, CharacteristicName name) {
  const TimePoint deadline = self->deadline();
  const GattCharacteristic characteristic = co_await resolve(self, name, deadline);
  co_return co_await self->link->read(characteristic.handle, deadline);
}

awaitable<void> Client::State::write(Self self, CharacteristicName name, std::vector<uint8_t> value,
                                     std::optional<WriteKind> kind) {
  const TimePoint deadline = self->deadline();
  const GattCharacteristic characteristic = co_await resolve(self, name, deadline);
  const bool only_without =
      !characteristic.properties.has(Property::write) && characteristic.properties.has(Property::write_without_response);
  const WriteKind chosen = kind.value_or(only_without ? WriteKind::without_response : WriteKind::with_response);
  co_await self->link->write(characteristic.handle, std::move(value), chosen, deadline);
}

awaitable<std::vector<uint8_t>> Client::State::read_descriptor(Self self, CharacteristicName name, Uuid descriptor) {
  const TimePoint deadline = self->deadline();
  const uint16_t handle = co_await resolve_descriptor(self, name, descriptor, deadline);
  co_return co_await self->link->read_descriptor(handle, deadline);
}

awaitable<void> Client::State::write_descriptor(Self self, CharacteristicName name, Uuid descriptor, std::vector<uint8_t> value) {
  const TimePoint deadline = self->deadline();
  const uint16_t handle = co_await resolve_descriptor(self, name, descriptor, deadline);
  co_await self->link->write_descriptor(handle, std::move(value), deadline);
}

awaitable<bool> Client::State::clear_cache(Self self) {
  const bool here = self->cache != nullptr && self->cache->forget(self->link->info().device);
  const bool below = co_await self->link->clear_cache(self->deadline());
  co_return here || below;
}

void Client::State::rethrow_explained(const std::string& doing) {
  const LinkInfo& info = link->info();
  const auto context = [&](const Error& error, std::string_view advice) {
    ErrorContext all = error.context();
    all.device = info.device;
    if (all.radio.empty()) all.radio = info.radio_name;
    if (all.cause.empty()) all.cause = error.what();
    if (all.advice.empty()) all.advice = advice;
    return all;
  };
  const auto sentence = [&](const std::string& why) { return fmt::format("cannot {} of {}: {}", doing, options.label, why); };
  try {
    throw;
  } catch (const GattError& e) {
    if (e.code() == invalid_handle && !table_fresh) distrust_table();
    const std::string code = fmt::format("0x{:02x}", e.code());
    const std::string name = e.code_name();  // of some codes, no more than the code
    throw GattError(e.code(), sentence(name.ends_with(code) ? name : fmt::format("{} ({})", name, code)),
                    context(e, att_error_advice(e.code())));
  } catch (const LinkClosed& e) {
    throw LinkClosed(sentence(fmt::format("the link is closed ({})", to_string(e.closed().reason))), e.closed(),
                     context(e, "Connect again; a `Session` does that by itself."));
  } catch (const TimedOut& e) {
    throw TimedOut(sentence("no answer in time"), context(e, "Disconnect, and connect again: the link cannot be used any more."));
  } catch (const AttributeNotFound& e) {
    throw AttributeNotFound(sentence(e.what()), context(e, "Look what it has: `moor explore`."));
  } catch (const AmbiguousAttribute& e) {
    throw AmbiguousAttribute(sentence(e.what()), context(e, "Name the service too."));
  } catch (const RadioNotAvailable& e) {
    throw RadioNotAvailable(sentence(e.what()), context(e, {}), e.reason());
  }
}

}  // namespace moor
