// What the facts mean, and the command that mends what is wrong.

#include "radio/bluez/doctor_facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cerrno>
#include <charconv>

namespace moor::bluez {

namespace {

constexpr unsigned cap_net_admin = 12;  // linux/capability.h

Check good(std::string name, bool needed, std::string what) {
  return {.name = std::move(name), .ok = true, .needed = needed, .what = std::move(what)};
}

Check bad(std::string name, bool needed, std::string what, std::string remedy) {
  return {.name = std::move(name), .ok = false, .needed = needed, .what = std::move(what), .remedy = std::move(remedy)};
}

// Adapters that bluetoothd has are there, also where a container hides the kernel's files.
bool has_adapter(const Facts& facts) {
  return !facts.adapters.empty() || !facts.bus.adapters.empty();
}

// Sockets of Bluetooth exist in the machine's own network namespace alone (Linux, net/bluetooth/af_bluetooth.c).
bool in_other_network(const Facts& facts) {
  return facts.has_class && facts.socket_error == EAFNOSUPPORT;
}

Check check_kernel(const Facts& facts) {
  const char* name = "kernel";
  if (facts.has_class || facts.socket_error == 0 || !facts.bus.adapters.empty())
    return good(name, true, "The kernel has Bluetooth");
  return bad(name, true, "This kernel has no Bluetooth: no /sys/class/bluetooth, no sockets of that kind",
             facts.in_container ? "on the host: modprobe bluetooth" : "modprobe bluetooth");
}

Check check_dongle(const Facts::Dongle& dongle) {
  const std::string what = dongle.name.empty() ? dongle.id : fmt::format("{} ({})", dongle.name, dongle.id);
  if (!dongle.has_driver) return bad("adapter", true, "No driver has taken the USB device " + what, "modprobe btusb");
  return bad(
      "adapter", true, fmt::format("The driver of {} has made no adapter of it, most often for lack of firmware", what),
      "dmesg | grep -i bluetooth, and install what it misses: apt install firmware-realtek firmware-iwlwifi firmware-atheros");
}

Check check_adapter(const Facts& facts) {
  const auto& seen = facts.bus.adapters;
  if (!has_adapter(facts)) {
    if (!facts.dongles.empty()) return check_dongle(facts.dongles.front());
    return bad("adapter", true, "There is no Bluetooth adapter",
               "plug one in, or give another radio: --radio esphome://HOST, --radio sim:WORLD.toml");
  }
  if (!seen.empty() && std::none_of(seen.begin(), seen.end(), [](const auto& adapter) { return adapter.central; }))
    return bad("adapter", true, "The adapter can be a peripheral only: it neither scans nor connects",
               "set ControllerMode = dual in /etc/bluetooth/main.conf, then: systemctl restart bluetooth");
  std::vector<std::string> names;
  names.reserve(facts.adapters.size());
  for (const Facts::Adapter& adapter : facts.adapters)
    names.push_back(adapter.bus.empty() ? adapter.name : fmt::format("{} ({})", adapter.name, adapter.bus));
  if (names.empty())
    for (const auto& adapter : seen) names.push_back(adapter.name);
  return good("adapter", true, fmt::format("{}", fmt::join(names, ", ")));
}

Check check_rfkill(const Facts& facts) {
  std::vector<std::string> soft;
  std::vector<std::string> hard;
  for (const Facts::Adapter& adapter : facts.adapters) {
    if (adapter.hard_blocked)
      hard.push_back(adapter.name);
    else if (adapter.soft_blocked)
      soft.push_back(adapter.name);
  }
  const bool all = !facts.adapters.empty() && soft.size() + hard.size() == facts.adapters.size();
  if (!hard.empty())
    return bad("rfkill", all, fmt::format("A switch of the machine blocks {}", fmt::join(hard, ", ")),
               "turn Bluetooth on with its switch or key, or in the firmware's setup");
  if (!soft.empty())
    return bad("rfkill", all, fmt::format("rfkill blocks {}", fmt::join(soft, ", ")), "rfkill unblock bluetooth");
  return good("rfkill", true, facts.adapters.empty() ? "There is nothing to block" : "Nothing is blocked");
}

Check refused_by_bus(const Facts& facts) {
  const bool mapped = facts.uid && facts.outside_uid && (!facts.first_namespace || *facts.uid != *facts.outside_uid);
  const std::string who = facts.uid ? fmt::format("user {}", *facts.uid) : "this user";
  if (mapped)
    return bad(
        "bus", true,
        fmt::format("The system bus does not let {} in, who is {} outside of this user namespace", who, *facts.outside_uid),
        fmt::format("let the bus's policy have user {}, or map another one here", *facts.outside_uid));
  return bad("bus", true, fmt::format("The system bus does not let {} in: {}", who, facts.bus.error),
             facts.in_container
                 ? "start the container with --security-opt apparmor=unconfined, or --security-opt label=disable with SELinux"
                 : "run it as a user that the bus lets in, such as root");
}

Check check_bus(const Facts& facts) {
  using State = BusFacts::State;
  if (facts.bus.state == State::reached) return good("bus", true, "The system bus answers");
  if (facts.bus.state == State::refused) return refused_by_bus(facts);
  if (facts.bus.state == State::silent || facts.bus.state == State::unasked)
    return bad("bus", true, "The system bus does not answer", "systemctl restart dbus");
  const std::string at = facts.bus_path.empty() ? "" : " at " + facts.bus_path;
  if (!facts.bus_path.empty() && !facts.bus_path_exists)
    return bad("bus", true, "There is no system bus" + at + (facts.in_container ? ", as this is a container" : ""),
               facts.in_container ? "start the container with -v /run/dbus:/run/dbus:ro"
                                  : "apt install dbus && systemctl enable --now dbus");
  return bad("bus", true, fmt::format("Nobody serves the system bus{}: {}", at, facts.bus.error),
             facts.in_container ? "mount the folder, not the socket alone: -v /run/dbus:/run/dbus:ro" : "systemctl restart dbus");
}

Check check_bluetoothd(const Facts& facts) {
  const char* name = "bluetoothd";
  if (facts.bus.state != BusFacts::State::reached)
    return bad(name, true, "Whether bluetoothd runs is not known without the bus", "mend the bus first");
  if (!facts.bus.bluetoothd_runs) {
    const bool installed = !facts.bluetoothd_version.empty();
    const std::string start = "systemctl enable --now bluetooth";
    if (facts.in_container) return bad(name, true, "bluetoothd does not run", "on the host: " + start);
    return bad(name, true, installed ? "bluetoothd does not run" : "bluetoothd is neither running nor installed",
               installed ? start : "apt install bluez && " + start);
  }
  if (facts.bus.bluetoothd_silent) return bad(name, true, "bluetoothd runs and does not answer", "systemctl restart bluetooth");
  return good(name, true, "bluetoothd runs");
}

// "5.66".
std::optional<std::pair<unsigned, unsigned>> version_in(const std::string& text) {
  std::pair<unsigned, unsigned> version;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.second);
  if (minor.ec != std::errc()) return std::nullopt;
  return version;
}

Check check_version(const Facts& facts) {
  const char* name = "version";
  const auto version = version_in(facts.bluetoothd_version);
  if (!version) return good(name, false, "The version of BlueZ cannot be seen from here, and what it offers is asked of it");
  // What moor calls is there from 5.55 on, as bleak requires too.
  if (*version < std::pair<unsigned, unsigned>{5, 55})
    return bad(name, false, fmt::format("BlueZ {} is older than 5.55, the least that is known to work", facts.bluetoothd_version),
               "apt update && apt install bluez, from a newer release of the system if need be");
  return good(name, false, "BlueZ " + facts.bluetoothd_version);
}

Check check_permission(const Facts& facts) {
  const char* name = "permission";
  if (!facts.bus.bluetoothd_runs) return good(name, true, "Whether bluetoothd may be called is not known while it does not run");
  if (facts.bus.bluetoothd_denies)
    return bad(name, true, "The bus's policy does not let this user call bluetoothd",
               "usermod -aG bluetooth \"$USER\", then log in again");
  return good(name, true, "bluetoothd may be called");
}

bool knows_adapters(const Facts& facts) {
  return facts.bus.bluetoothd_runs && !facts.bus.bluetoothd_denies && !facts.bus.bluetoothd_silent;
}

Check check_power(const Facts& facts) {
  const char* name = "power";
  if (!knows_adapters(facts) || !has_adapter(facts)) return good(name, false, "There is no adapter that bluetoothd tells of");
  if (facts.bus.adapters.empty())
    return bad(name, true, "The kernel has an adapter, and bluetoothd does not show it", "systemctl restart bluetooth");
  std::vector<std::string> off;
  for (const auto& adapter : facts.bus.adapters)
    if (!adapter.powered) off.push_back(adapter.name);
  if (off.empty()) return good(name, false, "All adapters are on");
  return bad(name, false,
             fmt::format("{} {} off; a scan tries to turn its adapter on", fmt::join(off, ", "), off.size() == 1 ? "is" : "are"),
             off.size() == facts.bus.adapters.size() && off.size() == 1 ? "bluetoothctl power on"
                                                                        : "bluetoothctl select ADDRESS, then power on");
}

Check check_monitors(const Facts& facts) {
  const char* name = "passive scans";
  if (!knows_adapters(facts) || facts.bus.adapters.empty())
    return good(name, false, "There is no adapter that bluetoothd tells of");
  std::vector<std::string> without;
  for (const auto& adapter : facts.bus.adapters)
    if (!adapter.has_monitors) without.push_back(adapter.name);
  if (without.empty()) return good(name, false, "bluetoothd offers advertisement monitors");
  return bad(name, false,
             fmt::format("bluetoothd offers no advertisement monitors for {}: --passive works over the management socket only",
                         fmt::join(without, ", ")),
             "set Experimental = true in /etc/bluetooth/main.conf (BlueZ 5.56, Linux 5.10), then: systemctl restart bluetooth");
}

Check check_management(const Facts& facts) {
  const char* name = "management socket";
  const std::string loss = "; advertisements come over the bus, which costs several times as much";
  if (facts.management.permitted) return good(name, false, "Advertisements can come straight from the kernel");
  if (in_other_network(facts))
    return bad(name, false, "This is not the machine's own network namespace" + loss, "start the container with --network host");
  if (facts.socket_error == EAFNOSUPPORT || !has_adapter(facts)) return good(name, false, "There is nothing to manage");
  if (!facts.first_namespace)
    return bad(name, false, "This is a user namespace, whose capabilities the kernel does not count" + loss,
               "run it outside of the user namespace: as root or with setcap, not in a rootless container");
  if ((facts.capabilities >> cap_net_admin & 1) == 0)
    return bad(name, false, "CAP_NET_ADMIN is missing" + loss,
               facts.in_container
                   ? "start the container with --cap-add NET_ADMIN --network host"
                   : "setcap cap_net_admin+ep \"$(command -v moor)\", or in a systemd unit: AmbientCapabilities=CAP_NET_ADMIN");
  return bad(name, false, "The kernel does not let this process manage Bluetooth" + loss,
             facts.in_container
                 ? "start the container with --cap-add NET_ADMIN --network host and no seccomp profile that forbids it"
                 : "see whether a security module forbids it: dmesg | tail");
}

Check check_vhci(const Facts& facts) {
  if (facts.has_vhci) return good("vhci", false, "A world can be an adapter: moor sim WORLD --vhci");
  return bad("vhci", false, "There is no /dev/vhci, which only moor sim WORLD --vhci needs", "modprobe hci_vhci");
}

}  // namespace

std::vector<Check> judge(const Facts& facts) {
  return {check_kernel(facts),     check_adapter(facts),    check_rfkill(facts),     check_bus(facts),
          check_bluetoothd(facts), check_version(facts),    check_permission(facts), check_power(facts),
          check_monitors(facts),   check_management(facts), check_vhci(facts)};
}

}  // namespace moor::bluez
