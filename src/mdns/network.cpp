#include "mdns/network.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

namespace moor::mdns {

namespace asio = boost::asio;

namespace {

const asio::ip::address_v4 group_v4({224, 0, 0, 251});
const asio::ip::address_v6 group_v6 = asio::ip::make_address_v6("ff02::fb");
constexpr Duration between_looks = std::chrono::seconds(30);
constexpr int packets_a_turn = 32;
constexpr int ttl = 255;
constexpr uint16_t mdns_port = 5353;

void set(int socket, int level, int option, int value) {
  (void)::setsockopt(socket, level, option, &value, sizeof value);  // what a system does not have is done without
}

asio::ip::udp::socket open_socket(const asio::any_io_executor& executor, bool v6, uint16_t port) {
  asio::ip::udp::socket socket(executor);
  const auto protocol = v6 ? asio::ip::udp::v6() : asio::ip::udp::v4();
  socket.open(protocol);
  const int raw = socket.native_handle();
  set(raw, SOL_SOCKET, SO_REUSEADDR, 1);
  set(raw, SOL_SOCKET, SO_REUSEPORT, 1);
  if (v6) {
    set(raw, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set(raw, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set(raw, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl);
    set(raw, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
    set(raw, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1);
  } else {
    set(raw, IPPROTO_IP, IP_PKTINFO, 1);
    set(raw, IPPROTO_IP, IP_MULTICAST_TTL, ttl);
    set(raw, IPPROTO_IP, IP_TTL, ttl);
    set(raw, IPPROTO_IP, IP_MULTICAST_LOOP, 1);
    set(raw, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  }
  socket.bind({protocol, port});
  socket.non_blocking(true);
  return socket;
}

// The index of the interface that a packet came over, and whether it was sent to one machine.
unsigned interface_of(msghdr& message) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(each), sizeof info);
      return static_cast<unsigned>(info.ipi_ifindex);
    }
    if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(each), sizeof info);
      return info.ipi6_ifindex;
    }
  }
  return 0;
}

// @param over  null: as the system's routes say. Its own address is the source, else the system might take another's.
void send_over(asio::ip::udp::socket& socket, Bytes bytes, const Endpoint& to, const Interface* over) {
  iovec data{.iov_base = const_cast<uint8_t*>(bytes.data()), .iov_len = bytes.size()};
  msghdr message{};
  Endpoint target = to;
  message.msg_name = target.data();
  message.msg_namelen = static_cast<socklen_t>(target.size());
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> control{};
  message.msg_control = control.data();
  const bool v6 = to.address().is_v6();
  const size_t size = v6 ? sizeof(in6_pktinfo) : sizeof(in_pktinfo);
  message.msg_controllen = CMSG_SPACE(size);
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_len = CMSG_LEN(size);
  header->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
  header->cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
  if (v6) {
    in6_pktinfo info{};
    info.ipi6_ifindex = over != nullptr ? over->index : 0;
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
  } else {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(over != nullptr ? over->index : 0);
    if (over != nullptr) info.ipi_spec_dst.s_addr = htonl(over->v4.front().address().to_uint());
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
  }
  if (over == nullptr) message.msg_controllen = 0;
  (void)::sendmsg(socket.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

std::vector<std::string> Interface::addresses() const {
  std::vector<std::string> result;
  result.reserve(v4.size() + v6.size());
  for (const auto& each : v4) result.push_back(each.address().to_string());
  for (const auto& each : v6) result.push_back(each.to_string());
  return result;
}

std::vector<Interface> list_interfaces(const std::string& only) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> hold(all, ::freeifaddrs);
  std::map<std::string, Interface> result;
  std::map<std::string, Interface> loopback;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    const std::string name = each->ifa_name;
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0 || (!only.empty() && name != only)) continue;
    const bool is_loopback = (each->ifa_flags & IFF_LOOPBACK) != 0;
    if (only.empty() && !is_loopback && ((each->ifa_flags & IFF_MULTICAST) == 0 || (each->ifa_flags & IFF_POINTOPOINT) != 0))
      continue;
    const int family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    Interface& interface = (is_loopback && only.empty() ? loopback : result)[name];
    interface.name = name;
    interface.index = ::if_nametoindex(each->ifa_name);
    if (family == AF_INET) {
      sockaddr_in address{}, mask{};
      std::memcpy(&address, each->ifa_addr, sizeof address);
      if (each->ifa_netmask != nullptr) std::memcpy(&mask, each->ifa_netmask, sizeof mask);
      interface.v4.emplace_back(asio::ip::address_v4(ntohl(address.sin_addr.s_addr)),
                                asio::ip::address_v4(ntohl(mask.sin_addr.s_addr)));
    } else {
      sockaddr_in6 address{};
      std::memcpy(&address, each->ifa_addr, sizeof address);
      asio::ip::address_v6::bytes_type bytes;
      std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
      const asio::ip::address_v6 parsed(bytes);
      interface.has_v6 = true;
      if (!parsed.is_link_local()) interface.v6.push_back(parsed);
    }
  }
  if (result.empty()) result = std::move(loopback);
  std::vector<Interface> list;
  list.reserve(result.size());
  for (auto& [name, each] : result) list.push_back(std::move(each));
  return list;
}

struct Network::Sockets {
  Sockets(const asio::any_io_executor& executor, uint16_t port) : v4(open_socket(executor, false, port)), v6(executor) {
    try {
      v6 = open_socket(executor, true, port);
    } catch (const boost::system::system_error&) {  // a system without IPv6
    }
  }

  asio::ip::udp::socket v4;
  asio::ip::udp::socket v6;
  std::map<unsigned, bool> joined;  // by index; whether with IPv6
  asio::cancellation_signal end_watch;
};

Network::Network(Clock& clock, asio::any_io_executor executor, Settings settings)
    : clock_(clock), executor_(std::move(executor)), settings_(std::move(settings)) {}

Network::~Network() {
  close();
}

Network::Listener::Listener(std::shared_ptr<Network> network, OnPacket on_packet)
    : network_(std::move(network)), on_packet_(std::move(on_packet)) {
  if (network_->listeners_.empty()) network_->open();
  network_->listeners_.push_back(this);
}

Network::Listener::~Listener() {
  std::erase(network_->listeners_, this);
  if (network_->listeners_.empty()) network_->close();
}

void Network::open() {
  try {
    sockets_ = std::make_shared<Sockets>(executor_, settings_.port);
  } catch (const boost::system::system_error& failed) {
    throw Error("multicast DNS cannot be used: " + failed.code().message(),
                {.advice = "Another program may hold UDP port 5353 for itself; avahi-daemon and systemd-resolved share it."});
  }
  look_at_interfaces();
  const auto ended = [](std::exception_ptr) {};
  asio::co_spawn(executor_, receive(shared_from_this(), sockets_, false), ended);
  if (sockets_->v6.is_open()) asio::co_spawn(executor_, receive(shared_from_this(), sockets_, true), ended);
  asio::co_spawn(executor_, watch(shared_from_this(), sockets_),
                 asio::bind_cancellation_slot(sockets_->end_watch.slot(), [keep = sockets_](std::exception_ptr) {}));
}

void Network::close() {
  if (!sockets_) return;
  const auto sockets = std::exchange(sockets_, nullptr);
  boost::system::error_code ignored;
  sockets->v4.close(ignored);
  sockets->v6.close(ignored);
  sockets->end_watch.emit(asio::cancellation_type::all);
}

void Network::look_at_interfaces() {
  interfaces_ = list_interfaces(settings_.interface);
  std::erase_if(sockets_->joined, [&](const auto& each) {
    return std::none_of(interfaces_.begin(), interfaces_.end(), [&](const Interface& one) { return one.index == each.first; });
  });
  for (const Interface& each : interfaces_) {
    const auto known = sockets_->joined.find(each.index);
    if (known != sockets_->joined.end() && known->second == each.has_v6) continue;
    ip_mreqn request{};
    request.imr_multiaddr.s_addr = htonl(group_v4.to_uint());
    request.imr_ifindex = static_cast<int>(each.index);
    (void)::setsockopt(sockets_->v4.native_handle(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
    if (each.has_v6 && sockets_->v6.is_open()) {
      ipv6_mreq request6{};
      std::memcpy(&request6.ipv6mr_multiaddr, group_v6.to_bytes().data(), 16);
      request6.ipv6mr_interface = each.index;
      (void)::setsockopt(sockets_->v6.native_handle(), IPPROTO_IPV6, IPV6_JOIN_GROUP, &request6, sizeof request6);
    }
    sockets_->joined[each.index] = each.has_v6;
  }
}

awaitable<void> Network::watch(std::shared_ptr<Network> self, std::shared_ptr<Sockets> sockets) {
  while (self->sockets_ == sockets) {
    co_await self->clock_.wait_for(between_looks);
    if (self->sockets_ == sockets) self->look_at_interfaces();
  }
}

// Packets from elsewhere than the local link are none of ours (11).
bool Network::is_local(const Endpoint& from) const {
  const asio::ip::address address = from.address();
  if (address.is_v6()) return true;  // the group is of the link, and a router passes no answer on to a port that did not ask
  return std::any_of(interfaces_.begin(), interfaces_.end(), [&](const Interface& each) {
    return std::any_of(each.v4.begin(), each.v4.end(), [&](const asio::ip::network_v4& one) {
      const uint32_t mask = one.netmask().to_uint();
      return (address.to_v4().to_uint() & mask) == (one.address().to_uint() & mask);
    });
  });
}

void Network::take(Bytes bytes, const Asker& asker, const Endpoint& from) {
  if (!is_local(from)) return;
  const auto packet = parse_packet(bytes);
  if (!packet) return;
  const std::vector<Listener*> told = listeners_;
  for (Listener* const each : told)
    if (std::find(listeners_.begin(), listeners_.end(), each) != listeners_.end()) each->on_packet_(*packet, asker, from);
}

awaitable<void> Network::receive(std::shared_ptr<Network> self, std::shared_ptr<Sockets> sockets, bool v6) {
  asio::ip::udp::socket& socket = v6 ? sockets->v6 : sockets->v4;
  std::vector<uint8_t> buffer(max_packet);
  while (self->sockets_ == sockets) {
    boost::system::error_code error;
    co_await socket.async_wait(asio::ip::udp::socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
    for (int i = 0; i < packets_a_turn && !error && self->sockets_ == sockets; ++i) {
      Endpoint from;
      iovec room{.iov_base = buffer.data(), .iov_len = buffer.size()};
      alignas(cmsghdr) std::array<char, 256> control;
      msghdr message{};
      message.msg_name = from.data();
      message.msg_namelen = static_cast<socklen_t>(from.capacity());
      message.msg_iov = &room;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const ssize_t size = ::recvmsg(socket.native_handle(), &message, MSG_DONTWAIT);
      if (size < 0) break;
      from.resize(message.msg_namelen);
      const uint16_t usual = self->settings_.port;
      const Asker asker{.interface = interface_of(message), .legacy = from.port() != usual && from.port() != mdns_port};
      self->take(Bytes(buffer).first(static_cast<size_t>(size)), asker, from);
    }
  }
}

void Network::multicast(Bytes bytes, const Interface& over) {
  if (!sockets_ || bytes.empty()) return;
  if (!over.v4.empty()) send_over(sockets_->v4, bytes, {group_v4, settings_.port}, &over);
  if (over.has_v6 && sockets_->v6.is_open()) send_over(sockets_->v6, bytes, {group_v6, settings_.port}, &over);
}

void Network::unicast(Bytes bytes, const Endpoint& to) {
  if (!sockets_ || bytes.empty()) return;
  asio::ip::udp::socket& socket = to.address().is_v6() ? sockets_->v6 : sockets_->v4;
  if (socket.is_open()) send_over(socket, bytes, to, nullptr);
}

bool Network::is_ours(const Record& record) const {
  return std::any_of(interfaces_.begin(), interfaces_.end(), [&](const Interface& each) {
    if (const auto* const v4 = std::get_if<Ipv4>(&record.data))
      return std::any_of(each.v4.begin(), each.v4.end(), [&](const auto& one) { return one.address().to_bytes() == *v4; });
    if (const auto* const v6 = std::get_if<Ipv6>(&record.data))
      return std::any_of(each.v6.begin(), each.v6.end(), [&](const auto& one) { return one.to_bytes() == *v6; });
    return false;
  });
}

}  // namespace moor::mdns
