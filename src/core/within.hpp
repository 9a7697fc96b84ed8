#pragma once
// Work that has a deadline. At the deadline the work is cancelled, and its end awaited, so that nothing of it is left when the caller goes on.

#include "core/unless.hpp"

#include <optional>

namespace moor {

/// @returns whether the work ended by itself. What it throws goes on to the caller; work that was cancelled at the deadline returns false whatever
/// it throws then, unless it was done in the same moment.
/// Cancellation: as that of the work.
[[nodiscard]] inline awaitable<bool> within(Clock& clock, TimePoint deadline, awaitable<void> work) {
  co_return co_await unless(clock.wait_until(deadline), std::move(work));
}

/// The same for work with a result. @returns nothing where the deadline came first.
template <typename Result>
[[nodiscard]] awaitable<std::optional<Result>> within(Clock& clock, TimePoint deadline, awaitable<Result> work) {
  std::optional<Result> result;
  auto keep = [](awaitable<Result> inner, std::optional<Result>& into) -> awaitable<void> {
    into.emplace(co_await std::move(inner));
  };
  if (!co_await within(clock, deadline, keep(std::move(work), result))) co_return std::nullopt;
  co_return result;
}

}  // namespace moor
