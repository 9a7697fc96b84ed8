// Calls of Device1: links that are made and end.

#include "support/fake_bluez/state.hpp"

namespace moor::testing {

namespace {

std::vector<ConnectStep> usual_steps() {
  return {step::pause(std::chrono::milliseconds(100)), step::connected(), step::reply(),
          step::pause(std::chrono::milliseconds(200)), step::services(),  step::resolved()};
}

}  // namespace

void FakeBluez::State::perform_device(const CallPointer& call, BluezDevice& device) {
  BluezDevice::State& state = *device.state_;
  if (call->member == "Connect") return state.begin_connect(call);
  if (call->member == "Disconnect") return state.begin_disconnect(call);
  if (call->member == "Pair") {
    if (state.is_pairing) return call->refuse(in_progress());
    if (state.bonded) return call->refuse(fails("AlreadyExists", "Already Exists"));
    state.is_pairing = true;
    return spawn(BluezDevice::State::pair(device.state_, call));
  }
  if (call->member == "CancelPairing") {
    if (!state.is_pairing) return call->refuse(fails("DoesNotExist", "Does Not Exist"));
    state.is_pairing = false;
    return call->reply.done();
  }
  call->reply.refuse("org.freedesktop.DBus.Error.UnknownMethod", "No such method");
}

void BluezDevice::State::set_connected(bool is) {
  if (connected == is) return;
  connected = is;
  if (exists()) bluez.objects.change(path, device_interface, {{"Connected", is}});
}

void BluezDevice::State::answer_connecting(const std::function<void(BluezCall&)>& how) {
  if (const CallPointer call = std::exchange(connecting, nullptr)) how(*call);
}

void BluezDevice::State::begin_connect(const CallPointer& call) {
  if (connecting) return call->refuse(in_progress());
  const auto found = bluez.adapters.find(adapter);
  if (found == bluez.adapters.end() || !bluez.is_powered(found->second))
    return call->refuse(fails("NotReady", "Resource Not Ready"));
  if (connected) return call->reply.done();
  connecting = call;
  bluez.spawn(run_steps(shared_from_this(), ++attempt));
}

awaitable<void> BluezDevice::State::run_steps(std::shared_ptr<State> self, uint64_t attempt) {
  const std::vector<ConnectStep> steps = self->steps ? *self->steps : usual_steps();
  for (const ConnectStep& each : steps) {
    if (each.kind == ConnectStep::Kind::pause) co_await self->bluez.clock.wait_for(each.how_long);
    if (!self->bluez.alive || attempt != self->attempt || !self->take_step(each)) co_return;
  }
  self->answer_connecting([](BluezCall& call) { call.reply.done(); });
}

bool BluezDevice::State::take_step(const ConnectStep& each) {
  using Kind = ConnectStep::Kind;
  switch (each.kind) {
    case Kind::pause: return true;
    case Kind::connected: set_connected(true); return true;
    case Kind::connected_unsaid:
      connected = true;
      bluez.objects.change_unsaid(path, device_interface, "Connected", true);
      return true;
    case Kind::services: add_services(); return true;
    case Kind::resolved: resolve(true); return true;
    case Kind::reply: answer_connecting([](BluezCall& call) { call.reply.done(); }); return true;
    case Kind::fail:
      answer_connecting([&](BluezCall& call) { call.reply.refuse(each.error_name, each.error_text); });
      lose_link();
      return false;
    case Kind::drop: lose_link(); return true;
    case Kind::remove: remove(); return true;
    case Kind::run: each.action(); return true;
  }
  return true;
}

void BluezDevice::State::lose_link() {
  ++attempt;
  answer_connecting([](BluezCall& call) { call.refuse(fails("Failed", "le-connection-abort-by-local")); });
  for (BluezAttribute& each : attributes) {
    each.notify_socket.reset();
    each.write_socket.reset();
  }
  if (!connected) return;
  connected = false;
  if (!exists()) return;
  BluezProperties changed{{"Connected", false}};
  const BluezProperties* properties = bluez.objects.find(path, device_interface);
  if (properties->at("ServicesResolved") == BluezValue(true)) changed["ServicesResolved"] = false;
  bluez.objects.change(path, device_interface, changed);
  expire_later();
}

void BluezDevice::State::begin_disconnect(const CallPointer& call) {
  if (connecting) {  // the attempt is given up; its call is answered first (src/device.c, device_request_disconnect)
    const CallPointer given_up = std::exchange(connecting, nullptr);
    given_up->refuse(fails("Failed", "br-connection-canceled"));
    if (!connected) ++attempt;
  }
  if (!connected) return call->reply.done();
  const auto end = [](std::shared_ptr<State> self, CallPointer pending) -> awaitable<void> {
    const uint64_t attempt = self->attempt;
    if (self->disconnection > Duration{}) co_await self->bluez.clock.wait_for(self->disconnection);
    if (!self->bluez.alive) co_return;
    if (attempt == self->attempt && self->connected) self->resolve(false);
    pending->reply.done();
    if (attempt == self->attempt) self->lose_link();
  };
  bluez.spawn(end(shared_from_this(), call));
}

}  // namespace moor::testing
