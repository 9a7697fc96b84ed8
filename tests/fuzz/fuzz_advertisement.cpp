// The view over AD structures: structures lie in order inside of the payload, what they leave out is said to be an error or is
// zero, and an advertisement built of them reads the same.

#include "moor/advertisement.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_same(moor::Bytes a, moor::Bytes b) {
  require(std::ranges::equal(a, b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace moor;
  const AdvertisementData view(Bytes(data, size));
  AdvertisementBuilder builder;
  size_t end = 0;
  for (const AdStructure& structure : view) {
    require(structure.offset >= end && std::all_of(data + end, data + structure.offset, [](uint8_t byte) { return byte == 0; }));
    end = structure.offset + 2 + structure.data.size();
    require(end <= size);
    builder.add(structure.type, structure.data);
  }
  if (const auto error = view.error()) {
    require(error->offset >= end && error->offset + data[error->offset] >= size);
  } else {
    require(std::all_of(data + end, data + size, [](uint8_t byte) { return byte == 0; }));
  }

  const AdvertisementData again(builder.bytes());
  auto structure = again.begin();
  for (const AdStructure& original : view) {
    require(structure != again.end() && structure->type == original.type);
    require_same(structure->data, original.data);
    ++structure;
  }
  require(structure == again.end() && !again.error());
  require(view.local_name() == again.local_name() && view.tx_power_dbm() == again.tx_power_dbm());
  require(view.flags() == again.flags() && view.appearance() == again.appearance());
  const auto uuids = view.service_uuids();
  require(uuids == again.service_uuids() && std::ranges::all_of(uuids, [&](const Uuid& uuid) { return view.has_service(uuid); }));
  return 0;
}
