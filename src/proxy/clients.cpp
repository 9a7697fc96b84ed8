#include "core/within.hpp"
#include "proxy/about.hpp"
#include "proxy/server.hpp"

#include <algorithm>

namespace moor::proxy {

namespace asio = boost::asio;

using esphome::MessageType;

namespace {

constexpr Duration goodbye_limit = std::chrono::seconds(2);     // for the answer to ours
constexpr Duration last_words_limit = std::chrono::seconds(1);  // for a client to take what was said last, and close

bool is_connect(esphome::DeviceRequestType type) noexcept {
  using Type = esphome::DeviceRequestType;
  return type == Type::connect_v1 || type == Type::connect_with_cache || type == Type::connect_without_cache;
}

}  // namespace

awaitable<void> Server::State::serve(std::shared_ptr<State> self, Socket socket, std::string peer) {
  State& state = *self;
  if (!state.has_room_for_one()) {
    ++state.refused;
    co_return;
  }
  const esphome::ServerIdentity identity{state.options.identity.name, compact_mac(state.options.identity.mac)};
  auto stream = esphome::make_server_stream(state.options.key.get(), identity);
  const auto client =
      std::make_shared<Client>(std::move(socket), std::move(stream), state.options, std::move(peer), state.clock.now());
  Event ended(state.executor);
  Alarm alarm(state.clock, state.executor, [&state, &alarm, it = client.get()] {
    state.perform(*it, it->machine().on_time(state.clock.now()), {});
    alarm.set(it->machine().next_deadline());
  });
  struct Leave {
    State& state;
    Client& client;
    ~Leave() {
      client.set_ended(nullptr);
      client.alarm = nullptr;
      state.on_gone(client);
      client.close();
    }
  } leave{state, *client};
  client->set_ended(&ended);
  client->alarm = &alarm;
  state.clients.push_back(client);
  alarm.set(client->machine().next_deadline());

  std::exception_ptr thrown;
  try {
    (void)co_await unless(ended.wait(), state.converse(*client));
  } catch (...) {
    thrown = std::current_exception();
  }
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  state.on_gone(*client);
  co_await state.take_leave(*client, ended);
  if (cancelled != asio::cancellation_type::none && thrown) std::rethrow_exception(thrown);
}

// An unauthenticated client that stays so could keep others out: the oldest of them goes.
bool Server::State::has_room_for_one() {
  const auto most = static_cast<size_t>(options.max_clients);
  const auto is_unauthenticated = [](const auto& each) { return !each->machine().is_logged_in(); };
  const auto unauthenticated = static_cast<size_t>(std::ranges::count_if(clients, is_unauthenticated));
  if (clients.size() < most && unauthenticated < std::max<size_t>(1, most / 2)) return true;
  const auto oldest = std::ranges::find_if(clients, is_unauthenticated);
  if (oldest == clients.end()) return false;
  ++refused;
  const std::shared_ptr<Client> goes = *oldest;
  on_gone(*goes);
  goes->drop(Client::Drop::evicted);
  return true;
}

awaitable<void> Server::State::converse(Client& client) {
  while (!client.is_ending()) {
    co_await client.wait_readable();
    const size_t count = client.read(received);
    if (count > 0) receive(client, std::span(received).first(count));
  }
}

void Server::State::receive(Client& client, std::span<uint8_t> input) {
  while (!client.is_ending()) {
    const auto message = client.next(input);
    if (!message) break;
    perform(client, client.machine().on_message(*message, facts(), clock.now()), *message);
  }
  if (client.stream_failure()) {
    if (!client.machine().is_logged_in()) ++refused;
    client.drop(client.machine().is_logged_in() ? Client::Drop::broken : Client::Drop::refused);
  }
  client.pump();
  client.alarm->set(client.machine().next_deadline());
}

void Server::State::perform(Client& client, const ClientMachine::Actions& actions, const esphome::Message& message) {
  for (const ClientMachine::Action& action : actions) {
    if (const auto* const answer = std::get_if<ClientMachine::Send>(&action)) {
      client.send(answer->type, answer->payload);
    } else if (const auto* const close = std::get_if<ClientMachine::Close>(&action)) {
      if (!client.machine().is_logged_in() && close->why != ClientMachine::End::goodbye) ++refused;
      client.drop(Client::Drop::closed);
    } else if (client.leaving) {
      continue;
    } else if (std::holds_alternative<ClientMachine::Subscribe>(action)) {
      subscribe(client);
    } else if (std::holds_alternative<ClientMachine::Unsubscribe>(action)) {
      unsubscribe(client);
    } else if (const auto* const change = std::get_if<ClientMachine::SetMode>(&action)) {
      set_mode(client, change->mode);
    } else if (subscriber.get() != &client) {
      refuse_request(client, message);
    } else {
      (void)links.on_message(message);
    }
  }
}

// The newest has the radio, as with the newest firmware.
void Server::State::subscribe(Client& client) {
  const bool again = subscriber.get() == &client;
  if (!again) {
    if (subscriber) {
      subscriber->subscriber = false;
      subscriber->forget_advertisements();
    }
    subscriber = client.shared_from_this();
    client.subscriber = true;
  }
  scanner.set_wanted(true);
  told = scanner.state();
  client.send(told);
  if (again)
    (void)links.on_message({MessageType::subscribe_connections_free, {}});
  else
    links.set_client(subscriber);
  if (changed != nullptr) changed->set();
}

void Server::State::unsubscribe(Client& client) {
  if (subscriber.get() != &client) return;
  client.subscriber = false;
  client.forget_advertisements();
  subscriber.reset();
  batcher.clear();
  links.set_client(nullptr);
  scanner.set_wanted(false);
  if (changed != nullptr) changed->set();
}

void Server::State::set_mode(const Client& client, esphome::ScannerMode mode) {
  if (subscriber.get() != &client) return;
  scanner.set_mode(mode);
  tell_scanner();
  if (changed != nullptr) changed->set();
}

// Connections are the subscriber's. Firmware is silent; an answer spares a program that asks without having subscribed its waiting.
void Server::State::refuse_request(Client& client, const esphome::Message& message) {
  if (message.type == MessageType::subscribe_connections_free) {
    const Slots slots = links.slots();
    esphome::ConnectionsFree free;
    free.limit = static_cast<uint32_t>(std::max(0, slots.limit));
    free.free = static_cast<uint32_t>(std::max(0, slots.free));
    for (const Slots::Holder& holder : slots.holders) free.allocated.push_back(holder.device.bits());
    client.send(free);
  } else if (message.type == MessageType::device_request) {
    const auto request = esphome::decode<esphome::DeviceRequest>(message.payload);
    if (request.error || !is_connect(request.message.request_type)) return;
    client.send(esphome::DeviceConnection{.address = request.message.address});
  }
}

// Its place is free, and what was made for it goes.
void Server::State::on_gone(Client& client) {
  unsubscribe(client);
  client.leaving = true;
  std::erase_if(clients, [&](const auto& each) { return each.get() == &client; });
}

awaitable<void> Server::State::take_leave(Client& client, Event& ended) {
  if (!client.is_ending() && client.machine().is_logged_in()) {
    client.send(esphome::DisconnectRequest{});
    (void)co_await within(clock, clock.now() + goodbye_limit, converse_until(client, ended));
  }
  const Client::Drop why = client.dropped();
  if (why != Client::Drop::closed && why != Client::Drop::refused) co_return;
  (void)co_await within(clock, clock.now() + last_words_limit, client.finish());
}

awaitable<void> Server::State::converse_until(Client& client, Event& ended) {
  (void)co_await unless(ended.wait(), converse(client));
}

void Server::State::close_all_clients() {
  const auto all = clients;
  for (const auto& client : all) {
    on_gone(*client);
    client->drop(Client::Drop::stopped);
  }
}

}  // namespace moor::proxy
