#include "radio/bluez/system.hpp"

#include "core/bell.hpp"
#include "core/within.hpp"
#include "radio/bluez/agent_desk.hpp"
#include "radio/bluez/discovery.hpp"
#include "radio/bluez/link_registry.hpp"
#include "radio/bluez/unavailable.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <charconv>

namespace moor::bluez {

namespace asio = boost::asio;

namespace {

constexpr Duration opening_time = std::chrono::seconds(10);  // the bus starts bluetoothd where it does not run
constexpr Duration first_pause = std::chrono::milliseconds(500);
constexpr Duration longest_pause = std::chrono::seconds(10);
constexpr Duration first_busy_pause = std::chrono::milliseconds(10);
constexpr Duration longest_busy_pause = std::chrono::milliseconds(500);
// Signals that come while the objects are being read wait for them. More than any adapter hears in that time.
constexpr size_t most_early_signals = 50'000;

constexpr const char* objects_rule = "type='signal',interface='org.freedesktop.DBus.ObjectManager',arg0path='/org/bluez/'";
constexpr const char* properties_rule =
    "type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',path_namespace='/org/bluez'";

// Waits until the bell rings. Cancellation: total.
awaitable<void> next_ring(Bell& bell) {
  Event event(co_await asio::this_coro::executor);
  const Bell::Listener listener(bell, event);
  co_await event.wait();
}

}  // namespace

struct System::State : std::enable_shared_from_this<State> {
  State(Clock& c, Ports p) : clock(c), ports(std::move(p)) {}

  Clock& clock;
  const Ports ports;
  ObjectTree tree;
  std::unique_ptr<dbus::Bus> bus;
  std::vector<dbus::Bus::Hold> matches;
  std::unique_ptr<Management> management;
  std::map<unsigned, std::shared_ptr<Discovery>> discoveries;
  LinkRegistry links;
  std::unique_ptr<AgentDesk> agents;

  Bell bell;            // what follows has changed
  bool filled = false;  // the tree is bluetoothd's
  std::string owner;    // bluetoothd's unique name; empty where nobody knows, or over a connection without a bus
  bool absent = false;  // the bus has said that bluetoothd is not there
  uint64_t generation = 0;
  uint64_t next_number = 0;
  bool filling = false;
  std::vector<dbus::Message> early;  // signals that came meanwhile
  bool attempting = false;
  std::exception_ptr failure;  // of the last attempt
  int waiting = 0;             // for it to be open
  bool keeping = false;
  bool ended = false;
  asio::cancellation_signal end_attempt;
  asio::cancellation_signal end_keeper;
  asio::cancellation_signal end_watch;

  void on_signal(const dbus::Message& signal);
  void on_owner(std::string_view now);
  void lose();
  void drop_bus();
  void begin_attempt(const asio::any_io_executor& executor);
  void begin_keeping(const asio::any_io_executor& executor);
  [[nodiscard]] static awaitable<void> attempt(std::shared_ptr<State> self);
  [[nodiscard]] awaitable<void> open_management();
  [[nodiscard]] awaitable<void> open_bus(TimePoint deadline);
  [[nodiscard]] awaitable<void> fill(TimePoint deadline);
  [[nodiscard]] static awaitable<void> watch_bus(std::shared_ptr<State> self);
  [[nodiscard]] static awaitable<void> keep_trying(std::shared_ptr<State> self);
};

void System::State::on_signal(const dbus::Message& signal) {
  if (!owner.empty() && !signal.sender().empty() && signal.sender() != owner) return;  // anybody may send such signals
  if (filling) {
    if (early.size() < most_early_signals) early.push_back(signal);
  } else if (filled) {
    tree.on_signal(signal);
  }
}

void System::State::on_owner(std::string_view now) {
  if (now == owner && filled) return;
  lose();
  owner = now;
  absent = now.empty();
  bell.ring();
}

// bluetoothd is gone, and with it all that it said.
void System::State::lose() {
  early.clear();
  filling = false;
  if (!filled) return;
  filled = false;
  owner.clear();
  ++generation;
  tree.reset();
  bell.ring();
}

void System::State::drop_bus() {
  lose();
  matches.clear();
  bus.reset();
  owner.clear();
  absent = false;
}

awaitable<void> System::State::watch_bus(std::shared_ptr<State> self) {
  co_await self->bus->wait_lost();
  self->drop_bus();
  self->bell.ring();
}

awaitable<void> System::State::open_management() {
  if ((management && management->is_open()) || !ports.open_management) co_return;
  management.reset();
  auto opened = ports.open_management(co_await asio::this_coro::executor, clock);
  if (opened && co_await opened->is_permitted()) management = std::move(opened);
}

awaitable<void> System::State::open_bus(TimePoint deadline) {
  if (bus && bus->is_open()) co_return;
  drop_bus();
  auto opened = co_await ports.open_bus(clock, deadline);
  const std::weak_ptr<State> weak = weak_from_this();
  const auto to_tree = [weak](const dbus::Message& signal) {
    if (const auto self = weak.lock()) self->on_signal(signal);
  };
  const dbus::Bus::OnOwner to_owner = [weak](std::string_view owner) {
    if (const auto self = weak.lock()) self->on_owner(owner);
  };
  // Before the objects are asked for, so that nothing falls between.
  std::vector<dbus::Bus::Hold> holds;
  holds.push_back(co_await opened->watch_owner("org.bluez", to_owner, deadline));
  holds.push_back(co_await opened->match(objects_rule, to_tree, deadline));
  holds.push_back(co_await opened->match(properties_rule, to_tree, deadline));
  bus = std::move(opened);
  matches = std::move(holds);
  asio::co_spawn(co_await asio::this_coro::executor, watch_bus(shared_from_this()),
                 asio::bind_cancellation_slot(end_watch.slot(), [](std::exception_ptr) {}));
}

awaitable<void> System::State::fill(TimePoint deadline) {
  if (filled) co_return;
  filling = true;
  early.clear();
  const uint64_t before = generation;
  dbus::Message reply;
  try {
    const dbus::Target objects{"org.bluez", "/", "org.freedesktop.DBus.ObjectManager"};
    reply = co_await bus->call(bus->new_call(objects, "GetManagedObjects"), deadline);
  } catch (...) {
    filling = false;
    early.clear();
    throw;
  }
  if (!filling || generation != before) throw bluetoothd_gone();
  filling = false;
  filled = true;
  absent = false;
  owner = reply.sender();
  tree.set_objects(reply.read());
  for (const dbus::Message& signal : std::exchange(early, {})) on_signal(signal);
}

awaitable<void> System::State::attempt(std::shared_ptr<State> self) {
  const TimePoint deadline = self->clock.now() + opening_time;
  co_await self->open_management();
  try {
    co_await self->open_bus(deadline);
    co_await self->fill(deadline);
  } catch (const dbus::BusLost& lost) {
    self->drop_bus();
    throw to_unavailable(lost);
  } catch (const dbus::CallFailed& failed) {
    self->absent = means_gone(failed);
    throw to_unavailable(failed);
  } catch (const TimedOut&) {
    throw bluetoothd_silent();
  }
}

// In a coroutine of its own, so that it does not end with the one who asked first.
void System::State::begin_attempt(const asio::any_io_executor& executor) {
  if (std::exchange(attempting, true)) return;
  asio::co_spawn(executor, attempt(shared_from_this()),
                 asio::bind_cancellation_slot(end_attempt.slot(), [self = shared_from_this()](std::exception_ptr error) {
                   self->attempting = false;
                   self->failure = error;
                   self->bell.ring();
                 }));
}

awaitable<void> System::State::keep_trying(std::shared_ptr<State> self) {
  const auto executor = co_await asio::this_coro::executor;
  Duration pause = first_pause;
  while (!self->filled && self->waiting > 0 && !self->ended) {
    self->begin_attempt(executor);
    while (self->attempting) co_await next_ring(self->bell);
    if (self->filled) break;
    // Where the bus tells when bluetoothd is back, that is enough.
    if (self->bus && self->absent) {
      while (self->absent && self->waiting > 0) co_await next_ring(self->bell);
      continue;
    }
    co_await self->clock.wait_for(pause);
    pause = std::min(2 * pause, longest_pause);
  }
}

void System::State::begin_keeping(const asio::any_io_executor& executor) {
  if (std::exchange(keeping, true)) return;
  asio::co_spawn(executor, keep_trying(shared_from_this()),
                 asio::bind_cancellation_slot(end_keeper.slot(), [self = shared_from_this()](std::exception_ptr) {
                   self->keeping = false;
                   self->bell.ring();
                 }));
}

System::System(Clock& clock, Ports ports) : state_(std::make_shared<State>(clock, std::move(ports))) {}

System::~System() {
  State& state = *state_;
  state.ended = true;
  state.discoveries.clear();
  state.agents.reset();
  state.matches.clear();
  state.end_attempt.emit(asio::cancellation_type::all);
  state.end_keeper.emit(asio::cancellation_type::all);
  state.end_watch.emit(asio::cancellation_type::all);
  state.bus.reset();
  state.management.reset();
}

Clock& System::clock() noexcept {
  return state_->clock;
}

const Ports& System::ports() const noexcept {
  return state_->ports;
}

awaitable<void> System::open(TimePoint deadline) {
  const auto state = state_;
  if (state->filled) co_return;
  const auto executor = co_await asio::this_coro::executor;
  auto attempted = [](std::shared_ptr<State> self, asio::any_io_executor on) -> awaitable<void> {
    self->begin_attempt(on);
    while (self->attempting) co_await next_ring(self->bell);
  };
  const bool in_time = co_await within(state->clock, deadline, attempted(state, executor));
  if (!in_time) throw bluetoothd_silent();
  if (state->filled) co_return;
  if (state->failure) std::rethrow_exception(state->failure);
  throw bluetoothd_gone();
}

bool System::is_open() const noexcept {
  return state_->filled;
}

awaitable<void> System::wait_open() {
  const auto state = state_;
  if (state->filled) co_return;
  const auto executor = co_await asio::this_coro::executor;
  struct Waiting {
    State& state;
    explicit Waiting(State& s) : state(s) { ++state.waiting; }
    ~Waiting() {
      --state.waiting;
      state.bell.ring();
    }
  } const waiting(*state);
  while (!state->filled) {
    state->begin_keeping(executor);
    co_await next_ring(state->bell);
  }
}

uint64_t System::generation() const noexcept {
  return state_->generation;
}

awaitable<void> System::wait_lost(uint64_t generation) {
  const auto state = state_;
  while (state->generation == generation) co_await next_ring(state->bell);
}

ObjectTree& System::tree() noexcept {
  return state_->tree;
}

dbus::Bus& System::bus() noexcept {
  return *state_->bus;
}

Management* System::management() noexcept {
  return state_->management && state_->management->is_open() ? state_->management.get() : nullptr;
}

std::shared_ptr<Discovery> System::discovery(unsigned adapter) {
  auto& discovery = state_->discoveries[adapter];
  if (!discovery) discovery = std::make_shared<Discovery>(*this, adapter);
  return discovery;
}

LinkRegistry& System::links() noexcept {
  return state_->links;
}

AgentDesk& System::agents() noexcept {
  if (!state_->agents) state_->agents = std::make_unique<AgentDesk>(*this);
  return *state_->agents;
}

uint64_t System::next_number() noexcept {
  return state_->next_number++;
}

unsigned System::adapter_index(std::string_view target) const {
  const auto& adapters = state_->tree.adapters();
  if (!target.empty()) {
    unsigned index = 0;
    const char* const end = target.data() + target.size();
    const bool is_hci = target.starts_with("hci") && target.size() > 3;
    const auto [stop, error] =
        is_hci ? std::from_chars(target.data() + 3, end, index) : std::from_chars_result{end, std::errc::invalid_argument};
    if (error != std::errc{} || stop != end || !adapters.contains(index)) throw no_adapter(target);
    return index;
  }
  if (adapters.empty()) throw no_adapter({});
  const auto usable =
      std::find_if(adapters.begin(), adapters.end(), [](const auto& each) { return each.second.powered && each.second.central; });
  return usable == adapters.end() ? adapters.begin()->first : usable->first;
}

dbus::Message System::new_call(const std::string& path, const char* interface, const char* method) {
  if (!state_->bus || !state_->bus->is_open()) throw bluetoothd_gone();
  return state_->bus->new_call({"org.bluez", path, interface}, method);
}

awaitable<dbus::Message> System::call(dbus::Message message, TimePoint deadline) {
  return call_of(std::move(message), deadline, nullptr);
}

awaitable<dbus::Message> System::call(dbus::Message message, TimePoint deadline, dbus::CallGroup& group) {
  return call_of(std::move(message), deadline, &group);
}

awaitable<dbus::Message> System::call_of(dbus::Message message, TimePoint deadline, dbus::CallGroup* group) {
  const auto state = state_;
  if (!state->bus) throw bluetoothd_gone();
  try {
    awaitable<dbus::Message> call = group == nullptr ? state->bus->call(std::move(message), deadline)
                                                     : state->bus->call(std::move(message), deadline, *group);
    co_return co_await std::move(call);
  } catch (const dbus::BusLost&) {
    throw bluetoothd_gone();
  } catch (const dbus::CallFailed& failed) {
    if (means_gone(failed)) throw bluetoothd_gone();
    throw;
  }
}

awaitable<dbus::Message> System::call_when_free(std::function<dbus::Message()> make_call, TimePoint deadline,
                                                dbus::CallGroup* group) {
  const auto state = state_;
  Duration pause = first_busy_pause;
  for (;;) {
    std::string busy;
    try {
      co_return co_await call_of(make_call(), deadline, group);
    } catch (const dbus::CallFailed& failed) {
      if (!means_in_progress(failed)) throw;
      busy = failed.name();
    }
    if (state->clock.now() >= deadline)
      throw TimedOut("bluetoothd was busy with something else for too long",
                     {.cause = busy, .advice = "Try again; if it stays so, restart it with `systemctl restart bluetooth`."});
    const TimePoint again = std::min(deadline, state->clock.now() + pause);
    if (group == nullptr) {
      co_await state->clock.wait_until(again);
    } else {
      const bool waited = co_await unless(group->wait_ended(), state->clock.wait_until(again));
      if (!waited) throw dbus::CallGivenUp();
    }
    pause = std::min(2 * pause, longest_busy_pause);
  }
}

}  // namespace moor::bluez
