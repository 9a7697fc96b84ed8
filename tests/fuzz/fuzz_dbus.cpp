// Any bytes as what a bus sends: words of the greeting, rules, and messages. What is read lies inside of the message, a value that is skipped ends where one that is read
// does, and a message that is written again reads the same.

#include "dbus/authentication.hpp"
#include "dbus/content.hpp"
#include "dbus/match_rule.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace moor;
using namespace moor::dbus;

void require(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view part, Bytes whole) {
  const auto* const begin = reinterpret_cast<const uint8_t*>(part.data());
  return part.empty() || (begin >= whole.data() && begin + part.size() <= whole.data() + whole.size());
}

// Copies whatever there is, by its own signature.
void copy(Reader& from, Writer& to, Bytes whole);

void copy_container(char kind, const std::string& contents, Reader& from, Writer& to, Bytes whole) {
  if (kind == 'a') {
    from.enter_array(contents.c_str());
    to.open_array(contents.c_str());
  } else if (kind == 'v') {
    from.enter_variant(contents.c_str());
    to.open_variant(contents.c_str());
  } else if (kind == 'r') {
    from.enter_struct(contents.c_str());
    to.open_struct(contents.c_str());
  } else {
    require(from.enter_dict_entry(contents.c_str()));
    to.open_dict_entry(contents.c_str());
  }
  copy(from, to, whole);
  from.leave();
  to.close();
}

void copy(Reader& from, Writer& to, Bytes whole) {
  std::string_view contents;
  for (char kind = from.peek(&contents); kind != '\0'; kind = from.peek(&contents)) {
    std::string_view text;
    switch (kind) {
      case 'y': to.u8(from.read_u8()); break;
      case 'b': to.boolean(from.read_bool()); break;
      case 'n': to.i16(from.read_i16()); break;
      case 'q': to.u16(from.read_u16()); break;
      case 'i': to.i32(from.read_i32()); break;
      case 'u': to.u32(from.read_u32()); break;
      case 't': to.u64(from.read_u64()); break;
      case 's': to.string(text = from.read_string()); break;
      case 'o': to.path(text = from.read_path()); break;
      case 'a':
      case 'v':
      case 'r':
      case 'e': copy_container(kind, std::string(contents), from, to, whole); break;
      default: throw MessageMalformed("a type that moor neither reads nor writes");
    }
    require(inside(text, whole));
  }
}

void check_message(Bytes bytes) {
  if (bytes.size() < fixed_header_size) return;
  const auto extent = extent_of(bytes);
  if (!extent || extent->whole > bytes.size()) return;
  std::vector<int> descriptors;
  Content content;
  if (parse(bytes.first(extent->whole), extent->body, descriptors, content) != nullptr) return;
  for (const std::string_view field : content.fields) require(inside(field, content.bytes));
  Content copied;
  bool whole = false;
  try {
    Reader reader(content);
    Writer writer(copied);
    copy(reader, writer, content.bytes);
    whole = true;
    Reader skipping(content);
    while (!skipping.at_end()) skipping.skip(nullptr);
  } catch (const MessageMalformed&) {
    return;
  }
  require(whole);
  require(copied.text(Field::signature) == content.text(Field::signature));
  Reader again(copied);
  Content third;
  Writer writer(third);
  copy(again, writer, copied.bytes);
  require(third.bytes == copied.bytes);
}

void check_words(std::string_view text) {
  for (const auto role : {Authentication::Role::client, Authentication::Role::server}) {
    Authentication authentication(role);
    std::string answer;
    require(authentication.take(text, answer) <= text.size());
  }
  Content empty;
  if (const auto rule = MatchRule::parse(text)) (void)rule->fits(empty);
  if (is_signature(text) && !text.empty())
    require(first_type_size(text) <= text.size() && is_one_type(text.substr(0, first_type_size(text))));
  (void)is_path(text);
  (void)is_bus_name(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_words({reinterpret_cast<const char*>(data), size});
  check_message({data, size});
  return 0;
}
