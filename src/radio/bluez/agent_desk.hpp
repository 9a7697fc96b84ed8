#pragma once
// Where bluetoothd asks when devices pair: one agent object (BlueZ, doc/agent-api.txt) for all pairings of this process, since bluetoothd takes one from each
// client. It is registered while somebody pairs, and gives each question to the PairingAgent of the device that it is about.

#include "core/turns.hpp"
#include "dbus/bus.hpp"
#include "moor/pairing.hpp"

#include <map>

namespace moor::bluez {

class System;

/// What bluetoothd calls it: "KeyboardDisplay".
[[nodiscard]] const char* capability_name(PairingAgent::Capability capability) noexcept;

class AgentDesk {
public:
  /// @param system  must outlive it.
  explicit AgentDesk(System& system);
  ~AgentDesk();
  AgentDesk(const AgentDesk&) = delete;
  AgentDesk& operator=(const AgentDesk&) = delete;

  /// A device that pairs now: its questions go to `agent`.
  class Session {
  public:
    /// @param path   of the device's object. @param agent  must outlive it.
    Session(AgentDesk& desk, std::string path, Address device, PairingAgent& agent);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();
    /// Registers the desk with bluetoothd. Pairings with another capability are waited for, as bluetoothd knows one a client.
    /// @throws dbus::CallFailed, TimedOut, RadioNotAvailable. Cancellation: total; `close` it afterwards.
    [[nodiscard]] awaitable<void> open(TimePoint deadline);
    /// Ends the questions under way, and the registration where nobody else pairs. Not to be cancelled.
    [[nodiscard]] awaitable<void> close();
    /// The agent said no to a question, or the person.
    [[nodiscard]] bool refused() const noexcept;
    /// Digits were shown, entered or compared.
    [[nodiscard]] bool compared_numbers() const noexcept;

    struct State;

  private:
    std::shared_ptr<State> state_;
  };

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moor::bluez
