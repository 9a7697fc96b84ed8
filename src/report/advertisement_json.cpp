#include "report/advertisement_json.hpp"

#include <boost/json/object.hpp>

namespace moor {

namespace json = boost::json;

void append_structures(json::array& to, Bytes payload) {
  for (const AdStructure& structure : AdvertisementData(payload))
    to.push_back(json::object{
        {"type", static_cast<int>(structure.type)}, {"name", to_string(structure.type)}, {"value", to_hex(structure.data)}});
}

}  // namespace moor
