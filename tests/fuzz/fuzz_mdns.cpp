// Any bytes as a packet of multicast DNS: what was read can be written, and reads the same; browser and responder take it without harm.

#include "mdns/browser_machine.hpp"
#include "mdns/responder_machine.hpp"

#include <cstdlib>

namespace {

using namespace moor;
using namespace moor::mdns;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_machines(const Packet& packet) {
  using namespace std::chrono_literals;
  const TimePoint start{};
  BrowserMachine browser("_esphomelib._tcp", start);
  browser.on_packet(packet, start);
  for (const Duration t : {0s, 1s, 100s, 5000s}) {
    if (const auto query = browser.on_time(start + t)) (void)write_packet(*query);
    require(browser.next() > start + t);
  }
  for (const BrowseEvent& each : browser.take_events()) require(!each.service.instance.empty() || packet.response);

  const Service service{.instance = "kitchen", .host = "", .port = 6053, .attributes = {{"mac", "020000000001"}}};
  ResponderMachine responder("_esphomelib._tcp", service, 1, start);
  const auto is_ours = [](const Record&) { return false; };
  const std::vector<std::string> addresses{"192.168.1.20"};
  for (int step = 0; step < 12; ++step) {
    const TimePoint now = start + step * 300ms;
    const Asker asker{.interface = 2, .legacy = step % 3 == 0};
    responder.on_packet(packet, asker, now, is_ours);
    for (const auto& each : responder.on_time(now)) (void)responder.write(each, addresses);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto packet = parse_packet({data, size});
  if (!packet) return 0;
  const std::vector<uint8_t> written = write_packet(*packet);
  if (!written.empty()) {
    const auto again = parse_packet(written);
    require(again.has_value());
    require(again->questions == packet->questions && again->answers == packet->answers);
    require(again->authorities == packet->authorities && again->additionals == packet->additionals);
  }
  check_machines(*packet);
  return 0;
}
