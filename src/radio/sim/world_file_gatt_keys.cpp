// The keys of services, characteristics and their values.

#include "radio/sim/world_file_bounds.hpp"

#include <array>

namespace moor::sim {

namespace {

constexpr Bounds any_number = {"", -1e12, 1e12};

constexpr Key<ServiceDraft> service_keys[] = {
    {"uuid", none, "Which service.", field<&ServiceDraft::entry, &Service::uuid>, Need::required},
    {"primary", none, "A secondary one is only found by being included.", field<&ServiceDraft::entry, &Service::primary>},
    {"characteristic", none, "See `[[device.service.characteristic]]`.", field<&ServiceDraft::characteristics>},
};
constexpr Key<CharacteristicDraft> characteristic_keys[] = {
    {"uuid", none, "Which characteristic; the same may come several times.",
     field<&CharacteristicDraft::entry, &Characteristic::uuid>, Need::required},
    {"properties", none, "What may be done with it.", field<&CharacteristicDraft::entry, &Characteristic::properties>},
    {"format", none, "How a number becomes bytes.", field<&CharacteristicDraft::entry, &Characteristic::format>},
    {"value", none,
     "A number; a text, of format hex as hexadecimal digits; or a table, see `device.service.characteristic.value`.",
     field<&CharacteristicDraft::value>},
    {"notify_every",
     {"", 0.001, 3650 * day},
     "How often those who have subscribed are sent the value.",
     field<&CharacteristicDraft::entry, &Characteristic::notify_every>},
    {"needs_encryption", none, "Whether it is refused (0x05) to those who have not paired.",
     field<&CharacteristicDraft::entry, &Characteristic::needs_encryption>},
    {"max_size",
     {"bytes", 0, 512},
     "Longer values are refused (0x0D) when written.",
     field<&CharacteristicDraft::entry, &Characteristic::max_size>},
    {"errors", none, "See `device.service.characteristic.errors`.", field<&CharacteristicDraft::errors>},
    {"descriptor", none, "See `[[device.service.characteristic.descriptor]]`.", field<&CharacteristicDraft::descriptors>},
};
constexpr Key<ErrorsDraft> errors_keys[] = {
    {"read", att_code, "ATT code that each read ends with.", field<&ErrorsDraft::read>},
    {"write", att_code, "And each write.", field<&ErrorsDraft::write>},
    {"subscribe", att_code, "And each subscription.", field<&ErrorsDraft::subscribe>},
};
constexpr Key<DescriptorDraft> descriptor_keys[] = {
    {"uuid", none, "Which descriptor; that of subscriptions (2902) comes by itself.",
     field<&DescriptorDraft::entry, &Descriptor::uuid>, Need::required},
    {"value", none, "Its bytes.", field<&DescriptorDraft::entry, &Descriptor::value>},
    {"errors", none, "See `device.service.characteristic.descriptor.errors`.", field<&DescriptorDraft::errors>},
};
constexpr Key<DescriptorErrorsDraft> descriptor_errors_keys[] = {
    {"read", att_code, "ATT code that each read ends with.", field<&DescriptorErrorsDraft::read>},
    {"write", att_code, "And each write.", field<&DescriptorErrorsDraft::write>},
};
constexpr Key<ValueDraft> value_keys[] = {
    {"hex", none, "Bytes that stay.", field<&ValueDraft::hex>},
    {"sine", none, "Up and down evenly.", field<&ValueDraft::sine>},
    {"walk", none, "Random steps from where it is.", field<&ValueDraft::walk>},
    {"uniform", none, "Any number of a range, each as likely.", field<&ValueDraft::uniform>},
    {"counter", none, "Counts.", field<&ValueDraft::counter>},
    {"script", none, "Values at set times.", field<&ValueDraft::script>},
};
constexpr Key<Sine> sine_keys[] = {
    {"mean", any_number, "The middle.", field<&Sine::mean>},
    {"amplitude", any_number, "Plus or minus so much.", field<&Sine::amplitude>},
    {"period", period, "From one top to the next.", field<&Sine::period>},
    {"noise", {"", 0, 1e12}, "Standard deviation of what is added each time.", field<&Sine::noise>},
};
constexpr Key<RandomWalk> random_walk_keys[] = {
    {"start", any_number, "Where it begins.", field<&RandomWalk::start>},
    {"step", {"", 0, 1e12}, "Standard deviation of one step.", field<&RandomWalk::step>},
    {"every", period, "From step to step.", field<&RandomWalk::every>},
    {"min", any_number, "It does not go below.", field<&RandomWalk::min>},
    {"max", any_number, "Nor above.", field<&RandomWalk::max>},
};
constexpr Key<Uniform> uniform_keys[] = {
    {"min", any_number, "From here.", field<&Uniform::min>},
    {"max", any_number, "To here.", field<&Uniform::max>},
    {"every", period, "From number to number.", field<&Uniform::every>},
};
constexpr Key<Counter> counter_keys[] = {
    {"start", any_number, "The first number.", field<&Counter::start>},
    {"step", any_number, "What is added each time.", field<&Counter::step>},
    {"every", period, "From number to number.", field<&Counter::every>},
};
constexpr Key<ScriptDraft> script_keys[] = {
    {"steps", none, "A list of `{at = \"10 s\", value = 21}`, in the order of time.", field<&ScriptDraft::steps>, Need::required},
    {"repeat", period, "Begins anew after so long.", field<&ScriptDraft::repeat>},
};
constexpr Key<StepDraft> step_keys[] = {
    {"at", any_time, "When, from the world's start; the first value holds before it too.", field<&StepDraft::at>, Need::required},
    {"value", none, "A number or a text, as of `value` itself.", field<&StepDraft::value>, Need::required},
};

}  // namespace

template <>
const Section<ServiceDraft>& section_of() noexcept {
  static constexpr Section<ServiceDraft> section = {"device.service", "[[device.service]]",
                                                    "A GATT service of the device before it.", service_keys};
  return section;
}
template <>
const Section<CharacteristicDraft>& section_of() noexcept {
  static constexpr Section<CharacteristicDraft> section = {"device.service.characteristic", "[[device.service.characteristic]]",
                                                           "A characteristic of the service before it.", characteristic_keys};
  return section;
}
template <>
const Section<ErrorsDraft>& section_of() noexcept {
  static constexpr Section<ErrorsDraft> section = {"device.service.characteristic.errors", "device.service.characteristic.errors",
                                                   "What operations end with.", errors_keys};
  return section;
}
template <>
const Section<DescriptorDraft>& section_of() noexcept {
  static constexpr Section<DescriptorDraft> section = {"device.service.characteristic.descriptor",
                                                       "[[device.service.characteristic.descriptor]]",
                                                       "A descriptor of the characteristic before it.", descriptor_keys};
  return section;
}
template <>
const Section<DescriptorErrorsDraft>& section_of() noexcept {
  static constexpr Section<DescriptorErrorsDraft> section = {"device.service.characteristic.descriptor.errors",
                                                             "device.service.characteristic.descriptor.errors",
                                                             "What operations on it end with.", descriptor_errors_keys};
  return section;
}
template <>
const Section<ValueDraft>& section_of() noexcept {
  static constexpr Section<ValueDraft> section = {
      "device.service.characteristic.value", "device.service.characteristic.value",
      "How the value changes: one of these, such as `value = {sine = {mean = 21, amplitude = 3}}`.", value_keys};
  return section;
}
template <>
const Section<Sine>& section_of() noexcept {
  static constexpr Section<Sine> section = {"device.service.characteristic.value.sine", "value.sine",
                                            "Up and down evenly, with noise.", sine_keys};
  return section;
}
template <>
const Section<RandomWalk>& section_of() noexcept {
  static constexpr Section<RandomWalk> section = {"device.service.characteristic.value.walk", "value.walk", "Random steps.",
                                                  random_walk_keys};
  return section;
}
template <>
const Section<Uniform>& section_of() noexcept {
  static constexpr Section<Uniform> section = {"device.service.characteristic.value.uniform", "value.uniform",
                                               "A random number of a range.", uniform_keys};
  return section;
}
template <>
const Section<Counter>& section_of() noexcept {
  static constexpr Section<Counter> section = {"device.service.characteristic.value.counter", "value.counter",
                                               "A number that grows.", counter_keys};
  return section;
}
template <>
const Section<ScriptDraft>& section_of() noexcept {
  static constexpr Section<ScriptDraft> section = {"device.service.characteristic.value.script", "value.script",
                                                   "Values at set times.", script_keys};
  return section;
}
template <>
const Section<StepDraft>& section_of() noexcept {
  static constexpr Section<StepDraft> section = {"device.service.characteristic.value.script.steps", "value.script.steps",
                                                 "A moment of the script.", step_keys};
  return section;
}

}  // namespace moor::sim
