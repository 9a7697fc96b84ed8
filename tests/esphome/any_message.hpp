#pragma once
// Messages with anything in their fields, for property tests. Call within a property.

#include "esphome/message_json.hpp"

#include <rapidcheck.h>

namespace moor::esphome {

template <typename Message>
Message any_message(Backing& backing);

template <typename F, typename Message>
void fill_field(const F& /*field*/, Message& message, Backing& backing) {
  auto& value = F::of(message);
  using Value = typename F::Value;
  const auto some = [] { return *rc::gen::inRange<size_t>(0, 4); };
  const auto text = [&] { return keep(std::string_view(*rc::gen::arbitrary<std::string>()), backing); };
  if constexpr (std::is_enum_v<Value>) {
    value = static_cast<Value>(*rc::gen::arbitrary<uint32_t>());
  } else if constexpr (std::is_arithmetic_v<Value>) {
    value = *rc::gen::arbitrary<Value>();
  } else if constexpr (F::kind == Kind::bytes) {
    value = keep(*rc::gen::arbitrary<std::vector<uint8_t>>(), backing);
  } else if constexpr (F::kind == Kind::text) {
    value = text();
  } else if constexpr (F::kind == Kind::numbers) {
    value = *rc::gen::arbitrary<Value>();
  } else if constexpr (F::kind == Kind::texts) {
    for (size_t count = some(); count > 0; --count) value.push_back(text());
  } else if constexpr (F::kind == Kind::uuid) {
    value.count = *rc::gen::inRange<uint8_t>(0, 3);
    for (size_t i = 0; i < value.count; ++i) value.parts[i] = *rc::gen::arbitrary<uint64_t>();
  } else if constexpr (F::kind == Kind::nested) {
    message.*F::flag = *rc::gen::arbitrary<bool>();
    if (message.*F::flag) value = any_message<Value>(backing);
  } else {
    for (size_t count = some(); count > 0; --count) value.push_back(any_message<typename Value::value_type>(backing));
  }
}
template <typename Message>
Message any_message(Backing& backing) {
  Message message{};
  each_field<Message>([&](const auto& field) { fill_field(field, message, backing); });
  return message;
}

}  // namespace moor::esphome
