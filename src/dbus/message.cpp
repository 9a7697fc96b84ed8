#include "dbus/message.hpp"

#include <fcntl.h>
#include <systemd/sd-bus.h>
#include <unistd.h>
#include <cerrno>

namespace moor::dbus {
namespace {

[[noreturn]] void fail_to_read(const char* what, int result) {
  throw MessageMalformed(std::string("a message of D-Bus has no ") + what + " where one is expected" +
                         (result == -EBADMSG ? " (its bytes are malformed)" : ""));
}

/// Reads one value of a basic type. sd-bus answers 0 at the end of an array, an error at the end of the message or for another type.
template <typename Value>
Value read_basic(sd_bus_message* message, char type, const char* what) {
  Value value{};
  const int result = sd_bus_message_read_basic(message, type, &value);
  if (result <= 0) fail_to_read(what, result);
  return value;
}

void check_written(int result, const char* what) {
  if (result < 0) throw MessageMalformed(std::string("cannot write ") + what + " to a message of D-Bus: " + words_of(result));
}

/// sd-bus takes C strings: a zero byte inside would cut the text.
void write_text(sd_bus_message* message, char type, std::string_view value, const char* what) {
  if (value.find('\0') != std::string_view::npos) check_written(-EINVAL, what);
  check_written(sd_bus_message_append_basic(message, type, std::string(value).c_str()), what);
}

std::string_view view(const char* text) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

}  // namespace

bool Reader::at_end() const {
  const int result = sd_bus_message_at_end(message_, 0);
  if (result < 0) fail_to_read("end", result);
  return result > 0;
}

char Reader::peek(std::string_view* contents) const {
  char type = '\0';
  const char* inside = nullptr;
  const int result = sd_bus_message_peek_type(message_, &type, &inside);
  if (result < 0) fail_to_read("type", result);
  if (contents != nullptr) *contents = view(inside);
  return result == 0 ? '\0' : type;
}

bool Reader::read_bool() {
  return read_basic<int>(message_, SD_BUS_TYPE_BOOLEAN, "boolean") != 0;
}
uint8_t Reader::read_u8() {
  return read_basic<uint8_t>(message_, SD_BUS_TYPE_BYTE, "byte");
}
int16_t Reader::read_i16() {
  return read_basic<int16_t>(message_, SD_BUS_TYPE_INT16, "int16");
}
uint16_t Reader::read_u16() {
  return read_basic<uint16_t>(message_, SD_BUS_TYPE_UINT16, "uint16");
}
int32_t Reader::read_i32() {
  return read_basic<int32_t>(message_, SD_BUS_TYPE_INT32, "int32");
}
uint32_t Reader::read_u32() {
  return read_basic<uint32_t>(message_, SD_BUS_TYPE_UINT32, "uint32");
}
uint64_t Reader::read_u64() {
  return read_basic<uint64_t>(message_, SD_BUS_TYPE_UINT64, "uint64");
}
std::string_view Reader::read_string() {
  return read_basic<const char*>(message_, SD_BUS_TYPE_STRING, "string");
}
std::string_view Reader::read_path() {
  return read_basic<const char*>(message_, SD_BUS_TYPE_OBJECT_PATH, "object path");
}

Bytes Reader::read_bytes() {
  const void* data = nullptr;
  size_t size = 0;
  const int result = sd_bus_message_read_array(message_, SD_BUS_TYPE_BYTE, &data, &size);
  if (result <= 0) fail_to_read("array of bytes", result);
  return {static_cast<const uint8_t*>(data), size};
}

int Reader::read_fd() {
  const int of_message = read_basic<int>(message_, SD_BUS_TYPE_UNIX_FD, "file descriptor");
  const int own = ::fcntl(of_message, F_DUPFD_CLOEXEC, 3);
  if (own < 0) fail_to_read("usable file descriptor", -errno);
  return own;
}

void Reader::enter_array(const char* contents) {
  const int result = sd_bus_message_enter_container(message_, SD_BUS_TYPE_ARRAY, contents);
  if (result <= 0) fail_to_read("such array", result);
}

bool Reader::enter_dict_entry(const char* contents) {
  const int result = sd_bus_message_enter_container(message_, SD_BUS_TYPE_DICT_ENTRY, contents);
  if (result < 0) fail_to_read("such dictionary entry", result);
  return result > 0;
}

void Reader::enter_variant(const char* contents) {
  const int result = sd_bus_message_enter_container(message_, SD_BUS_TYPE_VARIANT, contents);
  if (result <= 0) fail_to_read("such variant", result);
}

void Reader::enter_struct(const char* contents) {
  const int result = sd_bus_message_enter_container(message_, SD_BUS_TYPE_STRUCT, contents);
  if (result <= 0) fail_to_read("such struct", result);
}

void Reader::leave() {
  const int result = sd_bus_message_exit_container(message_);
  if (result <= 0) fail_to_read("end of a container", result);
}

void Reader::skip(const char* types) {
  const int result = sd_bus_message_skip(message_, types);
  if (result <= 0) fail_to_read("such values", result);
}

Writer& Writer::boolean(bool value) {
  const int wide = value ? 1 : 0;
  check_written(sd_bus_message_append_basic(message_, SD_BUS_TYPE_BOOLEAN, &wide), "a boolean");
  return *this;
}
Writer& Writer::u8(uint8_t value) {
  check_written(sd_bus_message_append_basic(message_, SD_BUS_TYPE_BYTE, &value), "a byte");
  return *this;
}
Writer& Writer::i16(int16_t value) {
  check_written(sd_bus_message_append_basic(message_, SD_BUS_TYPE_INT16, &value), "an int16");
  return *this;
}
Writer& Writer::u16(uint16_t value) {
  check_written(sd_bus_message_append_basic(message_, SD_BUS_TYPE_UINT16, &value), "a uint16");
  return *this;
}
Writer& Writer::i32(int32_t value) {
  check_written(sd_bus_message_append_basic(message_, SD_BUS_TYPE_INT32, &value), "an int32");
  return *this;
}
Writer& Writer::u32(uint32_t value) {
  check_written(sd_bus_message_append_basic(message_, SD_BUS_TYPE_UINT32, &value), "a uint32");
  return *this;
}
Writer& Writer::u64(uint64_t value) {
  check_written(sd_bus_message_append_basic(message_, SD_BUS_TYPE_UINT64, &value), "a uint64");
  return *this;
}
Writer& Writer::string(std::string_view value) {
  write_text(message_, SD_BUS_TYPE_STRING, value, "a string");
  return *this;
}
Writer& Writer::path(std::string_view value) {
  write_text(message_, SD_BUS_TYPE_OBJECT_PATH, value, "an object path");
  return *this;
}
Writer& Writer::bytes(Bytes value) {
  check_written(sd_bus_message_append_array(message_, SD_BUS_TYPE_BYTE, value.data(), value.size()), "bytes");
  return *this;
}
Writer& Writer::fd(int value) {
  check_written(sd_bus_message_append_basic(message_, SD_BUS_TYPE_UNIX_FD, &value), "a file descriptor");
  return *this;
}

Writer& Writer::open_array(const char* contents) {
  check_written(sd_bus_message_open_container(message_, SD_BUS_TYPE_ARRAY, contents), "an array");
  return *this;
}
Writer& Writer::open_dict_entry(const char* contents) {
  check_written(sd_bus_message_open_container(message_, SD_BUS_TYPE_DICT_ENTRY, contents), "a dictionary entry");
  return *this;
}
Writer& Writer::open_variant(const char* contents) {
  check_written(sd_bus_message_open_container(message_, SD_BUS_TYPE_VARIANT, contents), "a variant");
  return *this;
}
Writer& Writer::open_struct(const char* contents) {
  check_written(sd_bus_message_open_container(message_, SD_BUS_TYPE_STRUCT, contents), "a struct");
  return *this;
}
Writer& Writer::close() {
  check_written(sd_bus_message_close_container(message_), "the end of a container");
  return *this;
}

Writer& Writer::entry(std::string_view key, bool value) {
  return open_dict_entry("sv").string(key).open_variant("b").boolean(value).close().close();
}
Writer& Writer::entry(std::string_view key, int16_t value) {
  return open_dict_entry("sv").string(key).open_variant("n").i16(value).close().close();
}
Writer& Writer::entry(std::string_view key, uint16_t value) {
  return open_dict_entry("sv").string(key).open_variant("q").u16(value).close().close();
}
Writer& Writer::entry(std::string_view key, uint32_t value) {
  return open_dict_entry("sv").string(key).open_variant("u").u32(value).close().close();
}
Writer& Writer::entry(std::string_view key, std::string_view value) {
  return open_dict_entry("sv").string(key).open_variant("s").string(value).close().close();
}
Writer& Writer::no_entries() {
  return open_array("{sv}").close();
}

Message::Message(const Message& other) noexcept : message_(sd_bus_message_ref(other.message_)) {}

Message::~Message() {
  sd_bus_message_unref(message_);
}

std::string_view Message::path() const noexcept {
  return view(sd_bus_message_get_path(message_));
}
std::string_view Message::interface() const noexcept {
  return view(sd_bus_message_get_interface(message_));
}
std::string_view Message::member() const noexcept {
  return view(sd_bus_message_get_member(message_));
}
std::string_view Message::sender() const noexcept {
  return view(sd_bus_message_get_sender(message_));
}
std::string_view Message::destination() const noexcept {
  return view(sd_bus_message_get_destination(message_));
}
std::string_view Message::signature() const noexcept {
  return view(sd_bus_message_get_signature(message_, 1));
}

Reader Message::read() const {
  const int result = sd_bus_message_rewind(message_, 1);
  if (result < 0) fail_to_read("beginning", result);
  return Reader(message_);
}

}  // namespace moor::dbus
