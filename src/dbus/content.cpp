#include "dbus/content.hpp"

#include "core/utf8.hpp"

#include <unistd.h>
#include <algorithm>

namespace moor::dbus {
namespace {

constexpr uint8_t protocol_version = 1;

void put32(std::vector<uint8_t>& out, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(value >> shift));
}
void pad(std::vector<uint8_t>& out, size_t begin, size_t alignment) {
  out.resize(begin + aligned(out.size() - begin, alignment), 0);
}

void put_field(std::vector<uint8_t>& out, size_t begin, uint8_t code, char type) {
  pad(out, begin, 8);
  out.insert(out.end(), {code, 1, static_cast<uint8_t>(type), 0});
}
void put_text_field(std::vector<uint8_t>& out, size_t begin, Field field, char type, std::string_view text) {
  if (text.empty()) return;
  put_field(out, begin, static_cast<uint8_t>(field), type);
  if (type == 'g')
    out.push_back(static_cast<uint8_t>(text.size()));
  else
    put32(out, static_cast<uint32_t>(text.size()));
  out.insert(out.end(), text.begin(), text.end());
  out.push_back(0);
}

bool fits(Field field, std::string_view text) noexcept {
  switch (field) {
    case Field::path: return is_path(text);
    case Field::interface:
    case Field::error_name: return is_interface(text);
    case Field::member: return is_member(text);
    case Field::destination:
    case Field::sender: return is_bus_name(text);
    case Field::signature: return is_signature(text);
  }
  return false;
}

// Reads the header's fields, which are an a(yv).
class FieldReader {
public:
  FieldReader(Content& content, Bytes bytes, size_t end) : content_(content), bytes_(bytes), end_(end) {}

  const char* read() {
    while (at_ < end_) {
      at_ = aligned(at_, 8);
      if (at_ + 4 > end_) return "a header field is cut off";
      const uint8_t code = bytes_[at_];
      const size_t types = bytes_[at_ + 1];
      if (code == 0 || at_ + 2 + types + 1 > end_ || bytes_[at_ + 2 + types] != 0) return "a header field has no type";
      const std::string_view type(reinterpret_cast<const char*>(bytes_.data()) + at_ + 2, types);
      at_ += 3 + types;
      const char* const wrong = read_value(code, type);
      if (wrong != nullptr) return wrong;
    }
    return nullptr;
  }
  [[nodiscard]] uint32_t descriptors() const noexcept { return descriptors_; }

private:
  const char* read_value(uint8_t code, std::string_view type) {
    if (type == "u") {
      at_ = aligned(at_, 4);
      if (at_ + 4 > end_) return "a number is cut off";
      const uint32_t value = content_.load32(bytes_.data() + at_);
      at_ += 4;
      if (code == reply_serial_field) content_.reply_serial = value;
      if (code == unix_fds_field) descriptors_ = value;
      return nullptr;
    }
    if (type != "s" && type != "o" && type != "g") return skip_value(code, type);
    size_t size = 0;
    if (type == "g") {
      if (at_ + 1 > end_) return "a text is cut off";
      size = bytes_[at_++];
    } else {
      at_ = aligned(at_, 4);
      if (at_ + 4 > end_) return "a text is cut off";
      size = content_.load32(bytes_.data() + at_);
      at_ += 4;
    }
    if (size >= end_ - at_ || bytes_[at_ + size] != 0) return "a text is cut off";
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + at_, size);
    at_ += size + 1;
    if (code >= content_.fields.size() || code == reply_serial_field || code == unix_fds_field)
      return nullptr;  // of a later time
    if (!fits(static_cast<Field>(code), text)) return "a name is none";
    content_.fields[code] = text;
    return nullptr;
  }

  // A field of a later time may have any type, and is to be ignored (D-Bus specification, "Header Fields").
  const char* skip_value(uint8_t code, std::string_view type) {
    if (code <= unix_fds_field || !is_one_type(type)) return "a header field has a type that is not its own";
    try {
      Reader reader(content_, bytes_.first(end_), type, at_);
      reader.skip(nullptr);
      at_ = reader.offset();
    } catch (const MessageMalformed&) {
      return "a header field is cut off";
    }
    return nullptr;
  }

  Content& content_;
  Bytes bytes_;
  size_t end_;
  size_t at_ = fixed_header_size;
  uint32_t descriptors_ = 0;
};

bool has_what_it_needs(const Content& content) noexcept {
  switch (content.kind) {
    case Kind::call: return !content.text(Field::path).empty() && !content.text(Field::member).empty();
    case Kind::signal:
      return !content.text(Field::path).empty() && !content.text(Field::interface).empty() &&
             !content.text(Field::member).empty();
    case Kind::error: return content.reply_serial != 0 && !content.text(Field::error_name).empty();
    case Kind::answer: return content.reply_serial != 0;
    case Kind::invalid: return false;
  }
  return true;  // of a later time
}

}  // namespace

void Descriptors::take_from(std::vector<int>& others, size_t count) {
  const size_t taken = std::min(count, others.size());
  all_.insert(all_.end(), others.begin(), others.begin() + static_cast<std::ptrdiff_t>(taken));
  others.erase(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(taken));
}

void Descriptors::clear() noexcept {
  for (const int each : all_) ::close(each);
  all_.clear();
}

void Content::set(Field field, std::string_view text) {
  const auto code = static_cast<uint8_t>(field);
  texts[code] = text;
  fields[code] = texts[code];
}

std::optional<Extent> extent_of(Bytes header) noexcept {
  if ((header[0] != 'l' && header[0] != 'B') || header[3] != protocol_version) return std::nullopt;
  const bool big = header[0] == 'B';
  const auto load = [&](size_t at) { return big ? load_be32(header.data() + at) : load_le32(header.data() + at); };
  const size_t body = load(4);
  const size_t fields = load(12);
  if (fields > max_array || body > max_message) return std::nullopt;
  const size_t whole = aligned(fixed_header_size + fields, 8) + body;
  if (whole > max_message) return std::nullopt;
  return Extent{.whole = whole, .body = body};
}

const char* parse(Bytes whole, size_t body_size, std::vector<int>& descriptors, Content& content) {
  content.bytes.assign(whole.begin(), whole.end());
  content.body_at = whole.size() - body_size;
  content.big_endian = whole[0] == 'B';
  content.kind = static_cast<Kind>(whole[1]);
  content.flags = whole[2];
  content.serial = content.load32(whole.data() + 8);
  content.reply_serial = 0;
  content.fields.fill({});
  content.descriptors.clear();
  FieldReader reader(content, content.bytes, fixed_header_size + content.load32(whole.data() + 12));
  if (const char* const wrong = reader.read(); wrong != nullptr) return wrong;
  content.descriptors.take_from(descriptors, reader.descriptors());
  if (content.serial == 0 || !has_what_it_needs(content)) return "a header lacks what its message needs";
  if (content.text(Field::signature).empty() && body_size != 0) return "a body has no signature";
  return nullptr;
}

void marshal(const Content& content, uint32_t serial, std::string_view sender, std::vector<uint8_t>& out) {
  const size_t begin = out.size();
  out.insert(out.end(), {'l', static_cast<uint8_t>(content.kind), content.flags, protocol_version});
  put32(out, static_cast<uint32_t>(content.body().size()));
  put32(out, serial);
  put32(out, 0);  // the fields' length
  put_text_field(out, begin, Field::path, 'o', content.text(Field::path));
  put_text_field(out, begin, Field::interface, 's', content.text(Field::interface));
  put_text_field(out, begin, Field::member, 's', content.text(Field::member));
  put_text_field(out, begin, Field::error_name, 's', content.text(Field::error_name));
  if (content.reply_serial != 0) {
    put_field(out, begin, reply_serial_field, 'u');
    put32(out, content.reply_serial);
  }
  put_text_field(out, begin, Field::destination, 's', content.text(Field::destination));
  const std::string_view own = content.text(Field::sender);
  put_text_field(out, begin, Field::sender, 's', own.empty() ? sender : own);
  put_text_field(out, begin, Field::signature, 'g', content.text(Field::signature));
  if (!content.descriptors.all().empty()) {
    put_field(out, begin, unix_fds_field, 'u');
    put32(out, static_cast<uint32_t>(content.descriptors.all().size()));
  }
  const size_t fields = out.size() - begin - fixed_header_size;
  for (size_t i = 0; i < 4; ++i) out[begin + 12 + i] = static_cast<uint8_t>(fields >> (8 * i));
  pad(out, begin, 8);
  const Bytes body = content.body();
  out.insert(out.end(), body.begin(), body.end());
}

}  // namespace moor::dbus
