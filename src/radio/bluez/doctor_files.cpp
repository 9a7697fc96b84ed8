// What files of the kernel say about Bluetooth.

#include "radio/bluez/doctor_facts.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace moor::bluez {

namespace fs = std::filesystem;

namespace {

// Files of the kernel have no size; the first line of one, or nothing.
std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) found.push_back(it->path());
  std::sort(found.begin(), found.end());
  return found;
}

// Where in the tree of devices it hangs.
std::string bus_of(const fs::path& adapter) {
  std::error_code error;
  const std::string place = fs::canonical(adapter, error).string();
  if (place.find("/usb") != std::string::npos) return "usb";
  if (place.find("/tty") != std::string::npos || place.find("/serial") != std::string::npos) return "uart";
  if (place.find("/virtual/") != std::string::npos) return "virtual";
  return "";
}

std::optional<unsigned> number_of(const std::string& adapter) {
  unsigned number = 0;
  const char* end = adapter.data() + adapter.size();
  if (!adapter.starts_with("hci")) return std::nullopt;
  const auto [stop, error] = std::from_chars(adapter.data() + 3, end, number);
  if (error != std::errc() || stop != end) return std::nullopt;  // "hci0:64" is a connection
  return number;
}

std::vector<Facts::Adapter> adapters_under(const fs::path& folder) {
  std::vector<fs::path> places = entries(folder);
  std::erase_if(places, [](const fs::path& place) { return !number_of(place.filename()); });
  std::sort(places.begin(), places.end(),
            [](const fs::path& a, const fs::path& b) { return number_of(a.filename()) < number_of(b.filename()); });
  std::vector<Facts::Adapter> found;
  for (const fs::path& place : places) {
    Facts::Adapter adapter{place.filename(), bus_of(place)};
    for (const fs::path& inner : entries(place)) {
      if (!inner.filename().string().starts_with("rfkill")) continue;
      adapter.soft_blocked = first_line(inner / "soft") == "1";
      adapter.hard_blocked = first_line(inner / "hard") == "1";
    }
    found.push_back(std::move(adapter));
  }
  return found;
}

// USB class e0, subclass 01, protocol 01 (usb.org, Defined Class Codes): a Bluetooth controller. Its first interface carries HCI.
bool is_bluetooth_interface(const fs::path& place) {
  return first_line(place / "bInterfaceClass") == "e0" && first_line(place / "bInterfaceSubClass") == "01" &&
         first_line(place / "bInterfaceProtocol") == "01" && first_line(place / "bInterfaceNumber") == "00";
}

std::vector<Facts::Dongle> dongles_under(const fs::path& folder) {
  std::vector<Facts::Dongle> found;
  for (const fs::path& place : entries(folder)) {
    if (!is_bluetooth_interface(place) || is_there(place / "bluetooth")) continue;
    const std::string name = place.filename();
    const fs::path device = folder / name.substr(0, name.find(':'));
    found.push_back({first_line(device / "idVendor") + ":" + first_line(device / "idProduct"), first_line(device / "product"),
                     is_there(place / "driver")});
  }
  return found;
}

void read_process(const fs::path& folder, Facts& facts) {
  std::ifstream status(folder / "status");
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "CapEff:") words >> std::hex >> facts.capabilities;
    uint64_t real = 0;
    uint64_t effective = 0;
    if (name == "Uid:" && words >> real >> effective) facts.uid = effective;
  }
  // Lines of inside, outside and count (user_namespaces(7)); the first namespace maps every number to itself.
  std::ifstream map(folder / "uid_map");
  uint64_t inside = 0;
  uint64_t outside = 0;
  uint64_t count = 0;
  while (map >> inside >> outside >> count) {
    facts.first_namespace = inside == 0 && outside == 0 && count == 0xFFFFFFFF;
    if (facts.uid && *facts.uid >= inside && *facts.uid - inside < count) facts.outside_uid = outside + (*facts.uid - inside);
  }
}

bool is_container(const fs::path& root) {
  // Docker, Podman, and what tells systemd so (systemd.io, Container Interface).
  return is_there(root / ".dockerenv") || is_there(root / "run/.containerenv") || is_there(root / "run/systemd/container") ||
         is_there(root / "run/host/container-manager");
}

}  // namespace

Facts read_files(const DoctorPorts& ports) {
  const fs::path root = ports.root.empty() ? "/" : ports.root;
  Facts facts;
  facts.has_class = is_there(root / "sys/class/bluetooth");
  facts.socket_error = ports.try_socket();
  facts.adapters = adapters_under(root / "sys/class/bluetooth");
  facts.dongles = dongles_under(root / "sys/bus/usb/devices");
  facts.in_container = is_container(root);
  read_process(root / "proc/self", facts);
  facts.bus_path = ports.bus_path;
  facts.bus_path_exists = !ports.bus_path.empty() && is_there(root / fs::path(ports.bus_path).relative_path());
  facts.has_vhci = is_there(root / "dev/vhci");
  return facts;
}

}  // namespace moor::bluez
