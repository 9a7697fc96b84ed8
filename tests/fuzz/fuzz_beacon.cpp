// Whatever is in the air: decoding reads nothing beyond it, and each frame that it finds is the same again after encoding.

#include "moor/decoder.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace moor;
  static Decoded decoded;
  static Decoded again;
  decode(AdvertisementData(Bytes(data, size)), decoded);
  const bool says_nothing = decoded.frames().empty() && decoded.readings().empty() && decoded.attributes().empty() &&
                            decoded.problem() == DecodeProblem::none;
  if (decoded.empty() && !says_nothing) std::abort();
  for (const BeaconFrame& frame : decoded.frames()) {
    const auto payload = encode_advertisement(frame);
    decode(AdvertisementData(payload), again);
    if (payload.size() > 31 || again.frames().size() != 1 || again.frames()[0] != frame) std::abort();
    if (BeaconIdentity::of(again.frames()[0]) != BeaconIdentity::of(frame)) std::abort();
  }
  if (const auto url = EddystoneUrl::parse({reinterpret_cast<const char*>(data), size}, -20)) {
    const auto payload = encode_advertisement(*url);
    decode(AdvertisementData(payload), again);
    if (again.frames().size() != 1 || std::get<EddystoneUrl>(again.frames()[0]).text() != url->text()) std::abort();
  }
  return 0;
}
