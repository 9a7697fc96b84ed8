// Pairing: the client's agent is asked as bluetoothd asks it.

#include "support/fake_bluez/state.hpp"

namespace moor::testing {

namespace {

/// What bluetoothd answers to Pair when pairing did not succeed (src/device.c, btd_error_bonding...).
Reaction failed(const std::string& problem) {
  return fails("Authentication" + problem, "Authentication " + problem);
}

}  // namespace

awaitable<void> BluezDevice::State::pair(std::shared_ptr<State> self, CallPointer call) {
  const uint64_t life = self->bluez.life;
  struct Leave {
    State& state;
    ~Leave() { state.is_pairing = false; }
  } leave{*self};
  if (!self->connected) {
    // Connects first; what the agent is asked comes after it.
    co_await self->bluez.clock.wait_for(std::chrono::milliseconds(100));
    if (life != self->bluez.life || !self->exists()) co_return;
    self->set_connected(true);
  }
  const uint64_t attempt = self->attempt;
  co_await self->bluez.clock.wait_for(self->pairing.takes);
  bool agreed = false;
  std::string refusal = "Rejected";
  if (life == self->bluez.life && attempt == self->attempt && self->is_pairing &&
      self->pairing.kind != BluezPairing::Kind::unavailable) {
    const bool needs_agent = self->pairing.kind != BluezPairing::Kind::just_works || self->pairing.authorization;
    if (needs_agent && !self->bluez.agent)
      refusal = "Failed";
    else if (needs_agent)
      agreed = co_await ask_agent(self, *self->bluez.agent);
    else
      agreed = true;
  }
  if (!self->bluez.alive || life != self->bluez.life) co_return;
  if (!self->is_pairing) co_return call->refuse(failed("Canceled"));
  if (attempt != self->attempt || self->pairing.kind == BluezPairing::Kind::unavailable) co_return call->refuse(failed("Failed"));
  if (!agreed) co_return call->refuse(failed(refusal));
  self->bonded = self->known = true;
  self->bluez.objects.change(self->path, device_interface, {{"Bonded", true}, {"Paired", true}});
  call->reply.done();
  co_await self->bluez.clock.wait_for(std::chrono::milliseconds(200));
  if (!self->bluez.alive || attempt != self->attempt || self->bluez.objects.find(self->path, device_interface) == nullptr ||
      self->bluez.objects.find(self->path, device_interface)->at("ServicesResolved") == BluezValue(true))
    co_return;
  self->add_services();
  self->resolve(true);
}

awaitable<bool> BluezDevice::State::ask_agent(std::shared_ptr<State> self, BluezAgent agent) {
  using Kind = BluezPairing::Kind;
  const char* method = "RequestAuthorization";
  switch (self->pairing.kind) {
    case Kind::just_works:
    case Kind::unavailable: break;
    case Kind::confirmation: method = "RequestConfirmation"; break;
    case Kind::passkey_entry: method = "RequestPasskey"; break;
    case Kind::passkey_display: method = "DisplayPasskey"; break;
    case Kind::pin_code: method = "RequestPinCode"; break;
  }
  dbus::Message message =
      self->bluez.bus.new_call({.destination = agent.sender, .path = agent.path, .interface = "org.bluez.Agent1"}, method);
  dbus::Writer writer = message.write();
  writer.path(self->path);
  if (self->pairing.kind == Kind::confirmation || self->pairing.kind == Kind::passkey_display) writer.u32(self->pairing.passkey);
  if (self->pairing.kind == Kind::passkey_display) writer.u16(0);
  try {
    // bluetoothd waits a minute for an agent (src/agent.c, REQUEST_TIMEOUT).
    const dbus::Message answer =
        co_await self->bluez.bus.call(std::move(message), self->bluez.clock.now() + std::chrono::seconds(60));
    dbus::Reader reader = answer.read();
    if (self->pairing.kind == Kind::passkey_entry) co_return reader.read_u32() == self->pairing.passkey;
    if (self->pairing.kind == Kind::pin_code) co_return reader.read_string() == self->pairing.pin;
    co_return true;
  } catch (const Error&) {
    co_return false;
  }
}

}  // namespace moor::testing
