#include "esphome/codec.hpp"

#include "esphome/message_fields.hpp"
#include "esphome/wire.hpp"

namespace moor::esphome {

namespace {

constexpr WireType wire_type(Kind kind) noexcept {
  switch (kind) {
    case Kind::number:
    case Kind::zigzag:
    case Kind::boolean:
    case Kind::numbers:
    case Kind::uuid: return WireType::varint;
    case Kind::fixed32: return WireType::fixed32;
    default: return WireType::length_delimited;
  }
}
/// Whether it may come packed too: all of its numbers after one length.
constexpr bool packable(Kind kind) noexcept {
  return kind == Kind::numbers || kind == Kind::uuid;
}

template <typename Message>
void read_message(WireReader& reader, Message& message);

std::string_view read_text(WireReader& reader) {
  const uint8_t* start = reader.position();
  const Bytes bytes = reader.view();
  if (bytes.size() > max_text) reader.fail(start, "text too long");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename Entry>
bool has_room(WireReader& reader, const std::vector<Entry>& list) {
  if (list.size() < max_repeated) return true;
  reader.fail(reader.position(), "too many entries");
  return false;
}

template <typename Number>
void read_number_of(WireReader& reader, std::vector<Number>& numbers) {
  if (!has_room(reader, numbers)) return;
  const uint64_t number = reader.varint();
  if (reader.ok()) numbers.push_back(static_cast<Number>(number));
}
void read_number_of(WireReader& reader, UuidPair& uuid) {
  const uint64_t number = reader.varint();
  if (reader.ok() && uuid.count < uuid.parts.size()) uuid.parts[uuid.count++] = number;
}

template <typename Nested>
void read_nested(WireReader& reader, Nested& nested) {
  const uint8_t* outer_end = reader.enter();
  read_message(reader, nested);
  reader.leave(outer_end);
}

template <typename F, typename Message>
void read_value(WireReader& reader, WireType type, Message& message) {
  auto& value = F::of(message);
  using Value = typename F::Value;
  if constexpr (F::kind == Kind::number) {
    value = static_cast<Value>(reader.varint());
  } else if constexpr (F::kind == Kind::zigzag) {
    value = protozero::decode_zigzag32(static_cast<uint32_t>(reader.varint()));
  } else if constexpr (F::kind == Kind::boolean) {
    value = reader.varint() != 0;
  } else if constexpr (F::kind == Kind::fixed32) {
    value = reader.fixed32();
  } else if constexpr (F::kind == Kind::bytes) {
    value = reader.view();
  } else if constexpr (F::kind == Kind::text) {
    value = read_text(reader);
  } else if constexpr (F::kind == Kind::texts) {
    if (has_room(reader, value)) value.push_back(read_text(reader));
  } else if constexpr (packable(F::kind)) {
    if (type == WireType::varint) return read_number_of(reader, value);
    const uint8_t* outer_end = reader.enter();
    while (reader.more()) read_number_of(reader, value);
    reader.leave(outer_end);
  } else if constexpr (F::kind == Kind::nested) {
    message.*F::flag = true;
    value = {};
    read_nested(reader, value);
  } else {
    static_assert(F::kind == Kind::nested_list);
    if (has_room(reader, value)) read_nested(reader, value.emplace_back());
  }
}

/// @returns whether the field is this one. One of another wire type is not: protocol buffers skip it as unknown.
template <typename F, typename Message>
bool read_if(const F& /*field*/, WireReader& reader, WireReader::Tag tag, Message& message) {
  if (tag.number != F::number) return false;
  if (tag.type != wire_type(F::kind) && !(packable(F::kind) && tag.type == WireType::length_delimited)) return false;
  read_value<F>(reader, tag.type, message);
  return true;
}

template <typename Message>
void read_message(WireReader& reader, Message& message) {
  while (reader.more()) {
    const WireReader::Tag tag = reader.tag();
    if (!reader.ok()) return;
    const bool known =
        std::apply([&](const auto&... field) { return (read_if(field, reader, tag, message) || ...); }, Table<Message>::fields);
    if (!known) reader.skip(tag.type);
  }
}

template <typename Message>
void write_message(const Message& message, std::vector<uint8_t>& out);

void write_view(uint32_t number, Bytes bytes, std::vector<uint8_t>& out) {
  put_varint(tag_of(number, WireType::length_delimited), out);
  put_varint(bytes.size(), out);
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void write_view(uint32_t number, std::string_view text, std::vector<uint8_t>& out) {
  write_view(number, Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()), out);
}
void write_number(uint32_t number, uint64_t value, std::vector<uint8_t>& out) {
  put_varint(tag_of(number, WireType::varint), out);
  put_varint(value, out);
}

/// The length is known only after the message: it is put in before it then, in most cases one byte.
template <typename Nested>
void write_nested(uint32_t number, const Nested& nested, std::vector<uint8_t>& out) {
  put_varint(tag_of(number, WireType::length_delimited), out);
  const auto start = static_cast<std::ptrdiff_t>(out.size());
  write_message(nested, out);
  std::array<char, protozero::max_varint_length> length;
  const int size =
      protozero::add_varint_to_buffer(length.data(), static_cast<uint64_t>(static_cast<std::ptrdiff_t>(out.size()) - start));
  out.insert(out.begin() + start, length.begin(), length.begin() + size);
}

/// As a varint has it: negative numbers of 32 bits get the sign of 64.
template <typename Number>
constexpr uint64_t widened(Number number) noexcept {
  if constexpr (std::is_signed_v<Number>) {
    return static_cast<uint64_t>(static_cast<int64_t>(number));
  } else {
    return static_cast<uint64_t>(number);
  }
}

template <typename F, typename Message>
void write_field(const F& /*field*/, const Message& message, std::vector<uint8_t>& out) {
  const auto& value = F::of(message);
  if constexpr (F::kind == Kind::number || F::kind == Kind::boolean) {
    if (const uint64_t number = widened(value); number != 0) write_number(F::number, number, out);
  } else if constexpr (F::kind == Kind::zigzag) {
    if (value != 0) write_number(F::number, protozero::encode_zigzag32(value), out);
  } else if constexpr (F::kind == Kind::fixed32) {
    if (value == 0) return;
    put_varint(tag_of(F::number, WireType::fixed32), out);
    for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(value >> shift));
  } else if constexpr (F::kind == Kind::bytes || F::kind == Kind::text) {
    if (!value.empty()) write_view(F::number, value, out);
  } else if constexpr (F::kind == Kind::numbers) {
    for (const auto number : value) write_number(F::number, number, out);
  } else if constexpr (F::kind == Kind::texts) {
    for (const auto text : value) write_view(F::number, text, out);
  } else if constexpr (F::kind == Kind::uuid) {
    for (size_t i = 0; i < value.count && i < value.parts.size(); ++i) write_number(F::number, value.parts[i], out);
  } else if constexpr (F::kind == Kind::nested) {
    if (message.*F::flag) write_nested(F::number, value, out);
  } else {
    static_assert(F::kind == Kind::nested_list);
    for (const auto& entry : value) write_nested(F::number, entry, out);
  }
}

template <typename Message>
void write_message(const Message& message, std::vector<uint8_t>& out) {
  each_field<Message>([&](const auto& field) { write_field(field, message, out); });
}

}  // namespace

template <typename Message>
Decoded<Message> decode(Bytes payload) {
  Decoded<Message> decoded;
  WireReader reader(payload);
  read_message(reader, decoded.message);
  decoded.error = reader.error();
  return decoded;
}

template <typename Message>
void encode(const Message& message, std::vector<uint8_t>& out) {
  write_message(message, out);
}

// Here, so that those who use them compile none of it.
#define MOOR_MESSAGE(name)                            \
  template Decoded<name> decode<name>(Bytes payload); \
  template void encode<name>(const name& message, std::vector<uint8_t>& out);
MOOR_MESSAGE(HelloRequest)
MOOR_MESSAGE(HelloResponse)
MOOR_MESSAGE(AuthenticationRequest)
MOOR_MESSAGE(AuthenticationResponse)
MOOR_MESSAGE(DisconnectRequest)
MOOR_MESSAGE(DeviceInfoResponse)
MOOR_MESSAGE(DeviceCapabilitiesResponse)
MOOR_MESSAGE(GetTimeResponse)
MOOR_MESSAGE(SetNoiseKeyRequest)
MOOR_MESSAGE(SetNoiseKeyResponse)
MOOR_MESSAGE(SubscribeAdvertisements)
MOOR_MESSAGE(LegacyAdvertisement)
MOOR_MESSAGE(DeviceRequest)
MOOR_MESSAGE(DeviceConnection)
MOOR_MESSAGE(AddressRequest)
MOOR_MESSAGE(Services)
MOOR_MESSAGE(ServicesDone)
MOOR_MESSAGE(ReadRequest)
MOOR_MESSAGE(ReadResponse)
MOOR_MESSAGE(WriteRequest)
MOOR_MESSAGE(ReadDescriptorRequest)
MOOR_MESSAGE(WriteDescriptorRequest)
MOOR_MESSAGE(NotifyRequest)
MOOR_MESSAGE(NotifyData)
MOOR_MESSAGE(WriteResponse)
MOOR_MESSAGE(NotifyResponse)
MOOR_MESSAGE(GattError)
MOOR_MESSAGE(ConnectionsFree)
MOOR_MESSAGE(Pairing)
MOOR_MESSAGE(Unpairing)
MOOR_MESSAGE(ClearCache)
MOOR_MESSAGE(SetConnectionParameters)
MOOR_MESSAGE(ConnectionParametersSet)
MOOR_MESSAGE(ScannerState)
MOOR_MESSAGE(ScannerSetMode)
MOOR_MESSAGE(RawAdvertisement)
#undef MOOR_MESSAGE

}  // namespace moor::esphome
