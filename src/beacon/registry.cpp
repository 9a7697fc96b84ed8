#include "beacon/registry.hpp"

namespace moor {
namespace {

// A format is one row. Of one key, the one that looks at more stands first.
constexpr Family families[] = {
    {manufacturer_data(apple_company), claim_ibeacon},
    {service_data(Uuid(eddystone_service)), claim_eddystone},
};
constexpr Registry registry(families);

}  // namespace

void decode(const AdvertisementData& advertisement, Decoded& into) noexcept {
  decode_with(registry, advertisement, DecodeContext(), into);
}

void decode(const AdvertisementData& advertisement, const DecodeContext& context, Decoded& into) noexcept {
  decode_with(registry, advertisement, context, into);
}

}  // namespace moor
