#pragma once
// Single operations, as a read or a write, tried again where that may help. A connection has rules of its own: connect.hpp.

#include "moor/connect.hpp"

#include <exception>
#include <optional>
#include <type_traits>

namespace moor {

struct RetryOptions {
  int attempts = 2;  ///< 0: the operation does not run
  RetryProfile profile = RetryProfile::standard;
};

/// What an error of moor says of a connection that failed; nothing for one that says nothing of it, as a UsageError, for exceptions of others
/// and for a cancellation.
[[nodiscard]] std::optional<ConnectCause> cause_of(const std::exception_ptr& error);

/// Whether to try an operation again after it. `standard`: time-outs too, and of the device's refusals (GattError) those that pass: unlikely
/// error, insufficient resources, procedure in progress. `compat`: every refusal, time-outs never (BLEAK_RETRY_EXCEPTIONS of the decorator).
[[nodiscard]] bool is_retryable(const std::exception_ptr& error, RetryProfile profile = RetryProfile::standard);
[[nodiscard]] bool is_retryable(const Error& error, RetryProfile profile = RetryProfile::standard);

/// How long to wait before the next attempt (calculate_backoff_time); 0 to 4 s.
[[nodiscard]] Duration backoff_for(const ConnectCause& cause, RetryProfile profile = RetryProfile::standard);

/// Runs an operation, again where it fails in a way that may pass.
///
/// @param operation  returns an awaitable, a fresh one each time: `[&]() -> awaitable<int> { ... }`. A variable with a name; it must live until
///                   the end.
/// @returns          what the operation gave; nothing only where no attempt was asked for. Of an operation without a result, whether it ran.
/// @throws           the operation's last error, unchanged.
/// Cancellation: as that of the operation.
template <typename Operation, typename Result = typename std::invoke_result_t<Operation&>::value_type>
  requires(!std::is_void_v<Result>)
[[nodiscard]] awaitable<std::optional<Result>> retry(Clock& clock, Operation& operation, RetryOptions options) {
  for (int attempt = 1; attempt <= options.attempts; ++attempt) {
    std::exception_ptr error;
    try {
      co_return std::optional<Result>(co_await operation());
    } catch (...) {
      error = std::current_exception();
    }
    if (attempt == options.attempts || !is_retryable(error, options.profile)) std::rethrow_exception(error);
    co_await clock.wait_for(backoff_for(cause_of(error).value_or(ConnectCause()), options.profile));
  }
  co_return std::nullopt;
}

template <typename Operation>
  requires(std::is_void_v<typename std::invoke_result_t<Operation&>::value_type>)
[[nodiscard]] awaitable<bool> retry(Clock& clock, Operation& operation, RetryOptions options) {
  auto ran = [&operation]() -> awaitable<bool> {
    co_await operation();
    co_return true;
  };
  const std::optional<bool> done = co_await retry(clock, ran, options);
  co_return done.has_value();
}

}  // namespace moor
