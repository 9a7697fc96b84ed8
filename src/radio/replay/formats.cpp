#include "radio/replay/record.hpp"

namespace moor::replay {

Encapsulation encapsulation_of(uint32_t link_type) noexcept {
  switch (link_type) {
    case 187: return Encapsulation::h4;
    case 201: return Encapsulation::h4_with_direction;
    case 251: return Encapsulation::link_layer;
    case 254: return Encapsulation::monitor_header;
    case 256: return Encapsulation::link_layer_phdr;
    case 272: return Encapsulation::nordic;
    default: return Encapsulation::unknown;
  }
}

const char* to_string(Encapsulation encapsulation) noexcept {
  switch (encapsulation) {
    case Encapsulation::h1: return "H1";
    case Encapsulation::h4:
    case Encapsulation::h4_with_direction: return "H4";
    case Encapsulation::monitor:
    case Encapsulation::monitor_header: return "Linux monitor";
    case Encapsulation::packetlogger: return "HCI";
    case Encapsulation::link_layer:
    case Encapsulation::link_layer_phdr: return "LE link layer";
    case Encapsulation::nordic: return "nRF Sniffer";
    case Encapsulation::unknown: break;
  }
  return "not Bluetooth LE";
}

std::unique_ptr<RecordReader> open_format(Input& input) {
  // PacketLogger last: it has no magic number, only lengths and types that make sense.
  for (auto* open : {&open_btsnoop, &open_pcap, &open_pcapng, &open_packetlogger})
    if (auto reader = open(input)) return reader;
  return nullptr;
}

}  // namespace moor::replay
