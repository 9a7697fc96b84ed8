#pragma once
// A D-Bus message: what a call, a reply or a signal carries. Reading is in place; strings and bytes are views into the message.
//
// Signatures are those of the D-Bus specification ("sa{sv}"). A reader that asks for another type than is there gets
// MessageMalformed, not nonsense.

#include "moor/bytes.hpp"
#include "moor/error.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace moor::dbus {

struct Content;

/// A message whose content is not what its reader expects.
class MessageMalformed : public Error {
public:
  using Error::Error;
};

/// Reads the arguments of a message from the first to the last. Valid as long as the message; one reader of a message at a time.
class Reader {
public:
  explicit Reader(const Content& content) noexcept;
  /// Of other bytes of the message: `types` from the place `at` on.
  Reader(const Content& content, Bytes bytes, std::string_view types, size_t at) noexcept;
  [[nodiscard]] size_t offset() const noexcept { return at_; }

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
  // The message, or a container that was entered: of an array, `types` is one element, again and again.
  struct Level {
    char kind;
    std::string_view types;
    size_t at;   // in `types`
    size_t end;  // in the body
  };
  static constexpr size_t max_depth = 32;

  [[nodiscard]] Level& top() noexcept { return levels_[depth_]; }
  [[nodiscard]] const Level& top() const noexcept { return levels_[depth_]; }
  [[nodiscard]] std::string_view next_type() const noexcept;
  void expect(std::string_view type, const char* what) const;
  [[nodiscard]] const uint8_t* fixed(char type, const char* what);
  [[nodiscard]] std::string_view text(char type, const char* what);
  [[nodiscard]] size_t align(size_t at, char type) const;
  [[nodiscard]] size_t array_end(size_t& at, char element) const;
  [[nodiscard]] std::string_view variant_type(size_t& at) const;
  [[nodiscard]] size_t after(std::string_view type, size_t at, int depth) const;
  void consumed(size_t type_size) noexcept;
  void enter(char kind, std::string_view types, size_t end);

  const Content* content_;
  Bytes body_;
  size_t at_ = 0;  // in the body
  size_t depth_ = 0;
  std::array<Level, max_depth> levels_;
};

/// Writes arguments, in their order. What D-Bus cannot carry (text that is not UTF-8, a path that is none) or the container does not
/// take throws MessageMalformed.
class Writer {
public:
  explicit Writer(Content& content) noexcept : content_(&content) {}

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
  void begin(std::string_view type, const char* what);
  void put(uint64_t value, size_t size);
  Writer& number(char type, uint64_t value, const char* what);
  Writer& text(char type, std::string_view value, const char* what);
  Writer& open(char kind, std::string_view type, const char* contents, const char* what);

  Content* content_;
};

/// A message with its memory; copies share it, on one thread.
class Message {
public:
  Message() = default;
  /// Takes over one reference.
  explicit Message(Content* content) noexcept : content_(content) {}
  Message(const Message& other) noexcept;
  Message(Message&& other) noexcept : content_(std::exchange(other.content_, nullptr)) {}
  Message& operator=(Message other) noexcept {
    std::swap(content_, other.content_);
    return *this;
  }
  ~Message();

  [[nodiscard]] explicit operator bool() const noexcept { return content_ != nullptr; }
  // Empty where the message has none.
  [[nodiscard]] std::string_view path() const noexcept;
  [[nodiscard]] std::string_view interface() const noexcept;
  [[nodiscard]] std::string_view member() const noexcept;
  [[nodiscard]] std::string_view error_name() const noexcept;
  [[nodiscard]] std::string_view sender() const noexcept;
  [[nodiscard]] std::string_view destination() const noexcept;
  [[nodiscard]] std::string_view signature() const noexcept;
  /// From the first argument, also where some have been read before; of one that is being written, what there is so far.
  [[nodiscard]] Reader read() const { return Reader(*content_); }
  [[nodiscard]] Writer write() noexcept { return Writer(*content_); }
  /// For whoever is the bus: who it is from.
  void set_sender(std::string_view name);
  [[nodiscard]] Content* get() const noexcept { return content_; }

private:
  Content* content_ = nullptr;
};

}  // namespace moor::dbus
