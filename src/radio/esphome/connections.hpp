#pragma once
// The links through one proxy: making them, their GATT requests, and the messages that answer. Everything here ends: by its answer, its deadline, its link, or its session.

#include "esphome/codec.hpp"
#include "moor/radio.hpp"
#include "radio/esphome/ledger.hpp"
#include "radio/esphome/session.hpp"

namespace moor::esphome_radio {

/// What the connections need of their proxy: a way to send, and the facts. Implemented by the radio over a Session, in tests by a script.
class Port {
public:
  virtual ~Port() = default;
  /// The payload of a message, for the proxy. @returns false where there is no session.
  virtual bool send(esphome::MessageType type, Bytes payload) = 0;
  [[nodiscard]] virtual const ProxyFacts* facts() const = 0;  ///< null while there is no session
  [[nodiscard]] virtual Clock& clock() = 0;
  [[nodiscard]] virtual const RadioInfo& info() const = 0;
  /// Its link has come up or gone; with no address, slots have changed, or what others have connected.
  virtual void on_changed(const Address& device) = 0;
};

class Connections {
public:
  Connections(Port& port, boost::asio::any_io_executor executor);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  ~Connections();

  /// As Radio::connect. Waits up to 2 s for a free slot where there is none.
  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options);
  /// A message of 69 to 88, 145, 146 and 81. @returns whether it was one of them.
  bool on_message(const esphome::Message& message);
  /// All links close with radio_lost, all that wait fails.
  void on_session_lost(const std::string& why);

  [[nodiscard]] Slots slots() const;
  [[nodiscard]] bool is_connected(const Address& device) const;
  /// As those of Radio.
  [[nodiscard]] awaitable<void> close_connection(Address device, TimePoint deadline);
  [[nodiscard]] awaitable<bool> forget(Address device, bool bond_too, TimePoint deadline);
  [[nodiscard]] bool has_services(const Address& device) const;
  [[nodiscard]] awaitable<bool> clear_services(Address device, TimePoint deadline);

  struct Counts {
    uint64_t connects = 0;
    uint64_t late_released = 0;  ///< links that came up after they were given up, and were let go
    uint64_t late_answers = 0;   ///< answers that nobody waited for any more
    uint64_t malformed = 0;
  };
  [[nodiscard]] const Counts& counts() const noexcept;

  struct State;  ///< connections_state.hpp

private:
  std::shared_ptr<State> state_;
};

}  // namespace moor::esphome_radio
