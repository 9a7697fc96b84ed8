#pragma once
// One client's session as the server sees it: how long it may take to say hello, what it is answered, when it is asked for a sign of life, when it has to go.
// A machine without I/O. What concerns the scanner and links it hands on.

#include "esphome/codec.hpp"
#include "moor/time.hpp"
#include "proxy/proxy.hpp"

#include <variant>

namespace moor::proxy {

/// What answers are made of.
struct ServerFacts {
  const Identity& identity;
  uint32_t features = 0;  ///< esphome::Feature
  bool encrypted = false;
  WallTime wall{};
};

class ClientMachine {
public:
  /// Firmware's: asks after so much silence, and closes after so much.
  static constexpr Duration ping_after = std::chrono::seconds(60);
  static constexpr Duration dead_after = std::chrono::seconds(150);

  enum class End : uint8_t {
    goodbye,    ///< it took its leave, or answered ours
    no_hello,   ///< not in time
    not_hello,  ///< something else before it
    bad_hello,  ///< which cannot be read
    silent,     ///< for dead_after
  };

  struct Send {
    esphome::MessageType type{};
    std::vector<uint8_t> payload{};
  };
  struct Subscribe {};
  struct Unsubscribe {};
  struct SetMode {
    esphome::ScannerMode mode{};
  };
  struct ForLinks {};  ///< the message is one about connections
  struct Close {
    End why{};
  };
  using Action = std::variant<Send, Subscribe, Unsubscribe, SetMode, ForLinks, Close>;
  using Actions = std::vector<Action>;

  ClientMachine(TimePoint now, Duration handshake_timeout) noexcept : heard_(now), hello_by_(now + handshake_timeout) {}

  /// After a Close it gives nothing more.
  [[nodiscard]] Actions on_message(const esphome::Message& message, const ServerFacts& facts, TimePoint now);
  [[nodiscard]] Actions on_time(TimePoint now);
  [[nodiscard]] TimePoint next_deadline() const noexcept;

  [[nodiscard]] bool is_logged_in() const noexcept { return logged_in_; }
  [[nodiscard]] bool is_closed() const noexcept { return closed_; }
  [[nodiscard]] uint32_t api_minor() const noexcept { return api_minor_; }
  /// What it calls itself, printable.
  [[nodiscard]] const std::string& info() const noexcept { return info_; }

private:
  [[nodiscard]] Actions close(End why);
  [[nodiscard]] Actions hello(Bytes payload, const ServerFacts& facts);
  [[nodiscard]] Actions answer(const esphome::Message& message, const ServerFacts& facts) const;

  TimePoint heard_;  // a message, of any kind
  TimePoint hello_by_;
  bool logged_in_ = false;
  bool closed_ = false;
  bool pinged_ = false;
  uint32_t api_minor_ = 0;
  std::string info_;
};

}  // namespace moor::proxy
