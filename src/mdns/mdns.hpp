#pragma once
// Multicast DNS (RFC 6762) and service discovery over it (RFC 6763), as far as moor needs it: who offers a service, at which address a host is, and saying that we
// offer one. Through Avahi where it runs, else on UDP port 5353 beside whoever else listens there. All on one executor.

#include "moor/clock.hpp"
#include "moor/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace moor::mdns {

/// The text attributes of a service, keys in lower case (RFC 6763, 6.4).
using Attributes = std::map<std::string, std::string>;

struct Service {
  std::string instance;  ///< "kitchen"
  std::string host;      ///< "kitchen.local", without the last dot
  uint16_t port = 0;
  std::vector<std::string> addresses{};  ///< "192.168.1.20", IPv4 first
  Attributes attributes{};
  friend bool operator==(const Service&, const Service&) = default;
};

struct BrowseEvent {
  enum class Kind : uint8_t { found, changed, gone };
  Kind kind{};
  Service service;
};

/// Where it works: tests keep it on loopback.
struct Settings {
  std::string interface{};  ///< by name ("lo"); empty: all that can multicast
  uint16_t port = 5353;     ///< another one only in tests
  bool use_avahi = true;    ///< where its daemon is on the system bus
};

/// One for a process. Opens nothing until it is used, and closes what it opened when nobody uses it any more.
class Mdns {
public:
  virtual ~Mdns() = default;

  /// Tells of every service of a type ("_esphomelib._tcp"), of changes, and of those that say goodbye or time out, until it is cancelled. Also of a
  /// service that announces itself again after it was silent: as changed, with nothing different. @throws Error where the network cannot be used.
  [[nodiscard]] virtual awaitable<void> browse(std::string type, std::function<void(const BrowseEvent&)> on_event) = 0;
  /// The addresses of "kitchen.local"; empty where nobody answered by the deadline. Cancellation: total.
  [[nodiscard]] virtual awaitable<std::vector<std::string>> resolve(std::string host, TimePoint deadline) = 0;
  /// Announces a service until it is cancelled, then says goodbye. A name that somebody else has gets a number: "kitchen-2" (RFC 6762, 9). The host of the service is
  /// announced too, with the addresses of this machine, where `service.addresses` is empty.
  /// @param on_name  called with the instance's name when it is ours.
  [[nodiscard]] virtual awaitable<void> announce(std::string type, Service service,
                                                 std::function<void(const std::string&)> on_name) = 0;
};

[[nodiscard]] std::shared_ptr<Mdns> make_mdns(Clock& clock, Settings settings = {});
/// As the user wants it: null where $MOOR_MDNS is "off", else $MOOR_MDNS is the one interface on which it is spoken.
[[nodiscard]] std::shared_ptr<Mdns> usual_mdns(Clock& clock);

/// The name to try after `number - 1` others were taken: "kitchen", then "kitchen-2" (RFC 6762, 9; as Avahi and others write it).
[[nodiscard]] std::string numbered(const std::string& base, int number);

}  // namespace moor::mdns
