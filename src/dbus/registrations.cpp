// Whom a connection calls: for signals that fit a rule, and for calls to a path.

#include "dbus/connection_parts.hpp"

namespace moor::dbus {

namespace {

std::string owner_changes_of(const std::string& name) {
  return "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
         "member='NameOwnerChanged',arg0='" +
         name + "'";
}

// Empty where the name has none any more.
std::string_view new_owner(const Message& change) {
  Reader reader = change.read();
  reader.skip("ss");
  return reader.read_string();
}

}  // namespace

awaitable<Bus::Hold> Connection::match([[maybe_unused]] std::shared_ptr<Connection> self, std::string rule,
                                       Bus::OnSignal on_signal, TimePoint deadline) {
  const auto match = std::make_shared<SignalMatch>(*this, std::move(rule), std::move(on_signal));
  Bus::Hold result = hold(match);
  const std::optional<std::string> name = match->rule.well_known_sender();
  if (name && !unique_name_.empty()) co_await follow_sender(*match, *name, deadline);
  co_await add_match(match, deadline);
  co_return result;
}

awaitable<void> Connection::add_match(std::shared_ptr<SignalMatch> match, TimePoint deadline) {
  if (!open_) throw BusLost(why_lost_, denied_);
  matches_.push_back(match);
  if (unique_name_.empty()) co_return;  // no bus there to choose the messages: all come
  Message addition = make_call(bus_driver(), "AddMatch");
  addition.write().string(match->text);
  match->asked = true;
  (void)co_await call(shared_from_this(), std::move(addition), deadline);
}

// The changes come in one order with the signals, so what is kept is right for each signal. The answer to the question is right
// only where no change came after it, and where one came before it, they agree.
awaitable<void> Connection::follow_sender(SignalMatch& match, std::string name, TimePoint deadline) {
  match.sender_changes = std::make_shared<SignalMatch>(*this, owner_changes_of(name), [&match](const Message& signal) {
    match.sender = new_owner(signal);
    match.sender_changed = true;
  });
  co_await add_match(match.sender_changes, deadline);
  const auto owner = co_await find_owner(shared_from_this(), std::move(name), deadline);
  if (!match.sender_changed && owner) match.sender = *owner;
}

awaitable<Bus::Hold> Connection::watch_owner(std::shared_ptr<Connection> self, std::string name, Bus::OnOwner on_owner,
                                             TimePoint deadline) {
  Bus::OnSignal on_signal = [on_owner = std::move(on_owner)](const Message& signal) { on_owner(new_owner(signal)); };
  std::string rule = owner_changes_of(name);
  co_return co_await match(std::move(self), std::move(rule), std::move(on_signal), deadline);
}

awaitable<std::optional<std::string>> Connection::find_owner(std::shared_ptr<Connection> self, std::string name,
                                                             TimePoint deadline) {
  Message question = make_call(bus_driver(), "GetNameOwner");
  question.write().string(name);
  try {
    const Message answer = co_await call(std::move(self), std::move(question), deadline);
    co_return std::string(answer.read().read_string());
  } catch (const CallFailed& failed) {
    if (failed.name() != "org.freedesktop.DBus.Error.NameHasNoOwner") throw;
  }
  co_return std::nullopt;
}

awaitable<void> Connection::request_name(std::shared_ptr<Connection> self, std::string name, TimePoint deadline) {
  constexpr uint32_t do_not_queue = 4;  // D-Bus specification, RequestName
  constexpr uint32_t primary_owner = 1, already_owner = 4;
  Message request = make_call(bus_driver(), "RequestName");
  request.write().string(name).u32(do_not_queue);
  const Message answer = co_await call(std::move(self), std::move(request), deadline);
  const uint32_t result = answer.read().read_u32();
  if (result != primary_owner && result != already_owner)
    throw CallFailed("org.freedesktop.DBus.Error.AddressInUse", "somebody else is " + name);
}

Bus::Hold Connection::serve(const std::string& path, bool below, Bus::OnCall on_call) {
  if (!is_path(path)) throw MessageMalformed("D-Bus cannot serve " + path + ": it is no object path");
  const auto service = std::make_shared<Service>(*this, path, below, std::move(on_call));
  services_.push_back(service);
  return hold(service);
}

Bus::Hold Connection::hold(std::shared_ptr<Registration> registration) {
  return Bus::Hold(std::make_shared<Ending>(weak_from_this(), std::move(registration)));
}

void Connection::retire(const std::shared_ptr<Registration>& registration) {
  registration->retire();
  sweep();
}

void Connection::sweep() {
  if (processing_) return;
  const auto has_ended = [](const auto& each) { return each->ended; };
  std::erase_if(matches_, has_ended);
  std::erase_if(services_, has_ended);
}

}  // namespace moor::dbus
