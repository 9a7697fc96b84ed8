#include "moor/client.hpp"

#include "connect/client_state.hpp"
#include "moor/device_lookup.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace moor {

namespace {

// Closing takes a supervision time-out at most where the device is gone already; BlueZ gives up after 2 s.
constexpr Duration disconnect_timeout = std::chrono::seconds(10);

std::string descriptor_text(const char* doing, const CharacteristicName& name, const Uuid& descriptor) {
  return fmt::format("{} descriptor {} of {}", doing, CharacteristicName(descriptor).to_string(), name.to_string());
}

}  // namespace

Client::Client(boost::asio::any_io_executor executor, Clock& clock, std::unique_ptr<Link> link, GattServices services,
               ClientOptions options, ServiceCache* cache)
    : state_(
          std::make_shared<State>(std::move(executor), clock, std::move(link), std::move(services), std::move(options), cache)) {
  state_->begin();
}

Client::~Client() {
  if (state_ != nullptr) state_->abandon();
}

Client::Client(Client&&) noexcept = default;

Client& Client::operator=(Client&& other) noexcept {
  Client moved(std::move(other));
  std::swap(state_, moved.state_);
  return *this;
}

const Address& Client::address() const noexcept {
  return state_->link->info().device;
}

const std::string& Client::name() const noexcept {
  return state_->link->info().name;
}

const std::string& Client::label() const noexcept {
  return state_->options.label;
}

std::string Client::description() const {
  return describe(state_->link->info());
}

bool Client::is_connected() const noexcept {
  return !closed().has_value();
}

const std::optional<Closed>& Client::closed() const noexcept {
  return state_->link->closed();
}

awaitable<Closed> Client::wait_closed() {
  return [](std::shared_ptr<Link> link) -> awaitable<Closed> { co_return co_await link->wait_closed(); }(state_->link);
}

const GattServices& Client::services() const noexcept {
  return state_->services;
}

uint16_t Client::mtu() const noexcept {
  return state_->link->mtu();
}

uint16_t Client::max_write_without_response() const noexcept {
  return static_cast<uint16_t>(mtu() - 3);  // opcode and handle (Core 5.4, Vol 3, Part F, 3.4.5.3)
}

Link& Client::link() noexcept {
  return *state_->link;
}

awaitable<std::vector<uint8_t>> Client::read(CharacteristicName name) {
  return State::explained(state_, "read " + name.to_string(), State::read(state_, name));
}

awaitable<void> Client::write(CharacteristicName name, std::vector<uint8_t> value, std::optional<WriteKind> kind) {
  return State::explained(state_, "write " + name.to_string(), State::write(state_, name, std::move(value), kind));
}

awaitable<std::vector<uint8_t>> Client::read_descriptor(CharacteristicName name, Uuid descriptor) {
  return State::explained(state_, descriptor_text("read", name, descriptor), State::read_descriptor(state_, name, descriptor));
}

awaitable<void> Client::write_descriptor(CharacteristicName name, Uuid descriptor, std::vector<uint8_t> value) {
  if (descriptor == client_characteristic_configuration)
    throw UsageError("descriptor 2902 is not written by hand", {.advice = "Use `subscribe` and `unsubscribe`."});
  return State::explained(state_, descriptor_text("write", name, descriptor),
                          State::write_descriptor(state_, name, descriptor, std::move(value)));
}

awaitable<Notifications> Client::subscribe(CharacteristicName name) {
  return subscribe(name, SubscribeOptions());
}

awaitable<Notifications> Client::subscribe(CharacteristicName name, SubscribeOptions options) {
  return [](State::Self state, CharacteristicName wanted, SubscribeOptions how) -> awaitable<Notifications> {
    co_return Notifications(co_await State::subscribe_explained(std::move(state), wanted, how));
  }(state_, name, options);
}

awaitable<void> Client::subscribe(CharacteristicName name, std::function<void(const Notification&)> on_value) {
  return subscribe(name, std::move(on_value), SubscribeOptions());
}

awaitable<void> Client::subscribe(CharacteristicName name, std::function<void(const Notification&)> on_value,
                                  SubscribeOptions options) {
  return State::subscribe_callback(state_, name, std::move(on_value), options);
}

awaitable<void> Client::unsubscribe(CharacteristicName name) {
  const auto ended = state_->find_subscription(name);
  if (ended != state_->subscriptions.end()) ended->second.queue->discard();
  return State::unsubscribe(state_, name);
}

awaitable<int8_t> Client::rssi() {
  return State::explained(state_, "read the RSSI", state_->link->rssi(state_->deadline()));
}

awaitable<ParametersApplied> Client::set_connection_parameters(ConnectionParameters parameters) {
  parameters.check();
  return State::explained(state_, "set the connection parameters", state_->link->set_parameters(parameters, state_->deadline()));
}

awaitable<void> Client::pair() {
  JustWorks agent;
  co_await pair(agent);
}

awaitable<void> Client::pair(PairingAgent& agent) {
  constexpr Duration patience = std::chrono::seconds(60);
  return State::explained(state_, "pair", state_->link->pair(agent, state_->clock.now() + patience));
}

awaitable<void> Client::unpair() {
  return State::explained(state_, "unpair", state_->link->unpair(state_->deadline()));
}

awaitable<bool> Client::clear_cache() {
  return State::explained(state_, "clear the cache", State::clear_cache(state_));
}

awaitable<void> Client::disconnect() {
  return State::disconnect(state_);
}

awaitable<void> Client::State::disconnect(Self self) {
  if (!self->link->closed()) self->closed_by_us = true;
  co_await close(self->link, self->clock.now() + disconnect_timeout);
  self->end_subscriptions();
}

void Client::State::abandon() noexcept {
  closed_by_us = true;
  options.on_disconnected = nullptr;
  cache = nullptr;
  for (const auto& [handle, subscription] : subscriptions)
    subscription.queue->calls_back ? subscription.queue->discard() : subscription.queue->end();
  try {
    if (!link->closed()) boost::asio::co_spawn(executor, close(link, clock.now() + disconnect_timeout), boost::asio::detached);
  } catch (...) {  // no memory: the link is closed when the last coroutine lets go of it
  }
}

}  // namespace moor
