#pragma once
// One link of the controller: the radio's link, and the protocols that the device speaks over it.

#include "hci/l2cap.hpp"
#include "radio/controller/att_server.hpp"
#include "radio/controller/bonds.hpp"
#include "radio/controller/connections.hpp"

namespace moor::controller {

class LinkSession {
public:
  struct Parts {
    boost::asio::any_io_executor executor;
    Clock& clock;
    std::unique_ptr<Link> link;
    uint16_t handle;
    Address host;
    DevicePairing pairing;
    Controller::Send send;
    Bonds& bonds;
  };
  explicit LinkSession(Parts parts);

  [[nodiscard]] uint16_t handle() const noexcept { return parts_.handle; }
  [[nodiscard]] Link& link() noexcept { return *parts_.link; }
  [[nodiscard]] const Address& device() const noexcept { return parts_.link->info().device; }
  [[nodiscard]] uint64_t malformed() const noexcept { return reassembly_.malformed(); }

  void receive(const hci::AclPacket& packet);
  [[nodiscard]] KeyCheck check(uint64_t random, uint16_t diversifier, const Key128& key) const;
  /// Tells the device behind the radio that it is paired, as the host sees it.
  /// @throws Error where the device does not want to.
  [[nodiscard]] awaitable<void> pair(TimePoint deadline);
  /// The link is encrypted: keys are given out.
  void encrypted();
  /// What the host is told as the reason, in place of the link's own.
  std::optional<hci::HciStatus> reason;
  /// Nothing is sent any more.
  void close();

private:
  void send(uint16_t channel, Bytes payload) const;
  void send_all(const std::vector<std::vector<uint8_t>>& pdus);

  Parts parts_;
  hci::L2capReassembly reassembly_;
  SmpResponder smp_;
  std::optional<AttServer> att_;  // uses the link
};

}  // namespace moor::controller
