#pragma once
// A bus with two ends and nothing between: a client, and one connection that is the bus itself and all who offer something on it. Both on one
// io_context, so that they run in virtual time.

#include "dbus/bus.hpp"

#include <sys/socket.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace moor::testing {

/// What dbus-daemon says, on the serving end of a pair. What names stand for is served there by others, with `Bus::serve`.
class BusDriver {
public:
  static constexpr const char* client_name = ":1.7";

  /// `server` must outlive it, and still await its first message.
  explicit BusDriver(dbus::Bus& server) : server_(server) {
    calls_ = server_.serve("/org/freedesktop/DBus", false,
                           [this](const dbus::Message& call, dbus::Reply reply) { answer(call, std::move(reply)); });
    server_.set_gate([this](const dbus::Message& call) { return is_there(call.destination()); });
  }
  BusDriver(const BusDriver&) = delete;
  BusDriver& operator=(const BusDriver&) = delete;

  /// Somebody at the serving end takes a well-known name, under a unique name that is new; what the end sends comes from there.
  void start(const std::string& name) {
    stop(name);
    const std::string unique = ":1." + std::to_string(next_unique_++);
    server_.speak_as(unique);
    set_owner(name, unique);
  }
  /// Calls to the name are answered with ServiceUnknown from now on.
  void stop(const std::string& name) {
    if (owners_.contains(name)) set_owner(name, "");
  }
  /// The rules that the client has with the bus.
  [[nodiscard]] const std::vector<std::string>& rules() const noexcept { return rules_; }
  [[nodiscard]] std::string owner(const std::string& name) const {
    const auto at = owners_.find(name);
    return at == owners_.end() ? "" : at->second;
  }

private:
  static constexpr const char* own_name = "org.freedesktop.DBus";

  [[nodiscard]] bool is_there(std::string_view name) const {
    if (name.empty() || name == own_name || name == client_name) return true;
    for (const auto& [well_known, unique] : owners_)
      if (name == well_known || name == unique) return true;
    return false;
  }

  void set_owner(const std::string& name, const std::string& owner) {
    dbus::Message signal = server_.new_signal("/org/freedesktop/DBus", own_name, "NameOwnerChanged");
    signal.write().string(name).string(this->owner(name)).string(owner);
    if (owner.empty())
      owners_.erase(name);
    else
      owners_[name] = owner;
    signal.set_sender(own_name);
    server_.send(std::move(signal));
  }

  void answer(const dbus::Message& call, dbus::Reply reply) {
    const std::string_view member = call.member();
    if (member == "Hello") return reply.done([](dbus::Writer& writer) { writer.string(client_name); });
    const std::string argument = call.signature().starts_with('s') ? std::string(call.read().read_string()) : "";
    if (member == "AddMatch") {
      rules_.push_back(argument);
      reply.done();
    } else if (member == "RemoveMatch") {
      std::erase(rules_, argument);
      reply.done();
    } else if (member == "NameHasOwner") {
      reply.done([&](dbus::Writer& writer) { writer.boolean(argument == own_name || owners_.contains(argument)); });
    } else if (member == "GetNameOwner") {
      const std::string unique = argument == own_name ? own_name : owner(argument);
      if (unique.empty())
        return reply.refuse("org.freedesktop.DBus.Error.NameHasNoOwner",
                            "Could not get owner of name '" + argument + "': no such name");
      reply.done([&](dbus::Writer& writer) { writer.string(unique); });
    } else if (member == "RequestName") {
      const bool taken = owners_.contains(argument) && owners_[argument] != client_name;
      if (!taken) set_owner(argument, client_name);
      reply.done([&](dbus::Writer& writer) { writer.u32(taken ? 3 : 1); });  // 3: somebody else has it
    } else if (member == "ReleaseName") {
      stop(argument);
      reply.done([](dbus::Writer& writer) { writer.u32(1); });
    } else {
      reply.refuse("org.freedesktop.DBus.Error.UnknownMethod", "the bus of the tests has no method " + std::string(member));
    }
  }

  dbus::Bus& server_;
  dbus::Bus::Hold calls_;
  std::map<std::string, std::string> owners_;  // well-known name to unique name
  std::vector<std::string> rules_;
  unsigned next_unique_ = 20;
};

/// The driver ends before the server, the server before or after the client, as the test wants.
struct BusPair {
  std::unique_ptr<dbus::Bus> client;
  std::unique_ptr<dbus::Bus> server;
  std::unique_ptr<BusDriver> driver;
};

[[nodiscard]] inline awaitable<BusPair> make_bus_pair(Clock& clock) {
  using boost::asio::experimental::awaitable_operators::operator&&;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("no socket pair");
  BusPair pair;
  const TimePoint deadline = clock.now() + std::chrono::seconds(5);
  const auto open_server = [](BusPair& into, int socket, Clock& time, TimePoint until) -> awaitable<void> {
    into.server = co_await dbus::Bus::over(socket, true, time, until);
    into.driver = std::make_unique<BusDriver>(*into.server);
  };
  const auto open_client = [](BusPair& into, int socket, Clock& time, TimePoint until) -> awaitable<void> {
    into.client = co_await dbus::Bus::over(socket, false, time, until);
  };
  co_await (open_server(pair, ends[0], clock, deadline) && open_client(pair, ends[1], clock, deadline));
  co_return pair;
}

}  // namespace moor::testing
