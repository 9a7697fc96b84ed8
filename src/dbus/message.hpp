#pragma once
// A D-Bus message: what a call, a reply or a signal carries. Reading is in place; strings and bytes are views into the message.
//
// Signatures are those of the D-Bus specification ("sa{sv}"). A reader that asks for another type than is there gets
// MessageMalformed, not nonsense.

#include "moor/bytes.hpp"
#include "moor/error.hpp"

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

struct sd_bus_message;

namespace moor::dbus {

/// What a result of sd-bus below zero means.
[[nodiscard]] inline std::string words_of(int result) {
  return std::generic_category().message(-result);
}

/// A message whose content is not what its reader expects.
class MessageMalformed : public Error {
public:
  using Error::Error;
};

/// Reads the arguments of a message from the first to the last. Valid as long as the message; one reader of a message at a time.
class Reader {
public:
  explicit Reader(sd_bus_message* message) noexcept : message_(message) {}

  /// Whether the message, or the container that was entered, has no further value.
  [[nodiscard]] bool at_end() const;
  /// The signature of the next value's type, such as 's' or 'v'; '\0' at the end. @param contents  of a container, if asked for.
  [[nodiscard]] char peek(std::string_view* contents = nullptr) const;

  [[nodiscard]] bool read_bool();
  [[nodiscard]] uint8_t read_u8();
  [[nodiscard]] int16_t read_i16();
  [[nodiscard]] uint16_t read_u16();
  [[nodiscard]] int32_t read_i32();
  [[nodiscard]] uint32_t read_u32();
  [[nodiscard]] uint64_t read_u64();
  [[nodiscard]] std::string_view read_string();  ///< 's'
  [[nodiscard]] std::string_view read_path();    ///< 'o'
  [[nodiscard]] Bytes read_bytes();              ///< "ay"
  /// 'h', a duplicate that the caller closes.
  [[nodiscard]] int read_fd();

  /// Enter before reading what is inside, leave after it is at its end. @returns whether there was one: of an array, false at the array's end.
  void enter_array(const char* contents);
  [[nodiscard]] bool enter_dict_entry(const char* contents);
  void enter_variant(const char* contents);
  void enter_struct(const char* contents);
  void leave();
  /// Leaves out values of these types, such as "v" or "sa{sv}".
  void skip(const char* types);

private:
  sd_bus_message* message_;
};

/// Writes arguments, in their order. What D-Bus cannot carry (text that is not UTF-8, a path that is none) or the container does not
/// take throws MessageMalformed.
class Writer {
public:
  explicit Writer(sd_bus_message* message) noexcept : message_(message) {}

  Writer& boolean(bool value);
  Writer& u8(uint8_t value);
  Writer& i16(int16_t value);
  Writer& u16(uint16_t value);
  Writer& i32(int32_t value);
  Writer& u32(uint32_t value);
  Writer& u64(uint64_t value);
  Writer& string(std::string_view value);
  Writer& path(std::string_view value);
  Writer& bytes(Bytes value);  ///< "ay"
  Writer& fd(int value);       ///< 'h'; duplicated

  Writer& open_array(const char* contents);
  Writer& open_dict_entry(const char* contents);
  Writer& open_variant(const char* contents);
  Writer& open_struct(const char* contents);
  Writer& close();

  /// An entry of "a{sv}".
  Writer& entry(std::string_view key, bool value);
  Writer& entry(std::string_view key, int16_t value);
  Writer& entry(std::string_view key, uint16_t value);
  Writer& entry(std::string_view key, uint32_t value);
  Writer& entry(std::string_view key, std::string_view value);
  Writer& entry(std::string_view key, const char* value) { return entry(key, std::string_view(value)); }
  /// An empty "a{sv}".
  Writer& no_entries();

private:
  sd_bus_message* message_;
};

/// A message with its memory; copies share it.
class Message {
public:
  Message() = default;
  /// Takes over one reference.
  explicit Message(sd_bus_message* message) noexcept : message_(message) {}
  Message(const Message& other) noexcept;
  Message(Message&& other) noexcept : message_(std::exchange(other.message_, nullptr)) {}
  Message& operator=(Message other) noexcept {
    std::swap(message_, other.message_);
    return *this;
  }
  ~Message();

  [[nodiscard]] explicit operator bool() const noexcept { return message_ != nullptr; }
  // Empty where the message has none.
  [[nodiscard]] std::string_view path() const noexcept;
  [[nodiscard]] std::string_view interface() const noexcept;
  [[nodiscard]] std::string_view member() const noexcept;
  [[nodiscard]] std::string_view sender() const noexcept;
  [[nodiscard]] std::string_view destination() const noexcept;
  [[nodiscard]] std::string_view signature() const noexcept;
  /// From the first argument, also where some have been read before.
  [[nodiscard]] Reader read() const;
  [[nodiscard]] Writer write() noexcept { return Writer(message_); }
  [[nodiscard]] sd_bus_message* get() const noexcept { return message_; }

private:
  sd_bus_message* message_ = nullptr;
};

}  // namespace moor::dbus
