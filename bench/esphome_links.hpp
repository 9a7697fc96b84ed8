#pragma once
// 300 links through 100 proxies with three slots each, all asked for at once: moor's client here, moor's server over simulated devices in other processes. Once with
// all proxies well, once with one that is stopped and answers nothing.

#include "crypto/hmac.hpp"

#include <cstddef>
#include <memory>

namespace moor::bench {

inline constexpr size_t link_proxies = 100;
inline constexpr size_t slots_each = 3;

struct LinksResult {
  size_t made = 0;       ///< links through the proxies that are well
  size_t failed = 0;     ///< of those, which is none
  size_t given_up = 0;   ///< links through the one that hangs
  double wall_s = 0;     ///< from the first request to the last link through a proxy that is well
  double user_s = 0;     ///< of the client's process in that time
  double all_s = 0;      ///< with the kernel's part
  double median_ms = 0;  ///< from request to link, through the proxies that are well
  double worst_ms = 0;
};

/// Forks: to be called before there is a thread or an io_context.
[[nodiscard]] LinksResult measure_links(const std::shared_ptr<const crypto::SecretKey>& key, bool one_hangs);

}  // namespace moor::bench
