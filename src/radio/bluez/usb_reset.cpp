#include "radio/bluez/usb_reset.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <optional>

namespace moor::bluez {

namespace fs = std::filesystem;

namespace {

std::optional<int> number_in(const fs::path& file) {
  int number = 0;
  return std::ifstream(file) >> number ? std::optional(number) : std::nullopt;
}

// hciN/device is an interface of the USB device; bus and number are the device's, which is above it.
std::optional<fs::path> device_file(const std::string& sysfs, const std::string& usb, uint16_t controller) {
  std::error_code error;
  fs::path place = fs::canonical(fs::path(sysfs) / fmt::format("class/bluetooth/hci{}/device", controller), error);
  for (; !error && place.has_relative_path(); place = place.parent_path()) {
    const auto bus = number_in(place / "busnum");
    const auto number = number_in(place / "devnum");
    if (bus && number) return fs::path(usb) / fmt::format("{:03}", *bus) / fmt::format("{:03}", *number);
  }
  return std::nullopt;
}

}  // namespace

RecoveryMachine::Reset reset_usb_of(const std::string& sysfs, const std::string& usb, uint16_t controller) {
  const auto path = device_file(sysfs, usb, controller);
  if (!path) return RecoveryMachine::Reset::not_usb;
  const int file = open(path->c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return RecoveryMachine::Reset::failed;
  const bool done = ioctl(file, USBDEVFS_RESET, 0) == 0;
  close(file);
  return done ? RecoveryMachine::Reset::done : RecoveryMachine::Reset::failed;
}

}  // namespace moor::bluez
