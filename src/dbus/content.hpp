#pragma once
// What a message is made of, as it is on the wire (D-Bus specification, "Message protocol"): one that came in lies in one block with views into it, one that is
// being written has its texts and its body.

#include "dbus/message.hpp"
#include "dbus/signature.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace moor::dbus {

enum class Kind : uint8_t { invalid, call, answer, error, signal };

/// Header fields that hold text, by their code on the wire.
enum class Field : uint8_t { path = 1, interface = 2, member = 3, error_name = 4, destination = 6, sender = 7, signature = 8 };
inline constexpr uint8_t reply_serial_field = 5;
inline constexpr uint8_t unix_fds_field = 9;

inline constexpr uint8_t no_reply_expected = 0x1;  // flags
inline constexpr size_t fixed_header_size = 16;    // with the length of the fields
inline constexpr size_t max_message = 128 * 1024 * 1024;
inline constexpr size_t max_array = 64 * 1024 * 1024;
inline constexpr size_t max_descriptors = 16;  // of one message; moor wants one

/// File descriptors that are closed with whoever holds them.
class Descriptors {
public:
  Descriptors() = default;
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;
  ~Descriptors() { clear(); }
  void add(int descriptor) { all_.push_back(descriptor); }
  void take_from(std::vector<int>& others, size_t count);
  void clear() noexcept;
  [[nodiscard]] const std::vector<int>& all() const noexcept { return all_; }

private:
  std::vector<int> all_;
};

struct Content {
  unsigned references = 1;
  Kind kind = Kind::invalid;
  uint8_t flags = 0;
  bool big_endian = false;
  uint32_t serial = 0;  // of one that came in
  uint32_t reply_serial = 0;
  std::array<std::string_view, 10> fields{};  // by their code
  std::vector<uint8_t> bytes{};               // from `body_at` on the body
  size_t body_at = 0;
  Descriptors descriptors{};

  // Of one that is being written: what the views of `fields` look at, and containers that are open.
  struct Open {
    char kind = '\0';        // 'a', 'v', '(' or '{'
    std::string contents{};  // types that it takes; of an array, one element
    size_t at = 0;           // in `contents`, what comes next
    size_t length_at = 0;    // of an array: where its length goes
    size_t begin = 0;        // of its first element
  };
  std::array<std::string, 10> texts{};
  std::vector<Open> open{};

  [[nodiscard]] std::string_view text(Field field) const noexcept { return fields[static_cast<uint8_t>(field)]; }
  /// Of one that is being written.
  void set(Field field, std::string_view text);
  [[nodiscard]] Bytes body() const noexcept { return Bytes(bytes).subspan(body_at); }

  // Numbers at a place whose bounds have been checked.
  [[nodiscard]] uint16_t load16(const uint8_t* at) const noexcept { return big_endian ? load_be16(at) : load_le16(at); }
  [[nodiscard]] uint32_t load32(const uint8_t* at) const noexcept { return big_endian ? load_be32(at) : load_le32(at); }
  [[nodiscard]] uint64_t load64(const uint8_t* at) const noexcept { return big_endian ? load_be64(at) : load_le64(at); }
};

/// What the fixed header says of the size: of the whole message, and of its body.
struct Extent {
  size_t whole = 0;
  size_t body = 0;
};
/// @returns nothing where the header cannot be one. @pre fixed_header_size bytes
[[nodiscard]] std::optional<Extent> extent_of(Bytes header) noexcept;

/// Takes one whole message, copied into the content's block, which may have been used before. Nothing is allocated once the block is as big as it must be.
/// @param descriptors  those that came with it: as many as it claims are taken. @returns what is wrong with it, or null.
[[nodiscard]] const char* parse(Bytes whole, size_t body_size, std::vector<int>& descriptors, Content& content);

/// Appends a written message to what is to be sent. @param sender  where it has none. @pre no container is open
void marshal(const Content& content, uint32_t serial, std::string_view sender, std::vector<uint8_t>& out);

}  // namespace moor::dbus
