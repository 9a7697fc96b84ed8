#pragma once
// The words in which a test says what a scripted bluetoothd does: see fake_bluez.hpp.

#include "moor/time.hpp"
#include "moor/uuid.hpp"

#include <functional>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace moor::testing {

// Values of properties, by their D-Bus type.

struct ObjectPath {  ///< 'o'
  std::string text;
  friend bool operator==(const ObjectPath&, const ObjectPath&) = default;
};
using BluezBytes = std::vector<uint8_t>;
using BluezValue = std::variant<bool, uint8_t, int16_t, uint16_t, uint32_t, std::string, ObjectPath, std::vector<std::string>,
                                std::vector<ObjectPath>, BluezBytes,  // "ay"
                                std::map<uint16_t, BluezBytes>,       // "a{qv}", of manufacturer data
                                std::map<std::string, BluezBytes>,    // "a{sv}", of service data
                                std::map<uint8_t, BluezBytes>>;       // "a{yv}", of advertising data
using BluezProperties = std::map<std::string, BluezValue>;

/// What bluetoothd does with a call of a method instead of answering at once: `fails(...).after(2s).times(3)`.
struct Reaction {
  std::string error_name{};  ///< empty: it does what is asked
  std::string error_text{};
  bool silent = false;  ///< no answer ever, and no effect
  Duration delay{};     ///< before all of it
  int count = 1;        ///< so many calls
  std::function<void()> before{};

  [[nodiscard]] Reaction after(Duration how_long) const;
  [[nodiscard]] Reaction times(int calls) const;
  [[nodiscard]] Reaction always() const { return times(std::numeric_limits<int>::max()); }
  /// Done before the answer, such as a value that comes before the reply of StartNotify.
  [[nodiscard]] Reaction first(std::function<void()> action) const;
};
[[nodiscard]] Reaction answers();
[[nodiscard]] Reaction never();
[[nodiscard]] Reaction in_progress();  ///< org.bluez.Error.InProgress
/// "org.bluez.Error." is put before a name without a dot.
[[nodiscard]] Reaction fails(const std::string& name, std::string text = {});
/// As bluetoothd names an ATT error of an operation.
[[nodiscard]] Reaction fails_with_att(uint8_t code);

// What a device has. Handles are given in their order, from 0x0001; a descriptor 2902 is added where there is none and it is needed.

struct BluezDescriptor {
  Uuid uuid;
  BluezBytes value{};
};
struct BluezCharacteristic {
  Uuid uuid;
  std::vector<std::string> flags;  ///< "read", "write", "write-without-response", "notify", "indicate", ...
  BluezBytes value{};
  std::vector<BluezDescriptor> descriptors{};
};
struct BluezService {
  Uuid uuid;
  std::vector<BluezCharacteristic> characteristics{};
  bool primary = true;
  std::vector<size_t> includes{};  ///< places of other services
};

/// What happens when a device is connected to, one after the other.
struct ConnectStep {
  enum class Kind : uint8_t { pause, connected, connected_unsaid, services, resolved, reply, fail, drop, remove, run };
  Kind kind = Kind::pause;
  Duration how_long{};
  std::string error_name{};
  std::string error_text{};
  std::function<void()> action{};
};
namespace step {
[[nodiscard]] ConnectStep pause(Duration how_long);
[[nodiscard]] ConnectStep connected();  ///< Connected becomes true
/// It is connected, and no signal says so before the call is answered; seen of bluetoothd 5.66.
[[nodiscard]] ConnectStep connected_unsaid();
[[nodiscard]] ConnectStep services();  ///< the objects of its services appear
[[nodiscard]] ConnectStep resolved();  ///< ServicesResolved becomes true, whatever there is
[[nodiscard]] ConnectStep reply();     ///< the call is answered; at the end of the steps it is where none says so
[[nodiscard]] ConnectStep fail(const std::string& name, std::string text = {});
[[nodiscard]] ConnectStep drop();    ///< the link is gone
[[nodiscard]] ConnectStep remove();  ///< the object is gone, without a word that it is not connected any more
[[nodiscard]] ConnectStep run(std::function<void()> action);
}  // namespace step

/// How a device pairs, and what the client's agent is asked.
struct BluezPairing {
  enum class Kind : uint8_t { just_works, confirmation, passkey_entry, passkey_display, pin_code, unavailable };
  Kind kind = Kind::just_works;
  uint32_t passkey = 0;        ///< shown, compared, or what has to be entered
  std::string pin = "0000";    ///< of pin_code
  bool authorization = false;  ///< just_works asks the agent for RequestAuthorization
  Duration takes = std::chrono::milliseconds(300);
};

}  // namespace moor::testing
