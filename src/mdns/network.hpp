#pragma once
// UDP port 5353 on the interfaces of this machine: packets that come in, and packets that go out over one interface or all (RFC 6762, 5, 6 and 11). Open while somebody
// uses it; interfaces that come and go are noticed within half a minute.

#include "mdns/mdns.hpp"
#include "mdns/packet.hpp"
#include "mdns/responder_machine.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/udp.hpp>
#include <map>
#include <memory>
#include <vector>

namespace moor::mdns {

using Endpoint = boost::asio::ip::udp::endpoint;

struct Interface {
  unsigned index = 0;
  std::string name;
  std::vector<boost::asio::ip::network_v4> v4{};
  std::vector<boost::asio::ip::address_v6> v6{};  ///< those that others can use: no link-local ones
  bool has_v6 = false;                            ///< link-local ones too
  [[nodiscard]] std::vector<std::string> addresses() const;
};
/// Those that are up and can multicast; of the name alone, whatever it can, where one is given. Loopback where there is nothing else.
[[nodiscard]] std::vector<Interface> list_interfaces(const std::string& only);

class Network : public std::enable_shared_from_this<Network> {
public:
  Network(Clock& clock, boost::asio::any_io_executor executor, Settings settings);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network();

  /// Is told every packet while it exists.
  class Listener {
  public:
    using OnPacket = std::function<void(const Packet&, const Asker&, const Endpoint&)>;
    /// Opens the network where it is the first. @throws Error where no interface can be used.
    Listener(std::shared_ptr<Network> network, OnPacket on_packet);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

  private:
    friend class Network;
    std::shared_ptr<Network> network_;
    OnPacket on_packet_;
  };

  [[nodiscard]] const std::vector<Interface>& interfaces() const noexcept { return interfaces_; }
  /// To the group, over one interface. What the system does not take is dropped: it is said again.
  void multicast(Bytes bytes, const Interface& over);
  void unicast(Bytes bytes, const Endpoint& to);
  /// Whether the record's address is one of this machine.
  [[nodiscard]] bool is_ours(const Record& record) const;

private:
  struct Sockets;
  void open();
  void close();
  void look_at_interfaces();
  [[nodiscard]] bool is_local(const Endpoint& from) const;
  void take(Bytes bytes, const Asker& asker, const Endpoint& from);
  static awaitable<void> receive(std::shared_ptr<Network> self, std::shared_ptr<Sockets> sockets, bool v6);
  static awaitable<void> watch(std::shared_ptr<Network> self, std::shared_ptr<Sockets> sockets);

  Clock& clock_;
  boost::asio::any_io_executor executor_;
  Settings settings_;
  std::vector<Interface> interfaces_;
  std::shared_ptr<Sockets> sockets_;
  std::vector<Listener*> listeners_;
};

}  // namespace moor::mdns
