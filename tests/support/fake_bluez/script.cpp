#include "support/fake_bluez_script.hpp"

#include <cstdio>

namespace moor::testing {

namespace {

std::string full_name(const std::string& name) {
  return name.find('.') == std::string::npos ? "org.bluez.Error." + name : name;
}

}  // namespace

Reaction Reaction::after(Duration how_long) const {
  Reaction result = *this;
  result.delay = how_long;
  return result;
}

Reaction Reaction::times(int calls) const {
  Reaction result = *this;
  result.count = calls;
  return result;
}

Reaction Reaction::first(std::function<void()> action) const {
  Reaction result = *this;
  result.before = std::move(action);
  return result;
}

Reaction answers() {
  return {};
}

Reaction never() {
  return {.silent = true};
}

Reaction in_progress() {
  return fails("InProgress", "Operation already in progress");
}

Reaction fails(const std::string& name, std::string text) {
  return {.error_name = full_name(name), .error_text = std::move(text)};
}

// BlueZ, src/gatt-client.c, create_gatt_dbus_error.
Reaction fails_with_att(uint8_t code) {
  switch (code) {
    case 0x02: return fails("NotPermitted", "Read not permitted");
    case 0x03: return fails("NotPermitted", "Write not permitted");
    case 0x05:
    case 0x0C:
    case 0x0F: return fails("NotPermitted", "Not paired");
    case 0x06: return fails("NotSupported", "Operation is not supported");
    case 0x07: return fails("InvalidArguments", "Invalid offset");
    case 0x08: return fails("NotAuthorized", "Operation Not Authorized");
    case 0x0D: return fails("InvalidArguments", "Invalid Length");
    case 0xFD: return fails("ImproperlyConfigured", "CCC Improperly configured");
    case 0xFE: return in_progress();
    default: break;
  }
  char text[48];
  std::snprintf(text, sizeof text, "Operation failed with ATT error: 0x%02x", code);
  return fails("Failed", text);
}

namespace step {

namespace {

ConnectStep of(ConnectStep::Kind kind) {
  return {.kind = kind};
}

}  // namespace

ConnectStep pause(Duration how_long) {
  return {.kind = ConnectStep::Kind::pause, .how_long = how_long};
}
ConnectStep connected() {
  return of(ConnectStep::Kind::connected);
}
ConnectStep connected_unsaid() {
  return of(ConnectStep::Kind::connected_unsaid);
}
ConnectStep services() {
  return of(ConnectStep::Kind::services);
}
ConnectStep resolved() {
  return of(ConnectStep::Kind::resolved);
}
ConnectStep reply() {
  return of(ConnectStep::Kind::reply);
}
ConnectStep fail(const std::string& name, std::string text) {
  return {.kind = ConnectStep::Kind::fail, .error_name = full_name(name), .error_text = std::move(text)};
}
ConnectStep drop() {
  return of(ConnectStep::Kind::drop);
}
ConnectStep remove() {
  return of(ConnectStep::Kind::remove);
}
ConnectStep run(std::function<void()> action) {
  return {.kind = ConnectStep::Kind::run, .action = std::move(action)};
}

}  // namespace step

}  // namespace moor::testing
