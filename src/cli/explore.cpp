// moor explore: what a device offers over GATT, with the values that it lets anybody read.

#include "cli/attribute_value.hpp"
#include "cli/commands.hpp"
#include "cli/device_session.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "moor/names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

// A value that was asked for, with its meaning; or why there is none.
struct Answer {
  std::optional<std::vector<uint8_t>> value;
  std::optional<DecodedValue> meaning;
  std::string problem;
};

struct FoundDescriptor {
  GattDescriptor descriptor;
  Answer answer;
};

struct FoundCharacteristic {
  const GattCharacteristic* characteristic = nullptr;
  Answer answer;
  std::vector<FoundDescriptor> descriptors;
};

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value() : json::value(text);
}

json::value hex_or_null(const Answer& answer) {
  return answer.value ? json::value(to_hex(*answer.value)) : json::value();
}

json::object to_json(const FoundDescriptor& found) {
  return {{"uuid", found.descriptor.uuid.to_string()},
          {"name", text_or_null(descriptor_name(found.descriptor.uuid))},
          {"handle", found.descriptor.handle},
          {"value", hex_or_null(found.answer)},
          {"decoded", decoded_json(found.answer.meaning)}};
}

json::object to_json(const FoundCharacteristic& found) {
  json::array properties;
  for (const std::string_view property : found.characteristic->properties.names()) properties.emplace_back(property);
  json::array descriptors;
  for (const FoundDescriptor& descriptor : found.descriptors) descriptors.push_back(to_json(descriptor));
  return {{"uuid", found.characteristic->uuid.to_string()},
          {"name", text_or_null(characteristic_name(found.characteristic->uuid))},
          {"handle", found.characteristic->handle},
          {"properties", std::move(properties)},
          {"value", hex_or_null(found.answer)},
          {"decoded", decoded_json(found.answer.meaning)},
          {"error", text_or_null(found.answer.problem)},
          {"descriptors", std::move(descriptors)}};
}

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
        const FoundCharacteristic found = co_await look_at(client, characteristic);
        if (arguments_.common.json)
          characteristics.push_back(to_json(found));
        else
          print(found);
      }
      services.push_back(json::object{{"uuid", service.uuid.to_string()},
                                      {"name", text_or_null(service_name(service.uuid))},
                                      {"handle", service.handle},
                                      {"primary", service.primary},
                                      {"characteristics", std::move(characteristics)}});
    }
    if (arguments_.common.json)
      print_line(to_pretty(json::object{{"device_name", text_or_null(device_name_)},
                                        {"address", client.address().to_string()},
                                        {"mtu", client.mtu()},
                                        {"radio", client.link().info().radio_name},
                                        {"services", std::move(services)}}));
  }

  static void print_heading(const GattService& service) {
    const std::string_view name = service_name(service.uuid);
    print_line("\n" + paint(Colour::cyan, name.empty() ? "Service" : name) + "  " + paint(Colour::dim, service.uuid.to_string()));
  }

  // By handle, since a device may have a UUID several times and all of them are shown.
  awaitable<FoundCharacteristic> look_at(Client& client, const GattCharacteristic& characteristic) {
    FoundCharacteristic found;
    found.characteristic = &characteristic;
    std::optional<PresentationFormat> presentation;
    for (const GattDescriptor& descriptor : characteristic.descriptors) {
      Answer answer;
      if (!no_values_) answer = co_await ask(client.link().read_descriptor(descriptor.handle, deadline()));
      if (answer.value) {
        answer.meaning = meaning_of(descriptor.uuid, *answer.value, std::nullopt);
        if (descriptor.uuid == Uuid(0x2904)) presentation = PresentationFormat::parse(*answer.value);
      }
      found.descriptors.push_back({descriptor, std::move(answer)});
    }
    if (!no_values_ && characteristic.properties.has(Property::read))
      found.answer = co_await ask(client.link().read(characteristic.handle, deadline()));
    if (const auto& value = found.answer.value) {
      found.answer.meaning = meaning_of(characteristic.uuid, *value, std::nullopt, presentation);
      if (characteristic.uuid == Uuid(0x2A00)) device_name_.assign(value->begin(), value->end());
    }
    co_return found;
  }

  // What the device refuses is part of the picture; a link that breaks ends it.
  static awaitable<Answer> ask(awaitable<std::vector<uint8_t>> question) {
    Answer answer;
    try {
      answer.value = co_await std::move(question);
    } catch (const GattError& error) {
      answer.problem = error.code_name();
    }
    co_return answer;
  }

  [[nodiscard]] TimePoint deadline() const { return clock_->now() + ClientOptions().operation_timeout; }

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
