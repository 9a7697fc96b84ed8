#pragma once
// How two ends of a connection greet each other before the first message (D-Bus specification, "Authentication protocol"), without I/O. Who the client is the other end
// asks the kernel (EXTERNAL without an identity), so that a user namespace that maps it to another number does not matter.

#include <cstdint>
#include <string>
#include <string_view>

namespace moor::dbus {

class Authentication {
public:
  enum class Role : uint8_t { client, server };
  enum class State : uint8_t { under_way, done, rejected, wrong };

  explicit Authentication(Role role) noexcept : role_(role) {}
  /// What a client says, all at once, before it has heard anything; nothing of a server.
  [[nodiscard]] std::string_view greeting() const noexcept;
  /// @param input  what has come and was not used before. @param answer  gets what is to be said. @returns how much of it was used: after the last line
  /// messages follow.
  size_t take(std::string_view input, std::string& answer);
  [[nodiscard]] State state() const noexcept { return state_; }

private:
  void take_as_client(std::string_view line);
  void take_as_server(std::string_view line, std::string& answer);

  Role role_;
  State state_ = State::under_way;
  enum class Awaited : uint8_t { begin, identity, ok, descriptors } awaited_ = Awaited::begin;
};

}  // namespace moor::dbus
