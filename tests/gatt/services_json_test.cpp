#include "gatt/services_json.hpp"

#include "core/json_text.hpp"
#include "gatt/services_fixture.hpp"

#include <gmock/gmock.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <functional>

namespace moor {
namespace {

namespace json = boost::json;

TEST(ServicesJson, IsReadBackEqual) {
  for (const GattServices& services : {a_device(), GattServices()}) {
    EXPECT_EQ(services_from_json(services_to_json(services)), services);
    EXPECT_EQ(services_from_json(json::parse(to_line(services_to_json(services)))), services) << "and through text";
  }
}

TEST(ServicesJson, LooksAsItIsDocumented) {
  std::vector<GattService> services(1);
  const Uuid battery(0x180F);
  services[0] = {battery,
                 1,
                 4,
                 true,
                 {},
                 {a_characteristic(battery, Uuid(0x2A19), 3, {Property::read, Property::notify},
                                   {{client_characteristic_configuration, 4}})}};
  EXPECT_EQ(to_line(services_to_json(GattServices(services))),
            R"([{"uuid":"0000180f-0000-1000-8000-00805f9b34fb","handle":1,"end_handle":4,"primary":true,"included":[],)"
            R"("characteristics":[{"uuid":"00002a19-0000-1000-8000-00805f9b34fb","handle":3,"properties":["READ","NOTIFY"],)"
            R"("descriptors":[{"uuid":"00002902-0000-1000-8000-00805f9b34fb","handle":4}]}]}])");
}

using Change = std::function<void(json::array& services)>;

json::object& service(json::array& services) {
  return services[0].as_object();
}
json::object& characteristic(json::array& services) {
  return service(services)["characteristics"].as_array()[0].as_object();
}
json::object& descriptor(json::array& services) {
  return characteristic(services)["descriptors"].as_array()[0].as_object();
}

TEST(ServicesJson, ReadsNothingElse) {
  const Change changes[] = {
      [](json::array& all) { service(all).erase("primary"); },
      [](json::array& all) { service(all)["name"] = "Battery"; },
      [](json::array& all) { service(all)["uuid"] = "180f"; },
      [](json::array& all) { service(all)["uuid"] = "0000180F-0000-1000-8000-00805F9B34FB"; },
      [](json::array& all) { service(all)["uuid"] = 6159; },
      [](json::array& all) { service(all)["handle"] = 0; },
      [](json::array& all) { service(all)["handle"] = -1; },
      [](json::array& all) { service(all)["handle"] = 1.0; },
      [](json::array& all) { service(all)["handle"] = "1"; },
      [](json::array& all) { service(all)["handle"] = 3; },
      [](json::array& all) { service(all)["end_handle"] = 3; },
      [](json::array& all) { service(all)["end_handle"] = 5; },
      [](json::array& all) { service(all)["end_handle"] = 65536; },
      [](json::array& all) { service(all)["end_handle"] = uint64_t{1} << 63; },
      [](json::array& all) { service(all)["primary"] = 1; },
      [](json::array& all) { service(all)["included"] = json::array{2, 1}; },
      [](json::array& all) { service(all)["included"] = nullptr; },
      [](json::array& all) { service(all)["characteristics"] = json::object(); },
      [](json::array& all) { characteristic(all).erase("properties"); },
      [](json::array& all) { characteristic(all)["handle"] = 4; },
      [](json::array& all) { characteristic(all)["properties"] = json::array{"NOTIFY", "READ"}; },
      [](json::array& all) { characteristic(all)["properties"] = json::array{"READ", "READ"}; },
      [](json::array& all) { characteristic(all)["properties"] = json::array{"read"}; },
      [](json::array& all) { characteristic(all)["properties"] = json::array{"DANCE"}; },
      [](json::array& all) { characteristic(all)["properties"] = 18; },
      [](json::array& all) { descriptor(all)["handle"] = 3; },
      [](json::array& all) { descriptor(all)["handle"] = 5; },
      [](json::array& all) { descriptor(all)["value"] = ""; },
      [](json::array& all) { descriptor(all).erase("uuid"); },
      [](json::array& all) { all.push_back(all[0]); },
      [](json::array& all) { all[0] = nullptr; },
  };
  size_t number = 0;
  for (const Change& change : changes) {
    json::value value = services_to_json(a_device());
    change(value.as_array());
    EXPECT_EQ(services_from_json(value), std::nullopt) << "change " << number << ": " << to_line(value);
    ++number;
  }
  for (const char* text : {"{}", "null", "0", "\"\"", "[[]]", "[null]", "[{}]"})
    EXPECT_EQ(services_from_json(json::parse(text)), std::nullopt) << text;
}

}  // namespace
}  // namespace moor
