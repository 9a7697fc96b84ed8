#include "moor/gatt.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace moor {

namespace {

struct Row {
  uint8_t code;
  std::string_view name;
  std::string_view advice{};
};

// Core 5.4, Vol 3, Part F, 3.4.1.1; from 0xFC, Core Specification Supplement 11, Part B, 1.2.
constexpr std::array rows = {
    Row{0x01, "Invalid Handle", "The device's services have changed: discover them again."},
    Row{0x02, "Read Not Permitted", "Look at the characteristic's properties: it may only be written or only notify."},
    Row{0x03, "Write Not Permitted",
        "Look at the characteristic's properties: it may only be read, or take the other kind of write."},
    Row{0x04, "Invalid PDU"},
    Row{0x05, "Insufficient Authentication", "Pair with the device, with a passkey if it can show or take one."},
    Row{0x06, "Request Not Supported", "The device cannot do this at all: use another way to the value, such as a notification."},
    Row{0x07, "Invalid Offset", "The value is shorter than thought, or has changed while it was read: read it again."},
    Row{0x08, "Insufficient Authorization", "Pair with the device, and confirm on it if it asks."},
    Row{0x09, "Prepare Queue Full", "Write less at a time; the device cannot keep so many parts of a long value."},
    Row{0x0A, "Attribute Not Found", "The device's services may have changed: discover them again."},
    Row{0x0B, "Attribute Not Long", "The value fits one packet: read or write it whole."},
    Row{0x0C, "Encryption Key Size Too Short", "Remove the bond and pair again with a key of 16 bytes."},
    Row{0x0D, "Invalid Attribute Value Length", "The device expects another number of bytes: look at the format of the value."},
    Row{0x0E, "Unlikely Error", "The device has failed in a way of its own: try again."},
    Row{0x0F, "Insufficient Encryption", "Pair with the device; if it was paired, remove the bond and pair again."},
    Row{0x10, "Unsupported Group Type"},
    Row{0x11, "Insufficient Resources", "The device has no memory left for this: try again later, with less at a time."},
    Row{0x12, "Database Out Of Sync", "The device's services have changed: discover them again."},
    Row{0x13, "Value Not Allowed", "The device does not take this value: look at the range of the characteristic."},
    Row{0xFC, "Write Request Rejected", "The device does not take this now: look at its state, and try again."},
    Row{0xFD, "Client Characteristic Configuration Descriptor Improperly Configured",
        "Subscribe to the characteristic before this is written."},
    Row{0xFE, "Procedure Already in Progress", "Wait until the device has done what it was asked before, and try again."},
    Row{0xFF, "Out of Range", "The value is outside of what the device takes."},
};
static_assert(std::ranges::is_sorted(rows, {}, &Row::code));

const Row* find_row(uint8_t code) noexcept {
  const auto* found = std::ranges::find(rows, code, &Row::code);
  return found == rows.end() ? nullptr : found;
}

ErrorContext advised(uint8_t code, ErrorContext context) {
  if (context.advice.empty()) context.advice = att_error_advice(code);
  return context;
}

constexpr bool is_application_error(uint8_t code) noexcept {
  return code >= 0x80 && code <= 0x9F;
}

}  // namespace

std::string att_error_name(uint8_t code) {
  if (const Row* row = find_row(code)) return std::string(row->name);
  if (is_application_error(code)) return fmt::format("Application Error 0x{:02X}", code);
  if (code >= 0xE0) return fmt::format("Common Profile Error 0x{:02X}", code);
  return code == 0 ? std::string("No Error") : fmt::format("Reserved Error 0x{:02X}", code);
}

std::string_view att_error_advice(uint8_t code) noexcept {
  if (const Row* row = find_row(code)) return row->advice;
  if (is_application_error(code)) return "The meaning is of the device's own: look into its documentation.";
  return {};
}

GattError::GattError(uint8_t code, const std::string& what, ErrorContext context)
    : Error(what, advised(code, std::move(context))), code_(code) {}

}  // namespace moor
