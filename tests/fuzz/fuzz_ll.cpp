// Any bytes as a packet of the air: what the CRC admits is the same as what a sniffer that vouches for it gives, and lies inside.

#include "hci/link_layer.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace moor;
using namespace moor::hci;
using Kind = LinkLayerResult::Kind;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Its own block of memory, of which the sanitizer knows the end.
  std::vector<uint8_t> packet(data, data + size);
  const auto vouched = parse_link_layer(packet, CrcState::good);
  require(vouched.kind != Kind::bad_crc);
  require(parse_link_layer(packet, CrcState::bad).kind != Kind::report);
  const auto checked = parse_link_layer(packet, CrcState::unchecked);
  require(checked.kind != Kind::report || vouched.kind == Kind::report);
  if (vouched.kind != Kind::report) return 0;

  const Bytes payload = vouched.report.data;
  require(payload.size() <= legacy_payload_size);
  require(payload.empty() ||
          (payload.data() >= packet.data() && payload.data() + payload.size() <= packet.data() + packet.size()));
  const size_t end = size_t{6} + packet[5];
  packet.resize(end);
  const uint32_t crc = crc24(Bytes(packet).subspan(4));
  require(crc < 1U << 24);
  for (int i = 0; i < 3; ++i) packet.push_back(static_cast<uint8_t>(crc >> (8 * i)));
  const auto mended = parse_link_layer(packet, CrcState::unchecked);
  require(mended.kind == Kind::report && mended.report.address == vouched.report.address &&
          mended.report.properties == vouched.report.properties);
  return 0;
}
