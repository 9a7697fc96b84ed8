#pragma once
// Messages to and from their bytes (protocol buffers, proto3), by the table of message_fields.hpp. Decoding copies neither text nor data, skips fields that it
// does not know, and takes repeated numbers packed and unpacked. Encoding leaves out what is zero or empty, and writes repeated numbers
// unpacked, as firmware does.

#include "esphome/messages.hpp"

#include <boost/system/result.hpp>

namespace moor::esphome {

/// What a decoder takes before it calls a message malformed.
inline constexpr size_t max_repeated = 1024;  ///< entries of one field: services, characteristics, descriptors, slots
inline constexpr size_t max_text = 1024;      ///< bytes of a text

/// A message that was read, or where and why it cannot be. Defined for every struct of messages.hpp.
template <typename Message>
struct Decoded {
  Message message{};
  std::optional<ParseError> error{};
};
/// The views of the result lie in `payload`.
template <typename Message>
[[nodiscard]] Decoded<Message> decode(Bytes payload);

/// Appends the message's bytes, without a frame.
template <typename Message>
void encode(const Message& message, std::vector<uint8_t>& out);

/// The 48 bits of an address as the API has them, and back. Types 2 and 3 are resolved private addresses: public and random.
[[nodiscard]] constexpr bool is_random_type(uint32_t address_type) noexcept {
  return (address_type & 1) != 0;
}

}  // namespace moor::esphome
