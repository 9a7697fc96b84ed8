#include "gateway/identities.hpp"

namespace moor {

// FNV-1a: the same text gives the same number in every process. 0 is no visitor.
VisitorId Identities::number_of(std::string_view identity) noexcept {
  uint64_t hash = 0xCBF29CE484222325U;
  for (char c : identity) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3U;
  return hash == 0 ? 1 : hash;
}

void Identities::know(const Address& address, std::string name) {
  std::string& known = own_[address.bits()];
  if (!name.empty()) known = std::move(name);
}

std::string Identities::name_of(const Device& device) const {
  if (const auto own = own_.find(device.address.bits()); own != own_.end() && !own->second.empty()) return own->second;
  return device.data.name().value_or(std::string());
}

Identity Identities::identify(const Address& address, TimePoint now) {
  if (const auto own = own_.find(address.bits()); own != own_.end() && !own->second.empty())
    return {.text = own->second, .address = address};
  return hasher_.identify(address, now);
}

VisitorId Identities::begin(const Address& address, TimePoint now) {
  return take_back(identify(address, now).text, {});
}

VisitorId Identities::take_back(std::string identity, std::string name) {
  const VisitorId visitor = number_of(identity);
  visitors_[visitor] = {.text = std::move(identity), .name = std::move(name)};
  return visitor;
}

void Identities::name(VisitorId visitor, const Device& device) {
  const auto found = visitors_.find(visitor);
  if (found != visitors_.end()) found->second.name = name_of(device);
}

std::string Identities::name_of(VisitorId visitor) const {
  const auto found = visitors_.find(visitor);
  return found == visitors_.end() ? std::string() : found->second.name;
}

void Identities::gone(VisitorId visitor) {
  if (const auto found = visitors_.find(visitor); found != visitors_.end()) found->second.present = false;
}

bool Identities::is_present(VisitorId visitor) const {
  const auto found = visitors_.find(visitor);
  return found != visitors_.end() && found->second.present;
}

std::string Identities::text_of(VisitorId visitor) const {
  const auto found = visitors_.find(visitor);
  return found == visitors_.end() ? std::string() : found->second.text;
}

}  // namespace moor
