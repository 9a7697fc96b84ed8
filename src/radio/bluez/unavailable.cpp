#include "radio/bluez/unavailable.hpp"

#include <fmt/format.h>

namespace moor::bluez {

namespace {

// A context with advice; `cause` in the words of the system.
ErrorContext advise(std::string advice, std::string cause = {}, std::string radio = {}) {
  return {.radio = std::move(radio), .cause = std::move(cause), .advice = std::move(advice)};
}

std::string words_of(const dbus::CallFailed& failed) {
  return failed.name() + ": " + failed.what();
}

std::string radio_name(std::string_view adapter) {
  return adapter.empty() ? "bluez" : fmt::format("bluez:{}", adapter);
}

constexpr const char* start_bluetoothd = "Install BlueZ (apt install bluez) and start it with `systemctl start bluetooth`.";

}  // namespace

RadioNotAvailable to_unavailable(const dbus::BusLost& lost) {
  if (lost.denied())
    return RadioNotAvailable(
        "the system bus does not let this user in",
        advise("Run as a user that the bus lets in; in a container that is the user's number outside.", lost.what(), "bluez"),
        Unavailable::permission_denied);
  return RadioNotAvailable(
      "there is no system bus",
      advise("Start it with `systemctl start dbus`; in a container mount /run/dbus/system_bus_socket of the machine.",
             lost.what(), "bluez"),
      Unavailable::no_service);
}

RadioNotAvailable to_unavailable(const dbus::CallFailed& failed) {
  const std::string cause = words_of(failed);
  if (failed.name().ends_with(".AccessDenied") || failed.name().ends_with(".AuthFailed"))
    return RadioNotAvailable("the system does not let this user talk to bluetoothd",
                             advise("Run `sudo usermod -aG bluetooth $USER` and log in again.", cause, "bluez"),
                             Unavailable::permission_denied);
  if (failed.name().ends_with(".UnknownMethod") || failed.name().ends_with(".UnknownInterface"))
    return RadioNotAvailable("bluetoothd is too old",
                             advise("moor needs BlueZ 5.55 or newer: update the package bluez.", cause, "bluez"),
                             Unavailable::no_service);
  if (means_gone(failed))
    return RadioNotAvailable("bluetoothd is not running", advise(start_bluetoothd, cause, "bluez"), Unavailable::no_service);
  return RadioNotAvailable("bluetoothd refused a call", advise("Restart it with `systemctl restart bluetooth`.", cause, "bluez"),
                           Unavailable::unknown);
}

RadioNotAvailable bluetoothd_silent() {
  return RadioNotAvailable("bluetoothd does not answer", advise("Restart it with `systemctl restart bluetooth`.", {}, "bluez"),
                           Unavailable::no_service);
}

RadioNotAvailable bluetoothd_gone() {
  return RadioNotAvailable("bluetoothd is gone", advise("Start it with `systemctl start bluetooth`.", {}, "bluez"),
                           Unavailable::no_service);
}

RadioNotAvailable no_adapter(std::string_view name) {
  if (name.empty())
    return RadioNotAvailable(
        "this machine has no Bluetooth adapter",
        advise("Plug one in, or use a proxy or a simulated world; `moor doctor` says what the kernel sees.", {}, "bluez"),
        Unavailable::no_radio);
  return RadioNotAvailable(fmt::format("there is no adapter {}", name),
                           advise("Plug it in, or pick one that `moor radios` lists.", {}, radio_name(name)),
                           Unavailable::no_radio);
}

RadioNotAvailable adapter_unplugged(const std::string& name) {
  return RadioNotAvailable(
      fmt::format("the adapter {} is gone", name),
      advise("Plug it in again; where nobody unplugged it, `dmesg` says what happened.", {}, radio_name(name)),
      Unavailable::no_radio);
}

RadioNotAvailable adapter_powered_off(const std::string& name, const std::string& cause) {
  return RadioNotAvailable(fmt::format("the adapter {} is powered off", name),
                           advise("Switch it on with `bluetoothctl power on`.", cause, radio_name(name)),
                           Unavailable::powered_off);
}

RadioNotAvailable adapter_blocked(const std::string& name) {
  return RadioNotAvailable(fmt::format("the adapter {} is blocked by rfkill", name),
                           advise("Run `rfkill unblock bluetooth`, or look for a switch on the machine.", {}, radio_name(name)),
                           Unavailable::blocked);
}

RadioNotAvailable discovery_refused(const std::string& name, const std::string& cause) {
  return RadioNotAvailable(
      fmt::format("the adapter {} does not scan", name),
      advise("Another program may hold it; else reset it with `bluetoothctl power off`, `bluetoothctl power on`.", cause,
             radio_name(name)),
      Unavailable::unknown);
}

RadioNotAvailable no_monitors(const std::string& name, const std::string& cause) {
  return RadioNotAvailable(
      fmt::format("the adapter {} has no advertisement monitors, which a passive scan needs", name),
      advise("Scan actively, or use BlueZ 5.56 or newer started with `bluetoothd --experimental` and a kernel from 5.10.", cause,
             radio_name(name)),
      Unavailable::no_service);
}

bool means_gone(const dbus::CallFailed& failed) noexcept {
  const std::string_view name = failed.name();
  return name == "org.freedesktop.DBus.Error.ServiceUnknown" || name == "org.freedesktop.DBus.Error.NameHasNoOwner" ||
         name == "org.freedesktop.DBus.Error.NoReply" || name == "org.freedesktop.DBus.Error.Disconnected" ||
         name.starts_with("org.freedesktop.DBus.Error.Spawn") || name.starts_with("org.freedesktop.systemd1.");
}

bool means_in_progress(const dbus::CallFailed& failed) noexcept {
  return failed.name() == "org.bluez.Error.InProgress";
}

}  // namespace moor::bluez
