#pragma once
// Records of a service "kitchen", as its device says them.

#include "mdns/packet.hpp"

namespace moor::mdns {

inline const std::string service_type = "_esphomelib._tcp";
inline const std::string type_name = service_type + ".local";

inline Record pointer_to(const std::string& instance, uint32_t ttl_s = 4500) {
  return {.name = type_name, .type = RecordType::ptr, .ttl_s = ttl_s, .data = Pointer{instance + "." + type_name}};
}
inline Record location_of(const std::string& instance, uint16_t port = 6053, uint32_t ttl_s = 120) {
  return {.name = instance + "." + type_name,
          .type = RecordType::srv,
          .flush = true,
          .ttl_s = ttl_s,
          .data = ServiceLocation{0, 0, port, instance + ".local"}};
}
inline Record text_of(const std::string& instance, std::vector<std::string> strings = {"mac=020000000001", "Version=2026.1"}) {
  return {.name = instance + "." + type_name,
          .type = RecordType::txt,
          .flush = true,
          .ttl_s = 4500,
          .data = Text{std::move(strings)}};
}
inline Record v4_of(const std::string& host, Ipv4 address = {192, 168, 1, 20}, uint32_t ttl_s = 120) {
  return {.name = host, .type = RecordType::a, .flush = true, .ttl_s = ttl_s, .data = address};
}
inline Record v6_of(const std::string& host) {
  Ipv6 address{0xFD};
  address[15] = 7;
  return {.name = host, .type = RecordType::aaaa, .flush = true, .ttl_s = 120, .data = address};
}
inline Packet answer_of(std::vector<Record> answers) {
  Packet packet;
  packet.response = true;
  packet.answers = std::move(answers);
  return packet;
}
inline Packet whole_answer(const std::string& instance = "kitchen") {
  return answer_of({pointer_to(instance), location_of(instance), text_of(instance), v4_of(instance + ".local")});
}

}  // namespace moor::mdns
