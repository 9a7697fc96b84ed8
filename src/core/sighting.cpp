#include "moor/sighting.hpp"

#include <algorithm>
#include <cstring>

namespace moor {

PayloadRing::PayloadRing(size_t capacity)
    : capacity_(std::max(capacity, extended_payload_size)), block_(std::make_unique<uint8_t[]>(capacity_)) {}

uint64_t PayloadRing::put(Bytes payload) noexcept {
  payload = payload.first(std::min(payload.size(), extended_payload_size));
  const auto at = static_cast<size_t>(end_ % capacity_);
  if (at + payload.size() > capacity_) end_ += capacity_ - at;  // a payload lies in one piece
  const uint64_t position = end_;
  if (!payload.empty()) std::memcpy(block_.get() + position % capacity_, payload.data(), payload.size());
  end_ += payload.size();
  return position;
}

Bytes PayloadRing::find(uint64_t position, size_t size) const noexcept {
  if (end_ > position + capacity_ || position + size > end_) return {};
  return Bytes(block_.get() + position % capacity_, size);
}

void Sighting::set_legacy_payload(Bytes payload) noexcept {
  size_ = static_cast<uint16_t>(payload.size());
  if (size_ > 0) std::memcpy(inline_.data(), payload.data(), size_);
}

void Sighting::set_payload(Bytes payload, PayloadRing& ring) noexcept {
  if (payload.size() <= legacy_payload_size) return set_legacy_payload(payload);
  size_ = static_cast<uint16_t>(std::min(payload.size(), extended_payload_size));
  const Handle handle{&ring, ring.put(payload)};
  std::memcpy(inline_.data(), &handle, sizeof handle);
}

Bytes Sighting::long_payload() const noexcept {
  Handle handle{};
  std::memcpy(&handle, inline_.data(), sizeof handle);
  return handle.ring->find(handle.position, size_);
}

}  // namespace moor
