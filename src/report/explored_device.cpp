#include "report/explored_device.hpp"

#include "moor/names.hpp"
#include "report/attribute_value.hpp"

namespace moor {

namespace json = boost::json;

namespace {

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value() : json::value(text);
}

json::value hex_or_null(const FoundValue& answer) {
  return answer.value ? json::value(to_hex(*answer.value)) : json::value();
}

json::object descriptor_json(const FoundDescriptor& found) {
  return {{"uuid", found.descriptor.uuid.to_string()},
          {"name", text_or_null(descriptor_name(found.descriptor.uuid))},
          {"handle", found.descriptor.handle},
          {"value", hex_or_null(found.answer)},
          {"decoded", decoded_json(found.answer.meaning)}};
}

// A link that breaks ends it.
awaitable<FoundValue> ask(awaitable<std::vector<uint8_t>> question) {
  FoundValue answer;
  try {
    answer.value = co_await std::move(question);
  } catch (const GattError& error) {
    answer.problem = error.code_name();
  }
  co_return answer;
}

}  // namespace

awaitable<FoundCharacteristic> look_at(Client& client, Clock& clock, const GattCharacteristic& characteristic, bool read_values) {
  FoundCharacteristic found;
  found.characteristic = &characteristic;
  const Duration timeout = ClientOptions().operation_timeout;
  std::optional<PresentationFormat> presentation;
  for (const GattDescriptor& descriptor : characteristic.descriptors) {
    FoundValue answer;
    if (read_values) answer = co_await ask(client.link().read_descriptor(descriptor.handle, clock.now() + timeout));
    if (answer.value) {
      answer.meaning = meaning_of(descriptor.uuid, *answer.value, std::nullopt);
      if (descriptor.uuid == Uuid(0x2904)) presentation = PresentationFormat::parse(*answer.value);
    }
    found.descriptors.push_back({descriptor, std::move(answer)});
  }
  if (read_values && characteristic.properties.has(Property::read))
    found.answer = co_await ask(client.link().read(characteristic.handle, clock.now() + timeout));
  if (const auto& value = found.answer.value) {
    found.answer.meaning = meaning_of(characteristic.uuid, *value, std::nullopt, presentation);
    if (characteristic.uuid == Uuid(0x2A00)) found.device_name.assign(value->begin(), value->end());
  }
  co_return found;
}

json::object to_json(const FoundCharacteristic& found) {
  json::array properties;
  for (const std::string_view property : found.characteristic->properties.names()) properties.emplace_back(property);
  json::array descriptors;
  for (const FoundDescriptor& descriptor : found.descriptors) descriptors.push_back(descriptor_json(descriptor));
  return {{"uuid", found.characteristic->uuid.to_string()},
          {"name", text_or_null(characteristic_name(found.characteristic->uuid))},
          {"handle", found.characteristic->handle},
          {"properties", std::move(properties)},
          {"value", hex_or_null(found.answer)},
          {"decoded", decoded_json(found.answer.meaning)},
          {"error", text_or_null(found.answer.problem)},
          {"descriptors", std::move(descriptors)}};
}

json::object service_json(const GattService& service, json::array characteristics) {
  return {{"uuid", service.uuid.to_string()},
          {"name", text_or_null(service_name(service.uuid))},
          {"handle", service.handle},
          {"primary", service.primary},
          {"characteristics", std::move(characteristics)}};
}

json::object explored_json(Client& client, std::string_view device_name, json::array services) {
  return {{"device_name", text_or_null(device_name)},
          {"address", client.address().to_string()},
          {"mtu", client.mtu()},
          {"radio", client.link().info().radio_name},
          {"services", std::move(services)}};
}

}  // namespace moor
