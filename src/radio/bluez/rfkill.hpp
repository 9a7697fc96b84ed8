#pragma once
// rfkill: radios that are switched off in software, by any program, or with a switch (the kernel's Documentation/driver-api/rfkill.rst).

#include <cstdint>
#include <optional>
#include <string>

namespace moor::bluez {

struct Rfkill {
  uint32_t index = 0;  ///< N of rfkillN
  bool soft = false;   ///< in software
  bool hard = false;   ///< with a switch
  [[nodiscard]] bool is_blocked() const noexcept { return soft || hard; }
};
/// Of hciN. Nothing where the kernel has no rfkill, or no such controller.
[[nodiscard]] std::optional<Rfkill> read_rfkill(const std::string& sysfs, uint16_t controller);
/// Lifts the block in software. @param device  "/dev/rfkill". @returns whether it could be asked for.
[[nodiscard]] bool unblock(const std::string& device, uint32_t index) noexcept;

}  // namespace moor::bluez
