#include "beacon/registry.hpp"

#include "moor/exposure_notification.hpp"
#include "moor/ruuvi.hpp"

namespace moor {
namespace {

// A format is one row. Of one key, the one that looks at more stands first.
constexpr Family families[] = {
    {any_manufacturer_data(), claim_altbeacon},
    {manufacturer_data(apple_company), claim_ibeacon},
    {service_data(Uuid(eddystone_service)), claim_ruuvi_url},
    {service_data(Uuid(eddystone_service)), claim_eddystone},
    {service_data(Uuid(exposure_notification_service)), claim_exposure_notification},
    {manufacturer_data(ruuvi_company), claim_ruuvi},
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
