#pragma once
// The links that a proxy's client has asked for: slots, connecting, GATT, pairing. They are made through a Radio and answered in the messages of the API. One client at a time has them.

#include "esphome/codec.hpp"
#include "moor/radio.hpp"
#include "proxy/proxy.hpp"

namespace moor::proxy {

/// Where answers go. They are control messages: never dropped; the client is dropped before.
class Answers {
public:
  virtual ~Answers() = default;
  virtual void send(esphome::MessageType type, Bytes payload) = 0;
  /// Of the client's API: short UUIDs may be sent from 12 on.
  [[nodiscard]] virtual uint32_t api_minor() const = 0;
};

class Links {
public:
  /// @param options  outlives it, as the radio does
  Links(Clock& clock, boost::asio::any_io_executor executor, Radio& radio, const Options& options);
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;
  ~Links();

  /// What this radio can do of it: bits of esphome::Feature beyond scanning.
  [[nodiscard]] uint32_t features() const;
  /// Whose links they are from now on; null: nobody's. Links of the one before are closed, and answers to it no longer sent. The new one is told the slots.
  void set_client(std::shared_ptr<Answers> client);
  /// A message of 68, 70, 73, 75 to 78, 80 or 145 of the client. @returns whether it was one of them; a malformed one is counted and ignored.
  bool on_message(const esphome::Message& message);
  /// Closes all and completes when they are closed, at most to the deadline.
  [[nodiscard]] awaitable<void> close_all(TimePoint deadline);
  [[nodiscard]] Slots slots() const;
  /// What is advertised of a device, so that a connect uses the right kind of address. Called for every sighting: cheap.
  void on_sighting(const Sighting& sighting);

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moor::proxy
