#pragma once

#include "moor/visits.hpp"

#include <cstddef>

namespace moor {

/// The key of what is kept for a visitor in a zone.
struct VisitorZone {
  VisitorId visitor = 0;
  ZoneId zone = 0;
  friend bool operator==(const VisitorZone&, const VisitorZone&) = default;
};

[[nodiscard]] inline size_t hash_value(const VisitorZone& key) noexcept {
  return static_cast<size_t>((key.visitor ^ uint64_t{key.zone} << 32 ^ key.zone) * 0x9E3779B97F4A7C15U);
}

}  // namespace moor
