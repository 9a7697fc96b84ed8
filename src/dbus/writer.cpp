#include "core/utf8.hpp"
#include "dbus/content.hpp"

#include <fcntl.h>

namespace moor::dbus {
namespace {

[[noreturn]] void fail(const char* what, const char* why) {
  throw MessageMalformed(std::string("cannot write ") + what + " to a message of D-Bus: " + why);
}

void align(Content& content, char type) {
  content.bytes.resize(content.body_at + aligned(content.body().size(), alignment_of(type)), 0);
}

}  // namespace

// What a value of this type may follow; outside containers it makes the signature longer.
void Writer::begin(std::string_view type, const char* what) {
  if (content_->open.empty()) {
    const std::string longer = std::string(content_->text(Field::signature)) + std::string(type);
    if (longer.size() > max_signature) fail(what, "there are too many values");
    content_->set(Field::signature, longer);
  } else {
    Content::Open& in = content_->open.back();
    if (in.contents.compare(in.at, type.size(), type) != 0) fail(what, "the container takes another type");
    if (in.kind != 'a') in.at += type.size();
  }
  align(*content_, type.front());
}

void Writer::put(uint64_t value, size_t size) {
  if (content_->bytes.size() + size > max_message) fail("a value", "the message is too long");
  for (size_t i = 0; i < size; ++i) content_->bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

Writer& Writer::number(char type, uint64_t value, const char* what) {
  begin(std::string_view(&type, 1), what);
  put(value, fixed_size_of(type));
  return *this;
}

Writer& Writer::boolean(bool value) {
  return number('b', value ? 1 : 0, "a boolean");
}
Writer& Writer::u8(uint8_t value) {
  return number('y', value, "a byte");
}
Writer& Writer::i16(int16_t value) {
  return number('n', static_cast<uint16_t>(value), "an int16");
}
Writer& Writer::u16(uint16_t value) {
  return number('q', value, "a uint16");
}
Writer& Writer::i32(int32_t value) {
  return number('i', static_cast<uint32_t>(value), "an int32");
}
Writer& Writer::u32(uint32_t value) {
  return number('u', value, "a uint32");
}
Writer& Writer::u64(uint64_t value) {
  return number('t', value, "a uint64");
}

Writer& Writer::text(char type, std::string_view value, const char* what) {
  const Bytes bytes(reinterpret_cast<const uint8_t*>(value.data()), value.size());
  if (value.find('\0') != std::string_view::npos || !is_utf8(bytes)) fail(what, "it is not UTF-8 text without zero bytes");
  begin(std::string_view(&type, 1), what);
  put(value.size(), 4);
  if (content_->bytes.size() + value.size() > max_message) fail(what, "the message is too long");
  content_->bytes.insert(content_->bytes.end(), value.begin(), value.end());
  content_->bytes.push_back(0);
  return *this;
}

Writer& Writer::string(std::string_view value) {
  return text('s', value, "a string");
}
Writer& Writer::path(std::string_view value) {
  if (!is_path(value)) fail("an object path", "it is none");
  return text('o', value, "an object path");
}

Writer& Writer::bytes(Bytes value) {
  if (value.size() > max_array) fail("bytes", "there are too many");
  begin("ay", "bytes");
  put(value.size(), 4);
  content_->bytes.insert(content_->bytes.end(), value.begin(), value.end());
  return *this;
}

Writer& Writer::fd(int value) {
  if (content_->descriptors.all().size() == max_descriptors) fail("a file descriptor", "there are too many");
  const int own = ::fcntl(value, F_DUPFD_CLOEXEC, 3);
  if (own < 0) fail("a file descriptor", "it cannot be duplicated");
  content_->descriptors.add(own);
  return number('h', content_->descriptors.all().size() - 1, "a file descriptor");
}

Writer& Writer::open(char kind, std::string_view type, const char* contents, const char* what) {
  if (content_->open.size() == 2 * max_nesting) fail(what, "containers are nested too deep");
  begin(type, what);
  Content::Open inside{.kind = kind, .contents = contents};
  if (kind == 'a') {
    inside.length_at = content_->bytes.size();
    put(0, 4);
    align(*content_, inside.contents.front());
    inside.begin = content_->bytes.size();
  } else if (kind == 'v') {
    put(inside.contents.size(), 1);
    content_->bytes.insert(content_->bytes.end(), inside.contents.begin(), inside.contents.end());
    content_->bytes.push_back(0);
  }
  content_->open.push_back(std::move(inside));
  return *this;
}

Writer& Writer::open_array(const char* contents) {
  const std::string type = "a" + std::string(contents);
  if (!is_one_type(type)) fail("an array", "its signature is none");
  return open('a', type, contents, "an array");
}
Writer& Writer::open_dict_entry(const char* contents) {
  const std::string type = "{" + std::string(contents) + "}";
  if (content_->open.empty() || content_->open.back().kind != 'a' || !is_one_type("a" + type))
    fail("a dictionary entry", "it is not in a dictionary, or its signature is none");
  return open('{', type, contents, "a dictionary entry");
}
Writer& Writer::open_variant(const char* contents) {
  if (!is_one_type(contents)) fail("a variant", "its signature is none");
  return open('v', "v", contents, "a variant");
}
Writer& Writer::open_struct(const char* contents) {
  const std::string type = "(" + std::string(contents) + ")";
  if (!is_one_type(type)) fail("a struct", "its signature is none");
  return open('(', type, contents, "a struct");
}

Writer& Writer::close() {
  if (content_->open.empty()) fail("the end of a container", "none is open");
  const Content::Open& inside = content_->open.back();
  if (inside.kind != 'a' && inside.at != inside.contents.size()) fail("the end of a container", "values are missing");
  if (inside.kind == 'a') {
    const size_t size = content_->bytes.size() - inside.begin;
    if (size > max_array) fail("an array", "it is too long");
    for (size_t i = 0; i < 4; ++i) content_->bytes[inside.length_at + i] = static_cast<uint8_t>(size >> (8 * i));
  }
  content_->open.pop_back();
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

}  // namespace moor::dbus
