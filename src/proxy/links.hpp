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
  /// Links that are still up are let go without waiting; call `close_all` before. Attempts end when the executor has run once more, and need the radio until then.
  ~Links();

  /// What this radio can do of it: bits of esphome::Feature beyond scanning.
  [[nodiscard]] uint32_t features() const;
  /// Whose links they are from now on; null: nobody's. The one before is told that its links end, they are closed, and answers to
  /// it no longer sent. The new one is told the slots.
  void set_client(std::shared_ptr<Answers> client);
  /// A message of 68, 70, 73, 75 to 78, 80 or 145 of the client. @returns whether it was one of them; a malformed one is counted and ignored.
  bool on_message(const esphome::Message& message);
  /// Closes all and completes when they are closed, at most to the deadline.
  [[nodiscard]] awaitable<void> close_all(TimePoint deadline);
  [[nodiscard]] Slots slots() const;
  /// To be called for every sighting, which is cheap: once a second it is looked whether others have taken or given back slots of the radio.
  void on_sighting(const Sighting& sighting);

  struct Counts {
    uint64_t connects = 0;   ///< links that came up
    uint64_t refused = 0;    ///< requests to connect: no slot, or no kind of address
    uint64_t stuck = 0;      ///< slots freed although the link had not closed in time
    uint64_t malformed = 0;  ///< messages
  };
  [[nodiscard]] const Counts& counts() const noexcept;

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moor::proxy
