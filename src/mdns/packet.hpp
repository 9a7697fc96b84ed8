#pragma once
// Messages of multicast DNS (RFC 1035, 4; RFC 6762, 18), read and written. Names are texts with '.' between their labels and without the last one; a '.' or '\' inside
// a label is written "\." or "\\" (RFC 1035, 5.1). Parsing never throws and never reads past its input.

#include "moor/bytes.hpp"

#include <array>
#include <boost/system/result.hpp>
#include <string>
#include <variant>
#include <vector>

namespace moor::mdns {

inline constexpr size_t max_packet = 9000;  ///< bytes, headers of IP and UDP too (RFC 6762, 17)
inline constexpr size_t max_records = 512;  ///< of one packet; what is beyond is not looked at
inline constexpr size_t max_label = 63;     ///< bytes
inline constexpr size_t max_name = 255;     ///< bytes on the wire

enum class RecordType : uint16_t { a = 1, ptr = 12, txt = 16, aaaa = 28, srv = 33, nsec = 47, any = 255 };

/// "key=value", as a string of a text record (RFC 6763, 6.3).
[[nodiscard]] std::string attribute_text(std::string_view key, std::string_view value);
/// Whether two names are the same: letters of ASCII in either case (RFC 6762, 16).
[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;
/// In lower case, as keys of maps.
[[nodiscard]] std::string folded(std::string_view name);
/// A label as part of a name: "Living room. 2" is "Living room\. 2". And the first label of a name, as it was.
[[nodiscard]] std::string escaped_label(std::string_view label);
[[nodiscard]] std::string first_label(std::string_view name);
/// The name without its first label and the dot; empty where there is one label only.
[[nodiscard]] std::string_view parent_name(std::string_view name) noexcept;

struct Question {
  std::string name;
  RecordType type{};
  bool unicast = false;  ///< the answer may go to the asker alone ("QU")
  friend bool operator==(const Question&, const Question&) = default;
};

using Ipv4 = std::array<uint8_t, 4>;
using Ipv6 = std::array<uint8_t, 16>;
struct Pointer {
  std::string target;
  friend bool operator==(const Pointer&, const Pointer&) = default;
};
struct ServiceLocation {
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t port = 0;
  std::string target;
  friend bool operator==(const ServiceLocation&, const ServiceLocation&) = default;
};
struct Text {
  std::vector<std::string> strings;
  friend bool operator==(const Text&, const Text&) = default;
};
/// Data of a type that moor does not read, as it lies in the packet, or what a NSEC record says of types up to 255.
struct OtherData {
  std::vector<uint8_t> bytes;
  friend bool operator==(const OtherData&, const OtherData&) = default;
};

struct Record {
  std::string name;
  RecordType type{};
  bool flush = false;  ///< what others said of this name and type is no longer true (RFC 6762, 10.2)
  uint32_t ttl_s = 0;  ///< 0: goodbye
  std::variant<OtherData, Ipv4, Ipv6, Pointer, ServiceLocation, Text> data;
  friend bool operator==(const Record&, const Record&) = default;
};

struct Packet {
  uint16_t id = 0;  ///< 0 but for askers that know only unicast DNS
  bool response = false;
  bool truncated = false;  ///< more known answers follow
  std::vector<Question> questions{};
  std::vector<Record> answers{};
  std::vector<Record> authorities{};  ///< of a probe: what it would say
  std::vector<Record> additionals{};
};

[[nodiscard]] boost::system::result<Packet, ParseError> parse_packet(Bytes bytes);
/// Names that were written before are pointed at. @returns empty where it does not fit max_packet, or a name cannot be.
[[nodiscard]] std::vector<uint8_t> write_packet(const Packet& packet);
/// A record's data as it is compared in a tie between probes (RFC 6762, 8.2.1): without compression.
[[nodiscard]] std::vector<uint8_t> plain_data(const Record& record);

}  // namespace moor::mdns
