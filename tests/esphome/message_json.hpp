#pragma once
// Messages as JSON, in protocol buffers' mapping with the field names of api.proto: numbers of 64 bits as text, bytes in base64, enumerations by name, and
// what is zero or empty left out.

#include "esphome/codec.hpp"
#include "esphome/message_fields.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

namespace moor::esphome {

namespace json = boost::json;

inline constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string base64(Bytes bytes) {
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < count ? bytes[at + i] : 0U);
    for (size_t i = 0; i < 4; ++i) text += i <= count ? base64_digits[bits >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}
inline std::vector<uint8_t> from_base64(std::string_view text) {
  std::vector<uint8_t> bytes;
  uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const size_t digit = base64_digits.find(c);
    if (digit == std::string_view::npos) throw std::runtime_error("not base64: " + std::string(text));
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) bytes.push_back(static_cast<uint8_t>(bits >> (count -= 8)));
  }
  return bytes;
}

/// What the views of a message that was made of JSON lie in.
using Backing = std::deque<std::vector<uint8_t>>;
inline Bytes keep(std::vector<uint8_t> bytes, Backing& backing) {
  return backing.emplace_back(std::move(bytes));
}
inline std::string_view keep(std::string_view text, Backing& backing) {
  const Bytes bytes = keep(std::vector<uint8_t>(text.begin(), text.end()), backing);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename Enum>
struct EnumNames;
template <>
struct EnumNames<DeviceRequestType> {
  static constexpr std::string_view prefix = "BLUETOOTH_DEVICE_REQUEST_TYPE_";
  static constexpr std::array<std::string_view, 7> names = {
      "CONNECT", "DISCONNECT", "PAIR", "UNPAIR", "CONNECT_V3_WITH_CACHE", "CONNECT_V3_WITHOUT_CACHE", "CLEAR_CACHE"};
};
template <>
struct EnumNames<ScannerStateKind> {
  static constexpr std::string_view prefix = "BLUETOOTH_SCANNER_STATE_";
  static constexpr std::array<std::string_view, 6> names = {"IDLE", "STARTING", "RUNNING", "FAILED", "STOPPING", "STOPPED"};
};
template <>
struct EnumNames<ScannerMode> {
  static constexpr std::string_view prefix = "BLUETOOTH_SCANNER_MODE_";
  static constexpr std::array<std::string_view, 2> names = {"PASSIVE", "ACTIVE"};
};

template <typename Number>
json::value number_to_json(Number number) {
  if constexpr (std::is_same_v<Number, uint64_t>) {
    return json::value(std::to_string(number));
  } else if constexpr (std::is_enum_v<Number>) {
    using Names = EnumNames<Number>;
    const auto index = static_cast<uint32_t>(number);
    if (index < Names::names.size()) return json::value(std::string(Names::prefix) + std::string(Names::names[index]));
    return json::value(index);
  } else {
    return json::value(number);
  }
}
template <typename Number>
Number number_from_json(const json::value& value) {
  if (!value.is_string()) return static_cast<Number>(value.to_number<int64_t>());
  const std::string_view text = value.get_string();
  if constexpr (std::is_enum_v<Number>) {
    using Names = EnumNames<Number>;
    for (size_t i = 0; i < Names::names.size(); ++i)
      if (text == std::string(Names::prefix) + std::string(Names::names[i])) return static_cast<Number>(i);
    throw std::runtime_error("unknown name " + std::string(text));
  } else {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) throw std::runtime_error("not a number: " + std::string(text));
    return number;
  }
}

template <typename Message>
json::object to_json(const Message& message);

template <typename F, typename Message>
void field_to_json(const F& field, const Message& message, json::object& out) {
  const auto& value = F::of(message);
  json::array list;
  if constexpr (F::kind == Kind::number || F::kind == Kind::zigzag || F::kind == Kind::fixed32) {
    if (value != typename F::Value{}) out[field.name] = number_to_json(value);
  } else if constexpr (F::kind == Kind::boolean) {
    if (value) out[field.name] = true;
  } else if constexpr (F::kind == Kind::bytes) {
    if (!value.empty()) out[field.name] = base64(value);
  } else if constexpr (F::kind == Kind::text) {
    if (!value.empty()) out[field.name] = value;
  } else if constexpr (F::kind == Kind::numbers) {
    for (const auto number : value) list.push_back(number_to_json(number));
  } else if constexpr (F::kind == Kind::texts) {
    for (const auto text : value) list.emplace_back(text);
  } else if constexpr (F::kind == Kind::uuid) {
    for (size_t i = 0; i < value.count; ++i) list.push_back(number_to_json(value.parts[i]));
  } else if constexpr (F::kind == Kind::nested) {
    if (message.*F::flag) out[field.name] = to_json(value);
  } else {
    for (const auto& entry : value) list.emplace_back(to_json(entry));
  }
  if (!list.empty()) out[field.name] = std::move(list);
}
template <typename Message>
json::object to_json(const Message& message) {
  json::object out;
  each_field<Message>([&](const auto& field) { field_to_json(field, message, out); });
  return out;
}

template <typename Message>
Message from_json(const json::object& object, Backing& backing);

template <typename F, typename Message>
void field_from_json(const F& /*field*/, const json::value& json, Message& message, Backing& backing) {
  auto& value = F::of(message);
  using Value = typename F::Value;
  if constexpr (F::kind == Kind::boolean) {
    value = json.as_bool();
  } else if constexpr (F::kind == Kind::number || F::kind == Kind::zigzag || F::kind == Kind::fixed32) {
    value = number_from_json<Value>(json);
  } else if constexpr (F::kind == Kind::bytes) {
    value = keep(from_base64(json.as_string()), backing);
  } else if constexpr (F::kind == Kind::text) {
    value = keep(std::string_view(json.as_string()), backing);
  } else if constexpr (F::kind == Kind::numbers) {
    for (const json::value& entry : json.as_array()) value.push_back(number_from_json<typename Value::value_type>(entry));
  } else if constexpr (F::kind == Kind::texts) {
    for (const json::value& entry : json.as_array()) value.push_back(keep(std::string_view(entry.as_string()), backing));
  } else if constexpr (F::kind == Kind::uuid) {
    for (const json::value& entry : json.as_array()) value.parts.at(value.count++) = number_from_json<uint64_t>(entry);
  } else if constexpr (F::kind == Kind::nested) {
    message.*F::flag = true;
    value = from_json<Value>(json.as_object(), backing);
  } else {
    for (const json::value& entry : json.as_array())
      value.push_back(from_json<typename Value::value_type>(entry.as_object(), backing));
  }
}
template <typename Message>
Message from_json(const json::object& object, Backing& backing) {
  Message message{};
  each_field<Message>([&](const auto& field) {
    if (const json::value* json = object.if_contains(field.name)) field_from_json(field, *json, message, backing);
  });
  return message;
}

template <typename Message>
std::vector<uint8_t> encoded(const Message& message) {
  std::vector<uint8_t> bytes;
  encode(message, bytes);
  return bytes;
}

}  // namespace moor::esphome
