#include "radio/bluez/rfkill.hpp"

#include <fcntl.h>
#include <linux/rfkill.h>
#include <unistd.h>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace moor::bluez {

namespace fs = std::filesystem;

namespace {

bool reads_one(const fs::path& file) {
  return std::ifstream(file).get() == '1';
}

}  // namespace

std::optional<Rfkill> read_rfkill(const std::string& sysfs, uint16_t controller) {
  const fs::path folder = fs::path(sysfs) / "class/bluetooth" / ("hci" + std::to_string(controller));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("rfkill")) continue;
    Rfkill found;
    const auto [end, problem] = std::from_chars(name.data() + 6, name.data() + name.size(), found.index);
    if (problem != std::errc() || end != name.data() + name.size()) continue;
    found.soft = reads_one(entry.path() / "soft");
    found.hard = reads_one(entry.path() / "hard");
    return found;
  }
  return std::nullopt;
}

bool unblock(const std::string& device, uint32_t index) noexcept {
  const int file = open(device.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return false;
  rfkill_event event{};
  event.idx = index;
  event.op = RFKILL_OP_CHANGE;
  const bool written = write(file, &event, sizeof event) == static_cast<ssize_t>(sizeof event);
  close(file);
  return written;
}

}  // namespace moor::bluez
