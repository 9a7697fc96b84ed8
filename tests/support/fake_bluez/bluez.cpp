#include "support/fake_bluez/state.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

namespace moor::testing {

namespace {

std::string last_name(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash + 1 >= path.size() ? path : path.substr(slash + 1);
}

std::string key_of(const std::string& path, const std::string& method) {
  return path + " " + method;
}

/// As GDBus refuses what it does not have.
Reaction no_such_method(const BluezCall& call, const char* error_name) {
  return fails(error_name, "Method \"" + call.member + "\" with signature \"" + std::string(call.message.signature()) +
                               "\" on interface \"" + call.interface + "\" doesn't exist\n");
}

}  // namespace

std::optional<BluezValue> read_option(dbus::Reader reader, std::string_view name) {
  std::optional<BluezValue> found;
  reader.enter_array("{sv}");
  while (reader.enter_dict_entry("sv")) {
    const bool is_it = reader.read_string() == name;
    std::optional<BluezValue> value = BluezObjects::read_variant(reader);
    if (is_it) found = std::move(value);
    reader.leave();
  }
  reader.leave();
  return found;
}

FakeBluez::FakeBluez(boost::asio::any_io_executor executor, Clock& clock, dbus::Bus& bus, Own own)
    : state_(std::make_shared<State>(std::move(executor), clock, bus, std::move(own))) {
  for (const auto& [path, below] : {std::pair("/", false), std::pair("/org/bluez", true)})
    state_->holds.push_back(bus.serve(path, below, [state = std::weak_ptr(state_)](const dbus::Message& call, dbus::Reply reply) {
      if (const auto self = state.lock()) self->on_call(call, std::move(reply));
    }));
}

FakeBluez::~FakeBluez() {
  state_->alive = false;
  state_->holds.clear();
  for (auto& signal : state_->signals) signal.emit(boost::asio::cancellation_type::all);
}

void FakeBluez::State::spawn(awaitable<void> work) {
  const auto signal = signals.emplace(signals.end());
  boost::asio::co_spawn(
      executor, std::move(work),
      boost::asio::bind_cancellation_slot(signal->slot(), [self = shared_from_this(), signal](std::exception_ptr) {
        self->signals.erase(signal);  // what it threw is the end of its waiting, or of the bus
      }));
}

void FakeBluez::State::on_call(const dbus::Message& message, dbus::Reply reply) {
  const auto call = std::make_shared<BluezCall>(message, std::move(reply));
  if (!running)
    return call->reply.refuse("org.freedesktop.DBus.Error.ServiceUnknown",
                              "The name org.bluez was not provided by any .service files");
  std::string entry = last_name(call->path) + (call->path == "/" ? "" : " " + call->member);
  if (call->interface == "org.freedesktop.DBus.Properties" && call->member != "GetAll") {
    dbus::Reader reader = message.read();
    (void)reader.read_string();
    entry += " " + std::string(reader.read_string());
  }
  calls.push_back(std::move(entry));
  if (hanging) return unanswered.push_back(call);

  const std::optional<Reaction> reaction = next_reaction(*call);
  if (!reaction) return perform(call);
  if (reaction->silent) return unanswered.push_back(call);
  const auto react = [](std::shared_ptr<State> self, CallPointer pending, Reaction how) -> awaitable<void> {
    const uint64_t life = self->life;
    if (how.delay > Duration{}) co_await self->clock.wait_for(how.delay);
    if (!self->alive || life != self->life) co_return;
    if (how.before) how.before();
    if (how.error_name.empty())
      self->perform(pending);
    else
      pending->refuse(how);
  };
  spawn(react(shared_from_this(), call, *reaction));
}

std::optional<Reaction> FakeBluez::State::next_reaction(const BluezCall& call) {
  for (std::string path = call.path;;) {  // of the object, of those above it, of any
    if (const auto found = reactions.find(key_of(path, call.member)); found != reactions.end() && !found->second.empty()) {
      Reaction& next = found->second.front();
      Reaction result = next;
      if (next.count != std::numeric_limits<int>::max() && --next.count <= 0) found->second.pop_front();
      return result;
    }
    if (path.empty()) return std::nullopt;
    path.erase(path.rfind('/'));
  }
}

void FakeBluez::State::perform(const CallPointer& call) {
  if (call->path == "/") return perform_root(call);
  if (!objects.has(call->path)) return call->refuse(no_such_method(*call, "org.freedesktop.DBus.Error.UnknownObject"));
  if (call->interface == "org.freedesktop.DBus.Properties") return perform_properties(call);
  if (objects.find(call->path, call->interface) == nullptr)
    return call->refuse(no_such_method(*call, "org.freedesktop.DBus.Error.UnknownMethod"));
  if (call->path == "/org/bluez") return perform_agent_manager(call);
  for (auto& [index, adapter] : adapters) {
    if (adapter.path != call->path) continue;
    return call->interface == monitor_manager_interface ? perform_monitors(call, adapter) : perform_adapter(call, adapter);
  }
  BluezDevice* device = find_device(call->path);
  if (device == nullptr) return call->refuse(no_such_method(*call, "org.freedesktop.DBus.Error.UnknownMethod"));
  call->interface == device_interface ? perform_device(call, *device) : perform_gatt(call, *device);
}

void FakeBluez::State::perform_root(const CallPointer& call) {
  if (call->member != "GetManagedObjects") return call->refuse(no_such_method(*call, "org.freedesktop.DBus.Error.UnknownMethod"));
  call->reply.done([&](dbus::Writer& writer) { objects.write_all(writer); });
}

void FakeBluez::State::perform_properties(const CallPointer& call) {
  dbus::Reader reader = call->message.read();
  const std::string interface(reader.read_string());
  const BluezProperties* properties = objects.find(call->path, interface);
  if (properties == nullptr)
    return call->reply.refuse("org.freedesktop.DBus.Error.InvalidArgs", "No such interface '" + interface + "'");
  if (call->member == "GetAll") return call->reply.done([&](dbus::Writer& writer) { BluezObjects::write(writer, *properties); });
  if (call->member == "Set") return set_property(call);
  const std::string name(reader.read_string());
  const auto found = properties->find(name);
  if (found == properties->end())
    return call->reply.refuse("org.freedesktop.DBus.Error.InvalidArgs", "No such property '" + name + "'");
  call->reply.done([&](dbus::Writer& writer) { BluezObjects::write_variant(writer, found->second); });
}

void FakeBluez::State::set_property(const CallPointer& call) {
  dbus::Reader reader = call->message.read();
  const std::string interface(reader.read_string());
  const std::string name(reader.read_string());
  const std::optional<BluezValue> value = BluezObjects::read_variant(reader);
  if (!value) return call->refuse(fails("InvalidArguments", "Invalid arguments in method call"));
  if (interface == adapter_interface && name == "Powered")
    for (auto& [index, adapter] : adapters)
      if (adapter.path == call->path) power(adapter, std::get<bool>(*value));
  BluezDevice* device = find_device(call->path);
  if (device != nullptr && interface == device_interface && name == "Trusted") device->state_->trusted = std::get<bool>(*value);
  call->reply.done();
  const BluezProperties* properties = objects.find(call->path, interface);
  const auto now = properties->find(name);
  if (now == properties->end() || now->second != *value) objects.change(call->path, interface, {{name, *value}});
}

void FakeBluez::State::perform_agent_manager(const CallPointer& call) {
  dbus::Reader reader = call->message.read();
  if (call->member == "RegisterAgent") {
    if (agent && agent->sender == call->sender) return call->refuse(fails("AlreadyExists", "Already Exists"));
    agent = BluezAgent{.sender = call->sender, .path = std::string(reader.read_path()), .capability = {}};
    agent->capability = reader.read_string();
  } else if (!agent || agent->sender != call->sender) {
    return call->refuse(fails("DoesNotExist", "Does Not Exist"));
  } else if (call->member == "UnregisterAgent") {
    agent.reset();
  }
  call->reply.done();
}

BluezDevice* FakeBluez::State::find_device(const std::string& path) const {
  for (const auto& device : devices)
    if (path == device->path() || path.starts_with(device->path() + "/")) return device.get();
  return nullptr;
}

void FakeBluez::State::lose_everything() {
  ++life;
  running = false;
  hanging = false;
  unanswered.clear();
  agent.reset();
  objects.set_heard(false);
  for (auto& [index, adapter] : adapters) {
    adapter.filters.clear();
    adapter.discoverers.clear();
    adapter.applications.clear();
  }
  for (const auto& device : devices) {
    BluezDevice::State& state = *device->state_;
    ++state.attempt;
    state.connecting.reset();
    state.connected = false;
    state.remove();
  }
  objects.clear();
}

awaitable<void> FakeBluez::start() {
  const std::shared_ptr<State> self = state_;
  self->objects.clear();
  self->objects.add("/org/bluez", {{"org.bluez.AgentManager1", {}}, {"org.bluez.ProfileManager1", {}}});
  for (auto& [index, adapter] : self->adapters) self->objects.add(adapter.path, adapter.initial);
  self->running = true;
  for (const auto& device : self->devices)
    if (device->state_->bonded || device->state_->known) device->appear();
  co_await self->own(true);
  self->objects.set_heard(true);
}

awaitable<void> FakeBluez::stop() {
  const std::shared_ptr<State> self = state_;
  self->lose_everything();
  co_await self->own(false);
}

awaitable<void> FakeBluez::restart(Duration gap) {
  const std::shared_ptr<State> self = state_;
  co_await stop();
  co_await self->clock.wait_for(gap);
  if (self->alive) co_await start();
}

BluezDevice& FakeBluez::add_device(std::string_view address, unsigned adapter, bool random) {
  const std::optional<Address> parsed = Address::parse(address, random);
  if (!parsed) throw std::invalid_argument("no address: " + std::string(address));
  return *state_->devices.emplace_back(std::make_unique<BluezDevice>(*this, adapter, *parsed));
}

void FakeBluez::on(const std::string& method, const Reaction& reaction) {
  on("", method, reaction);
}

void FakeBluez::on(const std::string& path, const std::string& method, const Reaction& reaction) {
  state_->reactions[key_of(path, method)].push_back(reaction);
}

void FakeBluez::hang(bool hangs) {
  state_->hanging = hangs;
}

void FakeBluez::temporary_timeout(Duration how_long) {
  state_->temporary_timeout = how_long;
}

const std::vector<std::string>& FakeBluez::calls() const noexcept {
  return state_->calls;
}

size_t FakeBluez::count(std::string_view method) const {
  return static_cast<size_t>(std::ranges::count_if(
      state_->calls, [&](const std::string& call) { return call == method || call.ends_with(" " + std::string(method)); }));
}

void FakeBluez::forget_calls() {
  state_->calls.clear();
}

bool FakeBluez::has_agent() const {
  return state_->agent.has_value();
}

void FakeBluez::add_object(const std::string& path, const std::string& interface, BluezProperties properties) {
  state_->objects.add(path, {{interface, std::move(properties)}});
}

void FakeBluez::remove_object(const std::string& path) {
  state_->objects.remove(path);
}

void FakeBluez::change(const std::string& path, const std::string& interface, const BluezProperties& changed,
                       const std::vector<std::string>& invalidated) {
  state_->objects.change(path, interface, changed, invalidated);
}

}  // namespace moor::testing
