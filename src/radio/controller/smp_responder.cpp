#include "radio/controller/smp_responder.hpp"

namespace moor::controller {

struct SmpResponder::State {
  std::optional<Key128> session_key;
  std::optional<Bond> bond;
};

SmpResponder::SmpResponder(Parties, DevicePairing) : state_(std::make_unique<State>()) {}
SmpResponder::~SmpResponder() = default;
SmpResponder::SmpResponder(SmpResponder&&) noexcept = default;
std::vector<std::vector<uint8_t>> SmpResponder::receive(Bytes) {
  return {};
}
std::vector<std::vector<uint8_t>> SmpResponder::encrypted() {
  return {};
}
std::vector<uint8_t> SmpResponder::security_request() const {
  return {0x0B, 0x01};
}
const std::optional<Key128>& SmpResponder::session_key() const noexcept {
  return state_->session_key;
}
const std::optional<SmpResponder::Bond>& SmpResponder::bond() const noexcept {
  return state_->bond;
}
std::optional<uint8_t> SmpResponder::failure() const noexcept {
  return std::nullopt;
}

}  // namespace moor::controller
