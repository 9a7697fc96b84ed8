// The GATT part of a world's file: services, characteristics and how their values change.

#include "radio/sim/world_file_read.hpp"

namespace moor::sim {

namespace {

constexpr std::string_view value_section = "device.service.characteristic.value";

// Bytes or a number that stays, by the format.
std::optional<Value> constant_of(FileReader& reader, const toml::node& node, const ValueFormat& format, std::string_view section,
                                 std::string_view key) {
  const bool is_number = format.size() > 0;
  const auto refuse = [&](std::string remedy) {
    reader.object(node.source().begin, section, key, "is " + config::in_words(node), std::move(remedy));
    return std::nullopt;
  };
  if (node.is_number()) {
    const double number = node.value<double>().value_or(0);
    if (!is_number) return refuse("say how the number becomes bytes, such as format = \"s16*0.01\"");
    if (!(std::abs(number) <= 1e12)) return refuse("use a number from -1e12 to 1e12");
    return ConstantNumber{number};
  }
  const auto* text = node.as_string();
  if (text == nullptr || is_number) return refuse(is_number ? "use a number, as the format says" : "use a text");
  if (format.type() == ValueFormat::Type::utf8) {
    const std::string& given = text->get();
    if (given.size() > 512) return refuse("use up to 512 bytes");
    return Constant{{given.begin(), given.end()}};
  }
  const auto bytes = from_hex(text->get());
  if (!bytes || bytes->size() > 512) return refuse("use hexadecimal digits of up to 512 bytes, or format = \"utf8\" for a text");
  return Constant{*bytes};
}

std::optional<Value> script_of(FileReader& reader, const toml::table& table, const ValueFormat& format) {
  constexpr std::string_view section = "device.service.characteristic.value.script.steps";
  ScriptDraft draft;
  (void)reader.read(table, draft);
  Script script{.steps = {}, .repeat = draft.repeat};
  reader.each_table(draft.steps, section, [&](const toml::table& step_table) {
    StepDraft step;
    (void)reader.read(step_table, step);
    if (step.value == nullptr) return;
    const auto value = constant_of(reader, *step.value, format, section, "value");
    if (!value) return;
    if (!script.steps.empty() && step.at < script.steps.back().at)
      reader.object(step_table.source().begin, section, "at", "is before the one above", "put the steps in the order of time");
    Script::Step made{.at = step.at, .bytes = {}};
    if (const auto* bytes = std::get_if<Constant>(&*value)) made.bytes = bytes->bytes;
    if (const auto* number = std::get_if<ConstantNumber>(&*value)) made.number = number->value;
    script.steps.push_back(std::move(made));
  });
  if (script.steps.empty()) {
    if (draft.steps != nullptr && draft.steps->is_array() && draft.steps->as_array()->empty())
      reader.object(table.source().begin, "device.service.characteristic.value.script", "steps", "is empty",
                    "give at least one step");
    return std::nullopt;
  }
  return script;
}

template <typename Numbers>
std::optional<Value> numbers_of(FileReader& reader, Node node, std::string_view name) {
  const std::string section = fmt::format("{}.{}", value_section, name);
  const toml::table* table = reader.only_table(node, section);
  if (table == nullptr) return std::nullopt;
  Numbers numbers;
  (void)reader.read(*table, numbers);
  if constexpr (requires { numbers.max; })
    if (numbers.min > numbers.max)
      reader.object(table->source().begin, section, "min", fmt::format("is {} and max is {}", numbers.min, numbers.max),
                    "use a min of at most max");
  return numbers;
}

// A value that changes, or bytes that are given as such.
std::optional<Value> changing_value(FileReader& reader, const toml::table& table, const ValueFormat& format) {
  ValueDraft draft;
  const Given given = reader.read(table, draft);
  if (given.size() != 1) {
    if (reader.mistakes() == 0 || !given.empty())
      reader.object(table.source().begin, value_section, "", fmt::format("has {} of the ways to change", given.size()),
                    "give one of hex, sine, walk, uniform, counter, script");
    return std::nullopt;
  }
  if (draft.hex) return Constant{*draft.hex};
  if (format.size() == 0 && !draft.script) {
    reader.object(table.source().begin, value_section, "", "is a number",
                  "say how it becomes bytes, such as format = \"s16*0.01\"");
    return std::nullopt;
  }
  if (draft.sine) return numbers_of<Sine>(reader, draft.sine, "sine");
  if (draft.walk) return numbers_of<RandomWalk>(reader, draft.walk, "walk");
  if (draft.uniform) return numbers_of<Uniform>(reader, draft.uniform, "uniform");
  if (draft.counter) return numbers_of<Counter>(reader, draft.counter, "counter");
  const toml::table* script = reader.only_table(draft.script, "device.service.characteristic.value.script");
  return script == nullptr ? std::nullopt : script_of(reader, *script, format);
}

using Codes = std::map<std::string, uint8_t>;

void read_errors(FileReader& reader, Node node, Codes& into) {
  const toml::table* table = reader.only_table(node, "device.service.characteristic.errors");
  if (table == nullptr) return;
  ErrorsDraft errors;
  (void)reader.read(*table, errors);
  for (const auto& [name, code] : {std::pair("read", errors.read), {"write", errors.write}, {"subscribe", errors.subscribe}})
    if (code) into[name] = static_cast<uint8_t>(*code);
}

void read_descriptor_errors(FileReader& reader, Node node, Codes& into) {
  const toml::table* table = reader.only_table(node, "device.service.characteristic.descriptor.errors");
  if (table == nullptr) return;
  DescriptorErrorsDraft errors;
  (void)reader.read(*table, errors);
  for (const auto& [name, code] : {std::pair("read", errors.read), {"write", errors.write}})
    if (code) into[name] = static_cast<uint8_t>(*code);
}

Characteristic read_characteristic(FileReader& reader, const toml::table& table) {
  constexpr std::string_view section = "device.service.characteristic";
  CharacteristicDraft draft;
  const Given given = reader.read(table, draft);
  Characteristic& made = draft.entry;
  if (draft.value != nullptr) {
    const auto* changing = draft.value->as_table();
    const auto value = changing != nullptr ? changing_value(reader, *changing, made.format)
                                           : constant_of(reader, *draft.value, made.format, section, "value");
    if (value) made.value = *value;
  } else if (made.format.size() > 0) {
    made.value = ConstantNumber{};
  }
  if (const auto at = given.find("notify_every");
      at != given.end() && !made.properties.has(Property::notify) && !made.properties.has(Property::indicate))
    reader.object(at->second, section, at->first, "is given for what cannot notify", "add \"notify\" to its properties");
  read_errors(reader, draft.errors, made.errors);
  reader.each_table(draft.descriptors, "device.service.characteristic.descriptor", [&](const toml::table& entry) {
    DescriptorDraft described;
    (void)reader.read(entry, described);
    Descriptor& descriptor = described.entry;
    read_descriptor_errors(reader, described.errors, descriptor.errors);
    if (descriptor.uuid == client_characteristic_configuration)
      reader.object(entry.source().begin, "device.service.characteristic.descriptor", "uuid", "is that of subscriptions",
                    "leave it out: it comes with \"notify\" or \"indicate\"");
    made.descriptors.push_back(std::move(descriptor));
  });
  return std::move(made);
}

}  // namespace

std::vector<Service> read_services(FileReader& reader, Node node) {
  constexpr size_t most_characteristics = 1000;
  std::vector<Service> services;
  size_t characteristics = 0;
  reader.each_table(node, "device.service", [&](const toml::table& table) {
    ServiceDraft draft;
    (void)reader.read(table, draft);
    reader.each_table(draft.characteristics, "device.service.characteristic", [&](const toml::table& entry) {
      if (++characteristics == most_characteristics + 1)
        reader.object(entry.source().begin, "device.service.characteristic", "", "is one too many",
                      "a device has up to 1000 of them");
      if (characteristics <= most_characteristics) draft.entry.characteristics.push_back(read_characteristic(reader, entry));
    });
    services.push_back(std::move(draft.entry));
  });
  return services;
}

}  // namespace moor::sim
