#include "beacon/mibeacon_objects.hpp"

#include <charconv>

namespace moor {
namespace {

struct LockAction {
  std::string_view name;
  Quantity what = Quantity::lock;  // of a lock that tells them apart
  double open = 0;
};
constexpr LockAction lock_actions[] = {
    {"unlock_outside_the_door", Quantity::lock, 1},  {"lock", Quantity::lock, 0},
    {"turn_on_anti_lock", Quantity::anti_lock, 0},   {"turn_off_anti_lock", Quantity::anti_lock, 1},
    {"unlock_inside_the_door", Quantity::lock, 1},   {"lock_inside_the_door", Quantity::lock, 0},
    {"turn_on_child_lock", Quantity::child_lock, 0}, {"turn_off_child_lock", Quantity::child_lock, 1},
    {"lock_outside_the_door", Quantity::lock, 0},
};
constexpr LockAction abnormal_action = {"abnormal", Quantity::lock, 1};
constexpr uint8_t abnormal = 0xF;

constexpr std::string_view lock_methods[] = {
    "bluetooth", "password", "biometrics", "keys",     "turntable", "nfc", "one_time_password", "two_step_verification",
    "coercion",  "homekit",  "manual",     "automatic"};

// What a key number of 0xC0DE.... says instead of a key.
constexpr std::string_view lock_alarms[] = {"wrong passwords",
                                            "wrong fingerprints",
                                            "input timed out",
                                            "lock picking",
                                            "reset button pressed",
                                            "wrong keys",
                                            "foreign body in the keyhole",
                                            "key left in the lock",
                                            "wrong NFC cards",
                                            "not locked in time",
                                            "failed attempts of several kinds",
                                            "unknown faces",
                                            "unknown veins",
                                            "hijacking alarm",
                                            "unlocked inside while armed",
                                            "unknown palm prints",
                                            "safe was moved"};
constexpr std::string_view lock_faults[] = {"battery below 10 %",    "battery below 5 %",  "fingerprint sensor faulty",
                                            "accessory battery low", "mechanical failure", "lock sensor faulty"};
constexpr uint32_t first_alarm = 0xC0DE0000;
constexpr uint32_t first_fault = 0xC0DE1000;

constexpr std::string_view key_kinds[] = {"fingerprint", "password", "key",         "NFC",
                                          "two-step",    "face",     "finger vein", "palm print"};

constexpr std::string_view fingerprint_results[] = {
    "match_successful",  "match_failed",    "timeout",        "low_quality_too_light_fuzzy",
    "insufficient_area", "skin_is_too_dry", "skin_is_too_wet"};

void add_numbered(std::string_view name, std::string_view kind, uint32_t number, Decoded& into) noexcept {
  std::array<char, Attribute::max_size> text{};
  char* at = std::copy(kind.begin(), kind.end(), text.data());
  *at++ = ' ';
  at = std::to_chars(at, text.data() + text.size(), number).ptr;
  into.add_attribute(name, {text.data(), static_cast<size_t>(at - text.data())});
}

// Who: three numbers stand for themselves, Bluetooth keys have no kind, others have it in their upper half.
void add_key(uint32_t key, Decoded& into) noexcept {
  const uint32_t kind = (key >> 16) - 0x8001;
  if (key == 0)
    into.add_attribute("key", "administrator");
  else if (key == 0xFFFFFFFF)
    into.add_attribute("key", "unknown operator");
  else if (key == 0xDEADBEEF)
    into.add_attribute("key", "invalid operator");
  else if (key < 0x80000000)
    add_numbered("key", "Bluetooth", key, into);
  else if (kind < std::size(key_kinds))
    add_numbered("key", key_kinds[kind], key & 0xFFFF, into);
  else if (key - first_alarm < std::size(lock_alarms))
    into.add_attribute("error", lock_alarms[key - first_alarm]);
  else if (key - first_fault < std::size(lock_faults))
    into.add_attribute("error", lock_faults[key - first_fault]);
  else
    add_numbered("key", "key", key & 0xFFFF, into);
}

// 0x000B: what in the low and how in the high half of a byte, who, and when.
void add_lock_event(const MiObject& object, Decoded& into) noexcept {
  const uint8_t action_code = object.value[0] & 0xF;
  const uint8_t method_code = object.value[0] >> 4;
  if (action_code != abnormal && action_code >= std::size(lock_actions)) return;
  if (method_code != abnormal && method_code >= std::size(lock_methods)) return;
  const LockAction& action = action_code == abnormal ? abnormal_action : lock_actions[action_code];
  into.add(object.dialect == MiDialect::lock_with_modes ? action.what : Quantity::lock, action.open);
  into.add_attribute("action", action.name);
  into.add_attribute("method", method_code == abnormal ? "abnormal" : lock_methods[method_code]);
  add_key(load_le32(&object.value[1]), into);
}

// 0x0006: who, and whether the finger was known.
void add_fingerprint(Bytes value, Decoded& into) noexcept {
  const uint8_t result = value[4];
  if (result >= std::size(fingerprint_results)) return;
  into.add(Quantity::fingerprint, result);
  into.add_attribute("fingerprint", fingerprint_results[result]);
  add_key(load_le32(&value[0]), into);
}

// 0x0008: armed while everybody is out.
void add_armed(const MiObject& object, Decoded& into) noexcept {
  const double armed = object.value[0] == 0 ? 1 : 0;
  into.add(Quantity::armed, armed);
  if (object.dialect != MiDialect::lock_with_handle) return;
  into.add(Quantity::lock, armed);
  into.add_attribute("action", "lock_outside_the_door");
  into.add_attribute("method", "manual");
}

// 0x0007 of a lock.
void add_door(uint8_t state, Decoded& into) noexcept {
  if (state > 5) return;
  const bool open = state == 0 || state == 2 || state == 4;
  into.add(Quantity::door, open ? 1.0 : 0.0);
  switch (state) {
    case 0: into.add(Quantity::problem, 0); break;  // not stuck any more
    case 1:
      into.add(Quantity::door_left_open, 0);
      into.add(Quantity::tamper, 0);
      break;
    case 2: into.add(Quantity::door_left_open, 1); break;
    case 3: into.add_attribute("action", "knock"); break;
    case 4: into.add(Quantity::tamper, 1); break;
    default: into.add(Quantity::problem, 1);  // stuck
  }
}

// 0x1019 of a door or window: 0 open, 1 closed, 2 not closed in time.
void add_opening(uint8_t state, Decoded& into) noexcept {
  if (state > 2) return;
  into.add(Quantity::opening, state == 1 ? 0.0 : 1.0);
  if (state != 0) into.add(Quantity::door_left_open, state == 2 ? 1.0 : 0.0);
}

// 0x4804 and 0x4A12 of a door or window: 1 open, 2 closed.
void add_opening_of_product(uint8_t state, Decoded& into) noexcept {
  if (state != 1 && state != 2) return;
  into.add(Quantity::opening, state == 1 ? 1.0 : 0.0);
  if (state == 1) return;
  into.add(Quantity::door_left_open, 0);
  into.add(Quantity::tamper, 0);
}

void add_open_and(Quantity alarm, uint8_t value, Decoded& into) noexcept {
  if (value != 1) return;
  into.add(Quantity::opening, 1);
  into.add(alarm, 1);
}

}  // namespace

bool add_mi_lock(const MiObject& object, Decoded& into) noexcept {
  const Bytes value = object.value;
  const bool timed = value.size() == 1 || value.size() == 5;  // the time of the event may follow
  switch (object.id) {
    case 0x0006:
      if (value.size() == 5) add_fingerprint(value, into);
      return true;
    case 0x0007:
      if (timed) add_door(value[0], into);
      return true;
    case 0x0008:
      if (timed) add_armed(object, into);
      return true;
    case 0x000B:
      if (value.size() == 9) add_lock_event(object, into);
      return true;
    case 0x100E:  // bits: bolt, and the child lock of this one
      if (value.size() != 1 || object.dialect != MiDialect::lock_with_handle) return true;
      into.add(Quantity::lock, (value[0] & 1) != 0 ? 0.0 : 1.0);
      into.add(Quantity::child_lock, (value[0] & 8) != 0 ? 0.0 : 1.0);
      return true;
    case 0x1019:
      if (timed) add_opening(value[0], into);
      return true;
    case 0x4804:
    case 0x4A12:
      if (value.size() == 1) add_opening_of_product(value[0], into);
      return true;
    case 0x4A0F:
      if (value.size() == 1) add_open_and(Quantity::tamper, value[0], into);
      return true;
    case 0x4A1A:
      if (value.size() == 1) add_open_and(Quantity::door_left_open, value[0], into);
      return true;
    default: return false;
  }
}

}  // namespace moor
