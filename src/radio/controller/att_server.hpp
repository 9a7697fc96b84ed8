#pragma once
// The attribute protocol as a device answers it, over a `Link` of moor's: requests of a host's client (Core 5.4, Vol 3, Part F) become reads, writes
// and subscriptions of the link, whose table gives what discovery asks for.

#include "hci/att.hpp"
#include "moor/link.hpp"

namespace moor::controller {

class AttServer {
public:
  /// One L2CAP payload for the host, on the attribute protocol's channel.
  using Send = std::function<void(std::vector<uint8_t> pdu)>;

  /// @param link  must outlive it; its services are discovered at the first request that needs them.
  AttServer(boost::asio::any_io_executor executor, Clock& clock, Link& link, Send send);
  ~AttServer();  ///< what is under way is dropped

  /// A PDU of the host. Requests are answered one at a time, in their order; commands and confirmations have no answer. One that the device never
  /// answers stays unanswered.
  void receive(Bytes pdu);
  [[nodiscard]] uint16_t mtu() const noexcept;
  /// PDUs that found no room: of a host that sends faster than the device takes, or indications that nobody confirms.
  [[nodiscard]] uint64_t dropped() const noexcept;

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moor::controller
