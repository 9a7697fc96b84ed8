#include "radio/controller/link_session.hpp"

#include "radio/controller/command_machine.hpp"

namespace moor::controller {

namespace {

// What the host's person has said already, said again for the radio's own way of pairing.
class AlreadyAgreed final : public PairingAgent {
public:
  explicit AlreadyAgreed(uint32_t passkey) : passkey_(passkey) {}
  [[nodiscard]] Capability capability() const noexcept override { return Capability::keyboard_display; }
  [[nodiscard]] awaitable<std::optional<uint32_t>> enter_passkey(Address) override { co_return passkey_; }
  [[nodiscard]] awaitable<bool> confirm(Address, uint32_t) override { co_return true; }
  [[nodiscard]] awaitable<bool> allow(Address) override { co_return true; }

private:
  uint32_t passkey_;
};

}  // namespace

LinkSession::LinkSession(Parts parts)
    : parts_(std::move(parts)), smp_({.host = parts_.host, .device = parts_.link->info().device}, parts_.pairing) {
  att_.emplace(parts_.executor, parts_.clock, *parts_.link,
               [this](const std::vector<uint8_t>& pdu) { send(hci::att_channel, pdu); });
}

void LinkSession::send(uint16_t channel, Bytes payload) const {
  hci::send_frame(parts_.handle, channel, payload, CommandMachine::data_size, parts_.send);
}

void LinkSession::send_all(const std::vector<std::vector<uint8_t>>& pdus) {
  for (const auto& pdu : pdus) send(hci::smp_channel, pdu);
  if (smp_.bond()) parts_.bonds.keep(device(), *smp_.bond());
}

void LinkSession::receive(const hci::AclPacket& packet) {
  const auto frame = reassembly_.add(packet);
  if (!frame || !att_) return;
  switch (frame->channel) {
    case hci::att_channel: return att_->receive(frame->payload);
    case hci::smp_channel: return send_all(smp_.receive(frame->payload));
    case hci::le_signaling_channel:
      if (const auto answer = hci::reject_signal(frame->payload)) send(hci::le_signaling_channel, *answer);
      return;
    default: return;  // a device ignores channels that it does not have
  }
}

KeyCheck LinkSession::check(uint64_t random, uint16_t diversifier, const Key128& key) const {
  return parts_.bonds.check(parts_.link->info().device, random, diversifier, key, smp_.session_key());
}

awaitable<void> LinkSession::pair(TimePoint deadline) {
  AlreadyAgreed agent(parts_.pairing.passkey);
  try {
    co_await link().pair(agent, deadline);
  } catch (const RadioNotAvailable&) {  // a radio that cannot pair has nothing to be told
  }
}

void LinkSession::encrypted() {
  if (att_) send_all(smp_.encrypted());
}

void LinkSession::close() {
  att_.reset();
}

}  // namespace moor::controller
