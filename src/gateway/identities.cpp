#include "gateway/identities.hpp"

namespace moor {

namespace {

// FNV-1a: the same text gives the same number in every process. 0 is no visitor.
VisitorId number_of(std::string_view text) noexcept {
  uint64_t hash = 0xCBF29CE484222325U;
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3U;
  return hash == 0 ? 1 : hash;
}

}  // namespace

Identity Identities::identify(const Address& address, TimePoint now) {
  if (const auto own = names_.find(address); own != names_.end()) return {.text = own->second, .address = address};
  return hasher_.identify(address, now);
}

VisitorId Identities::begin(const Address& address, TimePoint now) {
  std::string text = identify(address, now).text;
  const VisitorId visitor = number_of(text);
  visitors_[visitor] = {.text = std::move(text)};
  return visitor;
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
