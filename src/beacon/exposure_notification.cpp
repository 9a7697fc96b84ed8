#include "moor/exposure_notification.hpp"

#include "beacon/registry.hpp"

#include <algorithm>

namespace moor {
namespace {

// As text without a string of its own, for a decoder may not allocate.
template <size_t size>
void add_hex(std::string_view name, const std::array<uint8_t, size>& bytes, Decoded& into) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 2 * size> text{};
  for (size_t i = 0; i < size; ++i) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 0xF];
  }
  into.add_attribute(name, {text.data(), text.size()});
}

}  // namespace

std::optional<ExposureNotification> decode_exposure_notification(Bytes data) noexcept {
  ExposureNotification frame;
  if (data.size() != frame.identifier.size() + frame.metadata.size()) return std::nullopt;
  std::ranges::copy(data.first<16>(), frame.identifier.begin());
  std::ranges::copy(data.last<4>(), frame.metadata.begin());
  return frame;
}

void encode(const ExposureNotification& frame, AdvertisementBuilder& builder) {
  std::vector<uint8_t> data(frame.identifier.begin(), frame.identifier.end());
  data.insert(data.end(), frame.metadata.begin(), frame.metadata.end());
  const Uuid service(exposure_notification_service);
  builder.service_uuids(std::span(&service, 1)).service_data(service, data);
}

std::string_view claim_exposure_notification(const Candidate& candidate, Decoded& into) noexcept {
  const auto frame = decode_exposure_notification(candidate.data);
  if (!frame) return {};
  add_hex("identifier", frame->identifier, into);
  add_hex("metadata", frame->metadata, into);
  return "Exposure Notification";
}

}  // namespace moor
