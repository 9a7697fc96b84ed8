#include "radio/bluez/agent_desk.hpp"

#include "core/bell.hpp"
#include "core/within.hpp"
#include "radio/bluez/system.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <charconv>
#include <list>

namespace moor::bluez {

namespace asio = boost::asio;

namespace {

constexpr const char* agent_path = "/org/moor/agent";
constexpr const char* agent_manager = "org.bluez.AgentManager1";
constexpr const char* rejected = "org.bluez.Error.Rejected";
constexpr Duration longest_unregistering = std::chrono::seconds(2);

}  // namespace

const char* capability_name(PairingAgent::Capability capability) noexcept {
  using Capability = PairingAgent::Capability;
  switch (capability) {
    case Capability::none: break;
    case Capability::display: return "DisplayOnly";
    case Capability::display_yes_no: return "DisplayYesNo";
    case Capability::keyboard: return "KeyboardOnly";
    case Capability::keyboard_display: return "KeyboardDisplay";
  }
  return "NoInputNoOutput";
}

struct AgentDesk::State : std::enable_shared_from_this<State> {
  explicit State(System& s) : system(s) {}

  System& system;
  Turns turns;  // to register and unregister
  Bell idle;
  int open = 0;  // sessions
  PairingAgent::Capability capability = PairingAgent::Capability::none;
  dbus::Bus::Hold served;
  std::vector<Session::State*> sessions;

  void on_call(const dbus::Message& call, dbus::Reply reply);
  [[nodiscard]] Session::State* find(std::string_view path) const;
  [[nodiscard]] awaitable<void> enlist(PairingAgent::Capability wanted, TimePoint deadline);
  [[nodiscard]] awaitable<void> delist();
  [[nodiscard]] dbus::Message new_call(const char* method);
};

struct AgentDesk::Session::State : std::enable_shared_from_this<State> {
  State(std::shared_ptr<AgentDesk::State> of, std::string object, Address address, PairingAgent& its_agent)
      : desk(std::move(of)), path(std::move(object)), device(address), agent(its_agent) {}

  std::shared_ptr<AgentDesk::State> desk;
  std::string path;
  Address device;
  PairingAgent& agent;
  bool enlisted = false;
  bool refused = false;
  bool compared = false;
  std::list<asio::cancellation_signal> questions;  // under way
  std::optional<asio::any_io_executor> executor;
  Bell answered;

  void on_call(const dbus::Message& call, dbus::Reply reply);
  /// Asks the agent beside whatever else happens. @param work  answers the reply.
  void ask(awaitable<void> work);
  void cancel() {
    for (auto& each : questions) each.emit(asio::cancellation_type::all);
  }
};

namespace {

using Answer = std::shared_ptr<dbus::Reply>;

// The agent's answers as bluetoothd wants them. They hold nothing of the session but what is passed in, which lives as long.

awaitable<void> answer_passkey(PairingAgent& agent, Address device, Answer reply, bool as_text, bool& refused) {
  const std::optional<uint32_t> passkey = co_await agent.enter_passkey(device);
  if (!passkey || *passkey > max_passkey) {
    refused = true;
    reply->refuse(rejected, "no passkey was entered");
    co_return;
  }
  const uint32_t digits = *passkey;
  reply->done([digits, as_text](dbus::Writer& writer) {
    if (as_text)
      writer.string(fmt::format("{:06}", digits));
    else
      writer.u32(digits);
  });
}

awaitable<void> answer_confirmation(PairingAgent& agent, Address device, uint32_t passkey, Answer reply, bool& refused) {
  const bool equal = co_await agent.confirm(device, passkey);
  if (equal) {
    reply->done();
    co_return;
  }
  refused = true;
  reply->refuse(rejected, "the numbers differ");
}

awaitable<void> answer_authorization(PairingAgent& agent, Address device, Answer reply, bool& refused) {
  const bool allowed = co_await agent.allow(device);
  if (allowed) {
    reply->done();
    co_return;
  }
  refused = true;
  reply->refuse(rejected, "not allowed");
}

uint32_t number_in(std::string_view text) noexcept {
  uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

void AgentDesk::Session::State::ask(awaitable<void> work) {
  questions.emplace_back();
  const auto question = std::prev(questions.end());
  asio::co_spawn(*executor, std::move(work),
                 asio::bind_cancellation_slot(question->slot(), [self = shared_from_this(), question](std::exception_ptr) {
                   self->questions.erase(question);
                   self->answered.ring();
                 }));
}

void AgentDesk::Session::State::on_call(const dbus::Message& call, dbus::Reply reply) {
  const std::string_view method = call.member();
  dbus::Reader reader = call.read();
  (void)reader.read_path();
  const auto answer = std::make_shared<dbus::Reply>(std::move(reply));
  if (method == "RequestPinCode" || method == "RequestPasskey") {
    compared = true;
    ask(answer_passkey(agent, device, answer, method == "RequestPinCode", refused));
  } else if (method == "RequestConfirmation") {
    compared = true;
    ask(answer_confirmation(agent, device, reader.read_u32(), answer, refused));
  } else if (method == "RequestAuthorization") {
    ask(answer_authorization(agent, device, answer, refused));
  } else if (method == "DisplayPasskey") {
    compared = true;
    const uint32_t passkey = reader.read_u32();
    agent.display_passkey(device, passkey, reader.read_u16());
    answer->done();
  } else if (method == "DisplayPinCode") {
    compared = true;
    agent.display_passkey(device, number_in(reader.read_string()), 0);
    answer->done();
  } else if (method == "AuthorizeService") {
    answer->done();  // of a device that is being paired
  } else {
    answer->refuse("org.freedesktop.DBus.Error.UnknownMethod", "no such method");
  }
}

AgentDesk::Session::State* AgentDesk::State::find(std::string_view path) const {
  const auto found = std::find_if(sessions.begin(), sessions.end(), [&](const auto* each) { return each->path == path; });
  return found == sessions.end() ? nullptr : *found;
}

void AgentDesk::State::on_call(const dbus::Message& call, dbus::Reply reply) {
  const std::string_view method = call.member();
  if (method == "Release") return reply.done();
  if (method == "Cancel") {
    for (Session::State* const each : sessions) each->cancel();
    return reply.done();
  }
  try {
    if (!call.signature().starts_with('o')) return reply.refuse(rejected, "which device?");
    Session::State* const session = find(call.read().read_path());
    if (session == nullptr) return reply.refuse(rejected, "nobody here pairs with this device");
    session->on_call(call, std::move(reply));
  } catch (const dbus::MessageMalformed&) {  // the reply refuses by itself
  }
}

dbus::Message AgentDesk::State::new_call(const char* method) {
  dbus::Message message = system.new_call("/org/bluez", agent_manager, method);
  message.write().path(agent_path);
  return message;
}

awaitable<void> AgentDesk::State::enlist(PairingAgent::Capability wanted, TimePoint deadline) {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    Event freed(executor);
    const Bell::Listener listener(idle, freed);
    {
      const Turns::Turn turn = co_await turns.take();
      if (open > 0 && capability == wanted) {
        ++open;
        co_return;
      }
      if (open == 0) {
        const std::weak_ptr<State> weak = weak_from_this();
        served = system.bus().serve(agent_path, false, [weak](const dbus::Message& call, dbus::Reply reply) {
          if (const auto self = weak.lock()) self->on_call(call, std::move(reply));
        });
        dbus::Message message = new_call("RegisterAgent");
        message.write().string(capability_name(wanted));
        // Counted before it is awaited: whoever gives up meanwhile takes it back.
        ++open;
        capability = wanted;
        std::exception_ptr failure;
        try {
          (void)co_await system.call(std::move(message), deadline);
          // For questions that no Pair of ours has brought about, as of a device that asks for security when it is connected.
          system.bus().send(new_call("RequestDefaultAgent"));
        } catch (...) {
          failure = std::current_exception();
        }
        if (!failure) co_return;
        --open;
        served = {};
        if (system.is_open()) system.bus().send(new_call("UnregisterAgent"));
        idle.ring();
        std::rethrow_exception(failure);
      }
    }
    const bool in_time = co_await within(system.clock(), deadline, freed.wait());
    if (!in_time) throw TimedOut("another pairing did not end in time", {.advice = "Pair one device after the other."});
  }
}

awaitable<void> AgentDesk::State::delist() {
  const Turns::Turn turn = co_await turns.take();
  if (--open > 0) co_return;
  try {
    if (system.is_open()) (void)co_await system.call(new_call("UnregisterAgent"), system.clock().now() + longest_unregistering);
  } catch (const Error&) {  // it was not registered any more
  }
  served = {};
  idle.ring();
}

AgentDesk::AgentDesk(System& system) : state_(std::make_shared<State>(system)) {}
AgentDesk::~AgentDesk() = default;

AgentDesk::Session::Session(AgentDesk& desk, std::string path, Address device, PairingAgent& agent)
    : state_(std::make_shared<State>(desk.state_, std::move(path), device, agent)) {
  desk.state_->sessions.push_back(state_.get());
}

AgentDesk::Session::~Session() {
  std::erase(state_->desk->sessions, state_.get());
}

awaitable<void> AgentDesk::Session::open(TimePoint deadline) {
  const auto state = state_;
  state->executor = co_await asio::this_coro::executor;
  co_await state->desk->enlist(state->agent.capability(), deadline);
  state->enlisted = true;
}

awaitable<void> AgentDesk::Session::close() {
  const auto state = state_;
  std::erase(state->desk->sessions, state.get());
  state->cancel();
  while (!state->questions.empty()) {
    Event answered(co_await asio::this_coro::executor);
    const Bell::Listener listener(state->answered, answered);
    co_await answered.wait();
  }
  if (std::exchange(state->enlisted, false)) co_await state->desk->delist();
}

bool AgentDesk::Session::refused() const noexcept {
  return state_->refused;
}

bool AgentDesk::Session::compared_numbers() const noexcept {
  return state_->compared;
}

}  // namespace moor::bluez
