#pragma once
// Errors have types, so a program branches on `OutOfConnectionSlots`, not on text. Each says what happened and, on a line of its own,
// what to do about it; the parts are there for a program that words it itself.

#include "moor/address.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace moor {

struct ErrorContext {
  std::optional<Address> device{};
  std::string radio{};   ///< radio id such as "bluez:hci0", empty if none is at fault
  int attempts = 0;      ///< made before giving up, 0 where nothing was tried
  std::string cause{};   ///< the last cause, in the words of the system that failed
  std::string advice{};  ///< one sentence on what to do
};

/// The base of all that moor throws. `what()` is the sentence for people, without the advice.
class Error : public std::runtime_error {
public:
  explicit Error(const std::string& what, ErrorContext context = {}) : std::runtime_error(what), context_(std::move(context)) {}
  [[nodiscard]] const ErrorContext& context() const noexcept { return context_; }
  [[nodiscard]] const std::string& advice() const noexcept { return context_.advice; }

private:
  ErrorContext context_;
};

/// An option, argument or radio spec that cannot be meant.
class UsageError : public Error {
public:
  using Error::Error;
};

/// A configuration file that is wrong; `what()` names file, line and key.
class ConfigError : public Error {
public:
  using Error::Error;
};

/// Why a radio cannot be used.
enum class Unavailable : uint8_t {
  unknown,
  no_radio,         ///< none there, or it has been unplugged
  no_central_role,  ///< it can only be a peripheral
  powered_off,
  blocked,            ///< by rfkill
  permission_denied,  ///< the system does not let this user
  no_service,         ///< bluetoothd or the proxy is not there
  cannot_connect,     ///< it hears, and can do no more, as a recording
};
[[nodiscard]] std::string_view to_string(Unavailable reason) noexcept;

/// No radio, or the one asked for cannot be used: absent, powered off, blocked, no permission.
class RadioNotAvailable : public Error {
public:
  explicit RadioNotAvailable(const std::string& what, ErrorContext context = {}, Unavailable reason = Unavailable::unknown)
      : Error(what, std::move(context)), reason_(reason) {}
  [[nodiscard]] Unavailable reason() const noexcept { return reason_; }

private:
  Unavailable reason_;
};

/// Something did not happen by its deadline.
class TimedOut : public Error {
public:
  using Error::Error;
};

/// A recording that cannot be read, or not to its end. What was readable has been delivered before this is thrown.
class CaptureError : public Error {
public:
  CaptureError(const std::string& what, uint64_t offset, ErrorContext context = {})
      : Error(what, std::move(context)), offset_(offset) {}
  [[nodiscard]] uint64_t offset() const noexcept { return offset_; }  ///< byte in the (uncompressed) file

private:
  uint64_t offset_;
};

/// The database cannot be opened, read or written.
class StoreError : public Error {
public:
  using Error::Error;
};

}  // namespace moor
