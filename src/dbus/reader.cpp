#include "core/utf8.hpp"
#include "dbus/content.hpp"

#include <fcntl.h>

namespace moor::dbus {
namespace {

[[noreturn]] void fail(const char* what) {
  throw MessageMalformed(std::string("a message of D-Bus has no ") + what + " where one is expected");
}
[[noreturn]] void fail_damaged() {
  throw MessageMalformed("a message of D-Bus has bytes that its types do not fit");
}

// The types inside a container, given its own: of "a{sv}" "{sv}", of "{sv}" and "(sv)" "sv".
std::string_view contents_of(std::string_view type) noexcept {
  return type.front() == 'a' ? type.substr(1) : type.substr(1, type.size() - 2);
}

}  // namespace

Reader::Reader(const Content& content) noexcept : Reader(content, content.body(), content.text(Field::signature), 0) {}

Reader::Reader(const Content& content, Bytes bytes, std::string_view types, size_t at) noexcept
    : content_(&content), body_(bytes), at_(at) {
  levels_[0] = {.kind = '\0', .types = types, .at = 0, .end = body_.size()};
}

// Empty at the end of the container.
std::string_view Reader::next_type() const noexcept {
  const Level& level = top();
  if (level.kind == 'a') return at_ >= level.end ? std::string_view() : level.types;
  if (level.at >= level.types.size()) return {};
  const std::string_view rest = level.types.substr(level.at);
  return rest.substr(0, first_type_size(rest));
}

void Reader::expect(std::string_view type, const char* what) const {
  const Level& level = top();
  if (level.kind == 'a' ? at_ >= level.end || level.types != type : level.types.compare(level.at, type.size(), type) != 0)
    fail(what);
}

// Of an array the next element has the same type.
void Reader::consumed(size_t type_size) noexcept {
  if (top().kind != 'a') top().at += type_size;
}

size_t Reader::align(size_t at, char type) const {
  const size_t begin = aligned(at, alignment_of(type));
  if (begin > top().end) fail_damaged();
  return begin;
}

const uint8_t* Reader::fixed(char type, const char* what) {
  expect(std::string_view(&type, 1), what);
  const size_t begin = align(at_, type);
  const size_t size = fixed_size_of(type);
  if (size > top().end - begin) fail_damaged();
  at_ = begin + size;
  consumed(1);
  return body_.data() + begin;
}

bool Reader::read_bool() {
  const uint32_t value = content_->load32(fixed('b', "boolean"));
  if (value > 1) fail_damaged();
  return value == 1;
}
uint8_t Reader::read_u8() {
  return *fixed('y', "byte");
}
int16_t Reader::read_i16() {
  return static_cast<int16_t>(content_->load16(fixed('n', "int16")));
}
uint16_t Reader::read_u16() {
  return content_->load16(fixed('q', "uint16"));
}
int32_t Reader::read_i32() {
  return static_cast<int32_t>(content_->load32(fixed('i', "int32")));
}
uint32_t Reader::read_u32() {
  return content_->load32(fixed('u', "uint32"));
}
uint64_t Reader::read_u64() {
  return content_->load64(fixed('t', "uint64"));
}

std::string_view Reader::text(char type, const char* what) {
  expect(std::string_view(&type, 1), what);
  const size_t begin = align(at_, type);
  if (top().end - begin < 5) fail_damaged();
  const size_t size = content_->load32(body_.data() + begin);
  if (size > top().end - begin - 5 || body_[begin + 4 + size] != 0) fail_damaged();
  const Bytes bytes = body_.subspan(begin + 4, size);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), size);
  if (text.find('\0') != std::string_view::npos || !is_utf8(bytes)) fail_damaged();
  at_ = begin + 4 + size + 1;
  consumed(1);
  return text;
}

std::string_view Reader::read_string() {
  return text('s', "string");
}
std::string_view Reader::read_path() {
  const std::string_view path = text('o', "object path");
  if (!is_path(path)) fail_damaged();
  return path;
}

Bytes Reader::read_bytes() {
  expect("ay", "array of bytes");
  size_t begin = at_;
  const size_t end = array_end(begin, 'y');
  at_ = end;
  consumed(2);
  return body_.subspan(begin, end - begin);
}

int Reader::read_fd() {
  const uint32_t index = content_->load32(fixed('h', "file descriptor"));
  const auto& all = content_->descriptors.all();
  const int own = index < all.size() ? ::fcntl(all[index], F_DUPFD_CLOEXEC, 3) : -1;
  if (own < 0) fail("usable file descriptor");
  return own;
}

bool Reader::at_end() const {
  return next_type().empty();
}

char Reader::peek(std::string_view* contents) const {
  const std::string_view type = next_type();
  if (contents != nullptr) *contents = {};
  if (type.empty()) return '\0';
  if (contents != nullptr) {
    size_t at = at_;
    if (type.front() == 'v')
      *contents = variant_type(at);
    else if (fixed_size_of(type.front()) == 0 && type.size() > 1)
      *contents = contents_of(type);
  }
  return type.front() == '{' ? 'e' : type.front() == '(' ? 'r' : type.front();
}

// @param at  in: before the array; out: its first element. @returns where it ends
size_t Reader::array_end(size_t& at, char element) const {
  const size_t begin = align(at, 'a');
  if (top().end - begin < 4) fail_damaged();
  const size_t size = content_->load32(body_.data() + begin);
  at = align(begin + 4, element);
  if (size > max_array || size > top().end - at) fail_damaged();
  return at + size;
}

// @param at  in: before the variant; out: before its value, not aligned
std::string_view Reader::variant_type(size_t& at) const {
  if (at >= top().end) fail_damaged();
  const size_t size = body_[at];
  if (size >= top().end - at - 1 || body_[at + 1 + size] != 0) fail_damaged();
  const std::string_view type(reinterpret_cast<const char*>(body_.data()) + at + 1, size);
  if (!is_one_type(type)) fail_damaged();
  at += size + 2;
  return type;
}

void Reader::enter(char kind, std::string_view types, size_t end) {
  if (depth_ + 1 == max_depth) fail_damaged();
  ++depth_;
  top() = {.kind = kind, .types = types, .at = 0, .end = end};
}

void Reader::enter_array(const char* contents) {
  const std::string_view type = next_type();
  if (type.size() < 2 || type.front() != 'a' || type.substr(1) != contents) fail("such array");
  const size_t end = array_end(at_, type[1]);
  enter('a', type.substr(1), end);
}

bool Reader::enter_dict_entry(const char* contents) {
  const Level& level = top();
  if (level.kind != 'a' || level.types.front() != '{' || contents_of(level.types) != contents) fail("such dictionary entry");
  if (at_ >= level.end) return false;
  at_ = align(at_, '{');
  enter('{', contents_of(level.types), level.end);
  return true;
}

void Reader::enter_variant(const char* contents) {
  expect("v", "variant");
  size_t at = at_;
  const std::string_view type = variant_type(at);
  if (type != contents) fail("such variant");
  at_ = at;
  enter('v', type, top().end);
}

void Reader::enter_struct(const char* contents) {
  const std::string_view type = next_type();
  if (type.empty() || type.front() != '(' || contents_of(type) != contents) fail("such struct");
  at_ = align(at_, '(');
  enter('(', contents_of(type), top().end);
}

void Reader::leave() {
  if (depth_ == 0 || !at_end()) fail("end of a container");
  const Level left = top();
  --depth_;
  if (left.kind == 'v')
    consumed(1);
  else if (left.kind == 'a')
    consumed(left.types.size() + 1);
  else
    consumed(left.types.size() + 2);
}

// Where a value ends that begins at `at`, without looking further into it than its size wants.
size_t Reader::after(std::string_view type, size_t at, int depth) const {
  if (depth > 2 * max_nesting) fail_damaged();
  const char kind = type.front();
  const size_t end = top().end;
  if (kind == 'a') return array_end(at, type[1]);
  if (kind == 'v') {
    const std::string_view inner = variant_type(at);
    return after(inner, at, depth + 1);
  }
  at = align(at, kind);
  size_t size = fixed_size_of(kind);
  if (kind == '(' || kind == '{') {
    for (std::string_view rest = contents_of(type); !rest.empty();) {
      const size_t first = first_type_size(rest);
      at = after(rest.substr(0, first), at, depth + 1);
      rest.remove_prefix(first);
    }
    return at;
  }
  if (kind == 'g') {
    if (at >= end) fail_damaged();
    size = size_t{body_[at]} + 2;
  } else if (size == 0) {
    if (end - at < 4) fail_damaged();
    size = size_t{content_->load32(body_.data() + at)} + 5;
  }
  if (size > end - at) fail_damaged();
  return at + size;
}

void Reader::skip(const char* types) {
  std::string_view rest = types == nullptr ? next_type() : std::string_view(types);
  if (rest.empty()) fail("value");
  while (!rest.empty()) {
    const std::string_view type = rest.substr(0, first_type_size(rest));
    if (next_type() != type) fail("such values");
    at_ = after(type, at_, 0);
    consumed(type.size());
    rest.remove_prefix(type.size());
  }
}

}  // namespace moor::dbus
