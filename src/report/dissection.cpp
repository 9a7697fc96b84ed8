#include "report/dissection.hpp"

#include "beacon/beacon_fields.hpp"
#include "beacon/reading_fields.hpp"
#include "moor/names.hpp"

#include <boost/json.hpp>

namespace moor {

namespace json = boost::json;

namespace {

json::array structures_of(Bytes payload) {
  json::array structures;
  for (const AdStructure& structure : AdvertisementData(payload)) {
    const auto meaning = meaning_of(structure);
    structures.push_back(json::object{{"offset", structure.offset},
                                      {"length", structure.data.size() + 1},
                                      {"type", static_cast<int>(structure.type)},
                                      {"name", type_name(structure.type)},
                                      {"value", to_hex(structure.data)},
                                      {"meaning", meaning ? json::value(*meaning) : json::value()}});
  }
  return structures;
}

// What is wrong with the bytes, else why their content could not be read.
json::value error_of(Bytes payload, const Decoded& decoded) {
  if (const auto error = AdvertisementData(payload).error())
    return json::object{{"offset", error->offset}, {"what", error->what}};
  if (decoded.problem() != DecodeProblem::none) return json::object{{"offset", nullptr}, {"what", to_string(decoded.problem())}};
  return nullptr;
}

}  // namespace

std::string type_name(AdType type) {
  const std::string_view name = name_of(NumberKind::ad_type, static_cast<uint8_t>(type));
  return std::string(name.empty() ? "Unknown" : name);
}

json::object dissect(Bytes payload, const DecodeContext& context) {
  Decoded decoded;
  decode(AdvertisementData(payload), context, decoded);
  const BeaconFrame* frame = main_frame(decoded);
  json::object object;
  object["hex"] = to_hex(payload);
  object["ad"] = structures_of(payload);
  object["beacon"] = frame != nullptr ? json::value(to_json(*frame)) : json::value();
  object["readings"] = readings_of(decoded);
  object["attributes"] = attributes_of(decoded);
  object["format"] = decoded.empty() ? json::value() : json::value(decoded.format());
  object["error"] = error_of(payload, decoded);
  return object;
}

}  // namespace moor
