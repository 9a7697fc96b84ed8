#pragma once
// bluetoothd as all radios of this process share it: one bus connection, one object tree, and the management socket where it may be used. It opens
// itself when it is needed first, and again when bluetoothd or the bus was gone.

#include "dbus/bus.hpp"
#include "dbus/call_group.hpp"
#include "radio/bluez/management.hpp"
#include "radio/bluez/object_tree.hpp"

namespace moor::bluez {

class Discovery;
class LinkRegistry;
class AgentDesk;

/// Where the system is: the machine's, or a test's.
struct Ports {
  std::function<awaitable<std::unique_ptr<dbus::Bus>>(Clock&, TimePoint deadline)> open_bus;
  /// Null for none: then everything goes over the bus.
  std::function<std::unique_ptr<Management>(boost::asio::any_io_executor, Clock&)> open_management;
  std::string sysfs = "/sys";
  std::string rfkill = "/dev/rfkill";
};
[[nodiscard]] Ports system_ports();

class System : public std::enable_shared_from_this<System> {
public:
  System(Clock& clock, Ports ports);
  ~System();

  [[nodiscard]] Clock& clock() noexcept;
  [[nodiscard]] const Ports& ports() const noexcept;
  /// Opens bus, tree and management socket where they are not open. Any number may wait; one opens.
  /// @throws RadioNotAvailable: no bus, no permission, no bluetoothd, each with its reason and advice.
  [[nodiscard]] awaitable<void> open(TimePoint deadline);
  [[nodiscard]] bool is_open() const noexcept;
  /// Completes when bluetoothd owns its name and the tree is filled, now or later. Cancellation: total.
  [[nodiscard]] awaitable<void> wait_open();
  /// Counts up whenever bluetoothd or the bus is gone; objects of an earlier number no longer exist.
  [[nodiscard]] uint64_t generation() const noexcept;
  /// Completes when the generation is no longer this one. Cancellation: total.
  [[nodiscard]] awaitable<void> wait_lost(uint64_t generation);

  [[nodiscard]] ObjectTree& tree() noexcept;
  /// @pre is_open()
  [[nodiscard]] dbus::Bus& bus() noexcept;
  /// Null where the management socket cannot be used.
  [[nodiscard]] Management* management() noexcept;

  /// What scans and connections share of an adapter (discovery.hpp).
  [[nodiscard]] std::shared_ptr<Discovery> discovery(unsigned adapter);
  /// The links of this process (link_registry.hpp).
  [[nodiscard]] LinkRegistry& links() noexcept;
  /// Who answers when devices pair (agent_desk.hpp).
  [[nodiscard]] AgentDesk& agents() noexcept;

  /// For names that this process gives objects of its own: each is another.
  [[nodiscard]] uint64_t next_number() noexcept;

  /// The adapter that a spec means: "hci1", or the default where empty (see AdapterInfo::is_default).
  /// @throws RadioNotAvailable (no_radio).
  [[nodiscard]] unsigned adapter_index(std::string_view target) const;

  /// A method of an object of bluetoothd. @throws dbus::CallFailed, TimedOut, RadioNotAvailable (bluetoothd or the bus is gone meanwhile).
  [[nodiscard]] dbus::Message new_call(const std::string& path, const char* interface, const char* method);
  [[nodiscard]] awaitable<dbus::Message> call(dbus::Message message, TimePoint deadline);
  /// The same, as one of a group, which outlives it. @throws dbus::CallGivenUp too.
  [[nodiscard]] awaitable<dbus::Message> call(dbus::Message message, TimePoint deadline, dbus::CallGroup& group);
  /// The same, and again while bluetoothd answers InProgress: after 10 ms, then twice as long each time up to 0.5 s, until the deadline.
  [[nodiscard]] awaitable<dbus::Message> call_when_free(std::function<dbus::Message()> make_call, TimePoint deadline,
                                                        dbus::CallGroup* group = nullptr);

private:
  [[nodiscard]] awaitable<dbus::Message> call_of(dbus::Message message, TimePoint deadline, dbus::CallGroup* group);

  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moor::bluez
