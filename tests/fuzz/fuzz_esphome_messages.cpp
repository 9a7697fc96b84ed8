// Any bytes as each message of ESPHome's API: what is read lies in its input, and reads the same when it is written again. The short way for advertisements takes nothing
// that the table reads otherwise.

#include "esphome/codec.hpp"
#include "esphome/message_fields.hpp"
#include "esphome/wire.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace moor;
using namespace moor::esphome;

void require(bool holds) {
  if (!holds) std::abort();
}

template <typename Message>
void check_message(Bytes payload) {
  const Decoded<Message> read = decode<Message>(payload);
  if (read.error) {
    require(read.error->offset <= payload.size());
    return;
  }
  std::vector<uint8_t> written;
  encode(read.message, written);
  const Decoded<Message> again = decode<Message>(written);
  require(!again.error);
  std::vector<uint8_t> written_again;
  encode(again.message, written_again);
  require(written == written_again);
  each_field<Message>([&](const auto& field) {
    using F = std::remove_cvref_t<decltype(field)>;
    if constexpr (F::kind == Kind::bytes || F::kind == Kind::text) {
      const auto& value = F::of(read.message);
      const auto* begin = reinterpret_cast<const uint8_t*>(value.data());
      require(value.empty() || (begin >= payload.data() && begin + value.size() <= payload.data() + payload.size()));
      require(F::kind != Kind::text || value.size() <= max_text);
      require(std::ranges::equal(value, F::of(again.message)));
    } else if constexpr (F::kind == Kind::numbers || F::kind == Kind::texts || F::kind == Kind::nested_list) {
      require(F::of(read.message).size() <= max_repeated && F::of(read.message).size() == F::of(again.message).size());
    }
  });
}

bool same(const RawAdvertisement& a, const RawAdvertisement& b) {
  return a.address == b.address && a.rssi == b.rssi && a.address_type == b.address_type && std::ranges::equal(a.data, b.data);
}

void check_advertisements(Bytes payload) {
  std::vector<RawAdvertisement> heard;
  AdvertisementBatch batch;
  const auto error = for_each_advertisement(payload, [&](const RawAdvertisement& one) {
    require(one.data.size() <= max_advertisement_data);
    require(one.data.empty() ||
            (one.data.data() >= payload.data() && one.data.data() + one.data.size() <= payload.data() + payload.size()));
    heard.push_back(one);
    batch.add(one);
  });
  if (error) require(error->offset <= payload.size());

  std::vector<RawAdvertisement> again;
  require(!for_each_advertisement(batch.payload(), [&](const RawAdvertisement& one) { again.push_back(one); }));
  require(std::ranges::equal(heard, again, same));

  std::vector<RawAdvertisement> slowly;
  WireReader reader(payload);
  while (reader.more()) {
    RawAdvertisement one;
    if (read_advertisement(reader, one) && reader.ok()) slowly.push_back(one);
  }
  require(reader.error() == error && std::ranges::equal(heard, slowly, same));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes payload(data, size);
  each_message([&]<typename Message>() { check_message<Message>(payload); }, Messages{});
  check_advertisements(payload);
  return 0;
}
