#pragma once
// The shop: 20 by 20 metres, the door in the south wall, the counter with the gateway behind it.
//
//   y
//   20 ┌──────────────────────────┐
//      │  rice    tea    coffee   │
//      │                          │
//      │  bread                   │
//      │                          │
//      │  fruit          wine     │
//      │          sweets          │
//      │          [gateway] news  │
//    0 └──[door]──────────────────┘
//      0                         20  x

#include "air.hpp"

namespace demo_shop {

inline constexpr Place gateway = {12, 4};
inline constexpr Place door = {4, 0};
inline constexpr Place street = {-8, -14};  ///< where nobody is heard any more
inline constexpr double wall_db = 12;

/// Rice, tea, coffee, bread, sweets, fruit, wine, news.
inline constexpr std::array<Place, 8> shelves = {
    {{3, 18}, {9.5, 18}, {16, 18}, {3, 13}, {10.6, 5.2}, {3, 8}, {17, 8}, {13.8, 3.2}},
};

/// What stands between the place and the gateway.
inline double walls_db(Place place) noexcept {
  return place.y < 0 ? wall_db : 0;
}

}  // namespace demo_shop
