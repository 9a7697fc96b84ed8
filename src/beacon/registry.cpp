#include "beacon/registry.hpp"

#include "beacon/makers.hpp"
#include "moor/bthome.hpp"
#include "moor/exposure_notification.hpp"
#include "moor/ruuvi.hpp"

namespace moor {
namespace {

// A format is one row. Of one key, the one that looks at more stands first.
constexpr Family families[] = {
    {any_manufacturer_data(), claim_altbeacon},
    {manufacturer_data(apple_company), claim_tilt},
    {manufacturer_data(apple_company), claim_ibeacon},
    {manufacturer_data(apple_company), claim_apple_continuity},
    {manufacturer_data(microsoft_company), claim_microsoft},
    {service_data(Uuid(eddystone_service)), claim_ruuvi_url},
    {service_data(Uuid(eddystone_service)), claim_eddystone},
    {service_data(Uuid(eddystone_service)), claim_find_hub},
    {service_data(Uuid(fast_pair_service)), claim_fast_pair},
    {service_data(Uuid(nearby_service)), claim_google_nearby},
    {service_data(Uuid(smarttag_service)), claim_smarttag},
    {service_data(Uuid(tile_service)), claim_tile},
    {service_data(Uuid(chipolo_service)), claim_chipolo},
    {listed_service(Uuid(chipolo_service)), claim_chipolo},
    {service_data(Uuid(pebblebee_service)), claim_pebblebee},
    {listed_service(Uuid(pebblebee_service)), claim_pebblebee},
    {service_data(Uuid(exposure_notification_service)), claim_exposure_notification},
    {manufacturer_data(ruuvi_company), claim_ruuvi},
    {service_data(Uuid(bthome_service)), claim_bthome},
    {service_data(Uuid(bthome_v1_service)), claim_bthome_v1},
    {service_data(Uuid(bthome_v1_sealed_service)), claim_bthome_v1_encrypted},
    {manufacturer_data(0xEC88), claim_govee_thermometer},
    {manufacturer_data(0x8801), claim_govee_shifted_thermometer},
    {manufacturer_data(0x8803), claim_govee_presence},
    {manufacturer_data(0x8843), claim_govee_presence},
    {manufacturer_data(0xEF88), claim_govee_sealed},
    {manufacturer_data(0x0001), claim_govee_of_company_0001},
    {listed_service(Uuid(0x5550)), claim_govee_six_probes},
    {listed_service(Uuid(0x8151)), claim_govee_probes},
    {listed_service(Uuid(0x8251)), claim_govee_probes},
    {listed_service(Uuid(0x8351)), claim_govee_probes},
    {listed_service(Uuid(0x8451)), claim_govee_probes},
    {listed_service(Uuid(0x8551)), claim_govee_probes},
    {listed_service(Uuid(0x9151)), claim_govee_probes},
    {listed_service(Uuid(0x9851)), claim_govee_probes},
    {listed_service(Uuid(0x494E54454C4C495F, 0x524F434B535F4857)), claim_govee_probes},  // "INTELLI_ROCKS_HW"
    {service_data(Uuid(0xFD3D)), claim_switchbot},
    {service_data(Uuid(0x0D00)), claim_switchbot},
    {manufacturer_data(0x0969), claim_switchbot_address},
    {manufacturer_data(0x02E1), claim_victron},
    {service_data(Uuid(0xFFE1)), claim_minew},
    {service_data(Uuid(0x1000)), claim_moat},
    {manufacturer_data(0x0133), claim_bluemaestro},
    {manufacturer_data(0x0010), claim_thermobeacon},
    {manufacturer_data(0x0011), claim_thermobeacon},
    {manufacturer_data(0x0014), claim_thermobeacon},
    {manufacturer_data(0x0015), claim_thermobeacon},
    {manufacturer_data(0x0018), claim_thermobeacon},
    {manufacturer_data(0x001B), claim_thermobeacon},
    {manufacturer_data(0x0030), claim_thermobeacon},
    {manufacturer_data(0xFFFF), claim_kegtron},
    {any_manufacturer_data(), claim_leaone},
    {manufacturer_data(0x0059), claim_mopeka},
    {manufacturer_data(0x06D5), claim_sensirion},
    {service_data(Uuid(0xFE95)), claim_mibeacon},
    {service_data(Uuid(0x181A)), claim_atc},
    {service_data(Uuid(0x181B)), claim_xiaomi_composition},
    {service_data(Uuid(0x181D)), claim_xiaomi_scale},
    {service_data(Uuid(0xFD50)), claim_hhccjcy10},
    {service_data(Uuid(0xFDCD)), claim_qingping},
    {listed_service(Uuid(0xFFF0)), claim_inkbird},
    {manufacturer_data(0x2449), claim_inkbird},
    {name_beginning('s', 'p'), claim_inkbird},
    {name_beginning('t', 'p'), claim_inkbird},
    {name_beginning('i', 'B'), claim_inkbird},
    {name_beginning('x', 'B'), claim_inkbird},
    {manufacturer_data(0x3254), claim_inkbird_air},
    {manufacturer_data(0x00DC), claim_oralb},
    {listed_service(Uuid(0xEF090000'11D642BA, 0x93B89DD7'EC090AB0)), claim_sensorpush},
    {listed_service(Uuid(0xEF090000'11D642BA, 0x93B89DD7'EC090AA9)), claim_sensorpush_ht1},
    {name_beginning('T', 'P'), claim_thermopro},
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
