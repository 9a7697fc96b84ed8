// moor explore: what a device offers over GATT, with the values that it lets anybody read.

#include "cli/commands.hpp"
#include "cli/device_session.hpp"
#include "cli/terminal.hpp"
#include "cli/value_text.hpp"
#include "core/json_text.hpp"
#include "moor/names.hpp"
#include "report/attribute_value.hpp"
#include "report/explored_device.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

void print(const FoundCharacteristic& found) {
  const GattCharacteristic& characteristic = *found.characteristic;
  const std::string_view name = characteristic_name(characteristic.uuid);
  print_line(fmt::format("  {}  {}  {}", name.empty() ? "Characteristic" : name,
                         paint(Colour::dim, characteristic.uuid.to_string()), fmt::join(characteristic.properties.names(), " ")));
  if (found.answer.value) print_line("    " + paint(Colour::green, value_text(*found.answer.value, found.answer.meaning)));
  if (!found.answer.problem.empty()) print_line("    " + paint(Colour::yellow, found.answer.problem));
  for (const FoundDescriptor& descriptor : found.descriptors)
    print_line(
        fmt::format("    {}{}", name_or_uuid(descriptor.descriptor.uuid),
                    descriptor.answer.value ? ": " + value_text(*descriptor.answer.value, descriptor.answer.meaning) : ""));
}

class Explore final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "explore"; }
  [[nodiscard]] std::string summary() const override {
    return "List the services and characteristics of a device, with their values";
  }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    arguments_.add(options);
    options.push_back({.name = "--no-values", .value = "", .help = "Do not read what can be read", .target = &no_values_});
    return options;
  }

  [[nodiscard]] int run() override {
    arguments_.no_cache = true;  // who explores wants to see what is there
    DeviceSession session(arguments_);
    clock_ = &session.clock();
    const Outcome outcome = session.with_client([&](Client& client) -> awaitable<void> { return explore(client); });
    flush_output();
    return outcome.finish();
  }

private:
  awaitable<void> explore(Client& client) {
    device_name_ = client.name();
    if (!arguments_.common.json)
      print_line(fmt::format("{}  MTU {}  over {}", paint(Colour::bold, client.address().to_string() + "  " + client.name()),
                             client.mtu(), client.link().info().radio_name));
    json::array services;
    for (const GattService& service : client.services()) {
      if (!arguments_.common.json) print_heading(service);
      json::array characteristics;
      for (const GattCharacteristic& characteristic : service.characteristics) {
        FoundCharacteristic found = co_await look_at(client, *clock_, characteristic, !no_values_);
        if (!found.device_name.empty()) device_name_ = found.device_name;
        if (arguments_.common.json)
          characteristics.push_back(to_json(found));
        else
          print(found);
      }
      services.push_back(service_json(service, std::move(characteristics)));
    }
    if (arguments_.common.json) print_line(to_pretty(explored_json(client, device_name_, std::move(services))));
  }

  static void print_heading(const GattService& service) {
    const std::string_view name = service_name(service.uuid);
    print_line("\n" + paint(Colour::cyan, name.empty() ? "Service" : name) + "  " + paint(Colour::dim, service.uuid.to_string()));
  }

  DeviceArguments arguments_;
  bool no_values_ = false;
  Clock* clock_ = nullptr;
  std::string device_name_;  // as the device itself says it, where it does
};

}  // namespace

std::unique_ptr<Command> make_explore() {
  return std::make_unique<Explore>();
}

}  // namespace moor::cli
