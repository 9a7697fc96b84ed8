#include "mdns/packet.hpp"

#include <algorithm>
#include <map>

namespace moor::mdns {
namespace {

constexpr uint16_t response_flags = 0x8400;  // QR, AA
constexpr uint16_t truncated_flag = 0x0200;
constexpr uint16_t opcode_and_rcode = 0x780F;
constexpr uint16_t class_internet = 1;
constexpr uint16_t class_any = 255;
constexpr uint16_t top_bit = 0x8000;  // of a class: cache flush, or unicast wanted
constexpr int max_pointers = 64;      // of one name

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// The end of the first label of an escaped name: its dot, or the name's end.
size_t label_end(std::string_view name) noexcept {
  for (size_t at = 0; at < name.size(); ++at) {
    if (name[at] == '\\')
      ++at;
    else if (name[at] == '.')
      return at;
  }
  return name.size();
}

class PacketReader {
public:
  explicit PacketReader(Bytes bytes) : bytes_(bytes) {}

  boost::system::result<Packet, ParseError> read() {
    ByteReader header(bytes_);
    Packet packet;
    packet.id = header.be16();
    const uint16_t flags = header.be16();
    std::array<size_t, 4> counts{};
    for (size_t& each : counts) each = header.be16();
    if (!header.ok()) return ParseError{bytes_.size(), "the header is cut off"};
    if ((flags & opcode_and_rcode) != 0) return ParseError{2, "neither query nor answer"};
    packet.response = (flags & top_bit) != 0;
    packet.truncated = (flags & truncated_flag) != 0;
    at_ = header.offset();
    for (size_t i = 0; i < counts[0] && ok() && packet.questions.size() < max_records; ++i) read_question(packet);
    for (std::vector<Record>* const into : {&packet.answers, &packet.authorities, &packet.additionals}) {
      const size_t count = counts[into == &packet.answers ? 1 : into == &packet.authorities ? 2 : 3];
      for (size_t i = 0; i < count && ok() && records_ < max_records; ++i) read_record(*into);
    }
    if (!ok()) return ParseError{at_, what_};
    return packet;
  }

private:
  [[nodiscard]] bool ok() const noexcept { return what_ == nullptr; }
  void fail(const char* what) noexcept {
    if (what_ == nullptr) what_ = what;
  }
  uint16_t u16() {
    if (bytes_.size() - at_ < 2) {
      fail("a number is cut off");
      return 0;
    }
    at_ += 2;
    return load_be16(bytes_.data() + at_ - 2);
  }
  uint32_t u32() {
    const uint32_t high = u16();
    return high << 16 | u16();
  }

  // @param at  in and out: where it is, and what follows it
  std::string name(size_t& at, size_t end) {
    std::string result;
    size_t wire_size = 1;
    std::optional<size_t> after;
    size_t here = at;
    for (int pointers = 0; ok();) {
      if (here >= end) return fail("a name is cut off"), result;
      const uint8_t size = bytes_[here];
      if (size >= 0xC0) {
        if (here + 1 >= end || ++pointers > max_pointers) return fail("a name points nowhere"), result;
        if (!after) after = here + 2;
        const size_t target = load_be16(bytes_.data() + here) & 0x3FFFU;
        if (target >= here) return fail("a name points forward"), result;  // so it ends
        here = target;
        end = bytes_.size();
        continue;
      }
      if (size > max_label) return fail("a label of a type that there is not"), result;
      if (size == 0) break;
      wire_size += size + 1U;
      if (here + 1 + size > end || wire_size > max_name) return fail("a name is too long"), result;
      if (!result.empty()) result += '.';
      result += escaped_label({reinterpret_cast<const char*>(bytes_.data()) + here + 1, size});
      here += size + 1U;
    }
    at = after.value_or(here + 1);
    return result;
  }

  void read_question(Packet& packet) {
    Question question;
    question.name = name(at_, bytes_.size());
    question.type = static_cast<RecordType>(u16());
    const uint16_t kind = u16();
    question.unicast = (kind & top_bit) != 0;
    const uint16_t network = kind & ~top_bit;
    if (ok() && (network == class_internet || network == class_any)) packet.questions.push_back(std::move(question));
  }

  void read_record(std::vector<Record>& into) {
    ++records_;
    Record record;
    record.name = name(at_, bytes_.size());
    record.type = static_cast<RecordType>(u16());
    const uint16_t kind = u16();
    record.flush = (kind & top_bit) != 0;
    record.ttl_s = u32();
    const size_t size = u16();
    if (!ok()) return;
    if (size > bytes_.size() - at_) return fail("a record is cut off");
    const size_t begin = at_;
    read_data(record, begin, begin + size);
    at_ = begin + size;
    if (ok() && (kind & ~top_bit) == class_internet) into.push_back(std::move(record));
  }

  void read_data(Record& record, size_t at, size_t end) {
    const Bytes data = bytes_.subspan(at, end - at);
    switch (record.type) {
      case RecordType::a: return read_address<Ipv4>(record, data);
      case RecordType::aaaa: return read_address<Ipv6>(record, data);
      case RecordType::ptr: record.data = Pointer{name(at, end)}; return;
      case RecordType::srv: {
        if (data.size() < 7) return fail("a location is cut off");
        ServiceLocation location{load_be16(data.data()), load_be16(data.data() + 2), load_be16(data.data() + 4), {}};
        at += 6;
        location.target = name(at, end);
        record.data = std::move(location);
        return;
      }
      case RecordType::txt: return read_text(record, data);
      default: record.data = OtherData{{data.begin(), data.end()}};
    }
  }
  template <typename Address>
  void read_address(Record& record, Bytes data) {
    Address address{};
    if (data.size() != address.size()) return fail("an address has another size");
    std::copy(data.begin(), data.end(), address.begin());
    record.data = address;
  }
  void read_text(Record& record, Bytes data) {
    Text text;
    while (!data.empty()) {
      const size_t size = data[0];
      if (size + 1 > data.size()) return fail("a text is cut off");
      if (size > 0) text.strings.emplace_back(reinterpret_cast<const char*>(data.data()) + 1, size);
      data = data.subspan(size + 1);
    }
    record.data = std::move(text);
  }

  Bytes bytes_;
  size_t at_ = 0;
  size_t records_ = 0;
  const char* what_ = nullptr;
};

class PacketWriter {
public:
  /// @param compress  point at names that were written before
  explicit PacketWriter(bool compress) : compress_(compress) {}

  void u8(size_t value) { bytes.push_back(static_cast<uint8_t>(value)); }
  void u16(size_t value) {
    u8(value >> 8);
    u8(value);
  }
  void u32(uint32_t value) {
    u16(value >> 16);
    u16(value & 0xFFFF);
  }
  void name(std::string_view text) {
    size_t wire_size = 1;
    while (!text.empty()) {
      // In the same case: readers are to see names as they were written.
      if (const auto known = names_.find(text); compress_ && known != names_.end()) return u16(0xC000 | known->second);
      if (compress_ && bytes.size() < 0x3FFF) names_.emplace(text, bytes.size());
      const std::string label = first_label(text);
      wire_size += label.size() + 1;
      if (label.empty() || label.size() > max_label || wire_size > max_name) good = false;
      u8(label.size());
      bytes.insert(bytes.end(), label.begin(), label.end());
      text = parent_name(text);
    }
    u8(0);
  }
  void record(const Record& record) {
    name(record.name);
    u16(static_cast<uint16_t>(record.type));
    u16(class_internet | (record.flush ? top_bit : 0));
    u32(record.ttl_s);
    const size_t size_at = bytes.size();
    u16(0);
    data(record);
    const size_t size = bytes.size() - size_at - 2;
    bytes[size_at] = static_cast<uint8_t>(size >> 8);
    bytes[size_at + 1] = static_cast<uint8_t>(size);
  }
  void data(const Record& record) {
    std::visit([this](const auto& each) { put(each); }, record.data);
  }

  std::vector<uint8_t> bytes;
  bool good = true;

private:
  void put(const OtherData& other) { bytes.insert(bytes.end(), other.bytes.begin(), other.bytes.end()); }
  void put(const Ipv4& address) { bytes.insert(bytes.end(), address.begin(), address.end()); }
  void put(const Ipv6& address) { bytes.insert(bytes.end(), address.begin(), address.end()); }
  void put(const Pointer& pointer) { name(pointer.target); }
  void put(const ServiceLocation& location) {
    u16(location.priority);
    u16(location.weight);
    u16(location.port);
    name(location.target);
  }
  void put(const Text& text) {
    for (const std::string& each : text.strings) {
      if (each.size() > 255) good = false;
      u8(each.size());
      bytes.insert(bytes.end(), each.begin(), each.end());
    }
    if (text.strings.empty()) u8(0);  // RFC 6763, 6.1
  }

  bool compress_;
  std::map<std::string, size_t, std::less<>> names_;
};

}  // namespace

std::string attribute_text(std::string_view key, std::string_view value) {
  std::string text(key);
  text += '=';
  text += value;
  return text;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string folded(std::string_view name) {
  std::string result(name);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string escaped_label(std::string_view label) {
  std::string result;
  for (const char c : label) {
    if (c == '.' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string first_label(std::string_view name) {
  name = name.substr(0, label_end(name));
  std::string result;
  for (size_t at = 0; at < name.size(); ++at) {
    if (name[at] == '\\' && at + 1 < name.size()) ++at;
    result += name[at];
  }
  return result;
}

std::string_view parent_name(std::string_view name) noexcept {
  return name.substr(std::min(name.size(), label_end(name) + 1));
}

boost::system::result<Packet, ParseError> parse_packet(Bytes bytes) {
  return PacketReader(bytes).read();
}

std::vector<uint8_t> write_packet(const Packet& packet) {
  PacketWriter out(true);
  out.u16(packet.id);
  out.u16((packet.response ? response_flags : 0) | (packet.truncated ? truncated_flag : 0));
  out.u16(packet.questions.size());
  out.u16(packet.answers.size());
  out.u16(packet.authorities.size());
  out.u16(packet.additionals.size());
  for (const Question& each : packet.questions) {
    out.name(each.name);
    out.u16(static_cast<uint16_t>(each.type));
    out.u16(class_internet | (each.unicast ? top_bit : 0));
  }
  for (const auto* const part : {&packet.answers, &packet.authorities, &packet.additionals})
    for (const Record& each : *part) out.record(each);
  if (!out.good || out.bytes.size() > max_packet) return {};
  return std::move(out.bytes);
}

std::vector<uint8_t> plain_data(const Record& record) {
  PacketWriter out(false);
  out.data(record);
  return std::move(out.bytes);
}

}  // namespace moor::mdns
