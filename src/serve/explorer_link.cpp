#include "serve/explorer_link.hpp"

#include "report/attribute_value.hpp"
#include "report/explored_device.hpp"
#include "serve/answers.hpp"

#include <fmt/format.h>

namespace moor::serve {

namespace json = boost::json;

namespace {

constexpr Duration disconnect_time = std::chrono::seconds(5);
constexpr std::string_view label = "explorer";

std::optional<std::string> find_text(const json::object& message, std::string_view name) {
  const json::value* const value = message.if_contains(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!value->is_string()) throw UsageError(fmt::format("'{}' is no text", name), {.advice = "Send it in quotes."});
  return std::string(value->get_string());
}

std::optional<bool> find_flag(const json::object& message, std::string_view name) {
  const json::value* const value = message.if_contains(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!value->is_bool()) throw UsageError(fmt::format("'{}' is neither true nor false", name));
  return value->get_bool();
}

std::optional<ValueFormat> format_of(const json::object& message) {
  const auto text = find_text(message, "format");
  return text && !text->empty() ? std::optional(ValueFormat::parse(*text)) : std::nullopt;
}

// What a plot shows of a value.
json::value main_number(const std::optional<DecodedValue>& meaning) {
  if (!meaning) return nullptr;
  for (const ValueField& field : meaning->fields) {
    if (const double* const number = std::get_if<double>(&field.value)) return *number;
    if (const bool* const yes = std::get_if<bool>(&field.value)) return *yes ? 1 : 0;
  }
  return nullptr;
}

// As sessions say it: "supervision timeout (ESP_GATT_CONN_TIMEOUT)".
std::string words_of(const Closed& closed) {
  const std::string_view reason = to_string(closed.reason);
  return closed.text.empty() || closed.text == reason ? std::string(reason) : fmt::format("{} ({})", reason, closed.text);
}

SubscribeKind kind_of(const GattCharacteristic& characteristic) {
  if (characteristic.properties.has(Property::notify)) return SubscribeKind::notification;
  if (characteristic.properties.has(Property::indicate)) return SubscribeKind::indication;
  throw UsageError(name_or_uuid(characteristic.uuid) + " neither notifies nor indicates",
                   {.advice = "Read it instead, from time to time."});
}

}  // namespace

ExplorerLink::ExplorerLink(Gateway& gateway, const DeviceView& devices, Tell tell)
    : gateway_(gateway), devices_(devices), tell_(std::move(tell)) {}

ExplorerLink::~ExplorerLink() = default;

awaitable<json::object> ExplorerLink::perform(json::object message) {
  const std::string op = find_text(message, "op").value_or("");
  if (op == "connect") co_return co_await connect(target_of(message));
  if (op == "read") co_return co_await read(std::move(message));
  if (op == "write") co_return co_await write(std::move(message));
  if (op == "subscribe") co_return co_await subscribe(std::move(message));
  if (op == "unsubscribe") co_return co_await unsubscribe(std::move(message));
  if (op == "disconnect") {
    co_await disconnect();
    co_return json::object();
  }
  throw UsageError("there is no op '" + op.substr(0, 40) + "'",
                   {.advice = "Send connect, read, write, subscribe, unsubscribe or disconnect."});
}

awaitable<void> ExplorerLink::disconnect() {
  if (!client_) co_return;
  Client client = *std::move(client_);
  client_.reset();
  presentations_.clear();
  formats_.clear();
  const std::optional<Closed> lost = client.closed();
  try {
    const TimePoint deadline = gateway_.clock().now() + disconnect_time;
    co_await client.link().disconnect(deadline);
  } catch (const std::exception&) {
    // It is gone in any case: the client's end closes what is left.
  }
  on_ended(lost);
}

json::array ExplorerLink::holders() const {
  json::array found;
  for (const Radio* const radio : gateway_.hub().radios())
    for (const Slots::Holder& holder : radio->slots().holders) {
      json::object each = devices_.who(holder.device);
      each["radio"] = radio->info().name;
      each["label"] = holder.label;
      each["since"] = iso(gateway_.clock(), holder.since);
      found.push_back(std::move(each));
    }
  return found;
}

Address ExplorerLink::target_of(const json::object& message) const {
  if (const auto id = find_text(message, "id")) return gateway_.pipeline().devices()[devices_.get(*id)].address;
  const auto text = find_text(message, "address");
  if (!text) throw UsageError("connect wants an id or an address", {.advice = "Take the id of a device of GET /api/v1/devices."});
  const auto address = Address::parse(*text, find_flag(message, "random").value_or(false));
  if (!address) throw UsageError("'" + text->substr(0, 40) + "' is no address", {.advice = "Write it as A4:CF:12:34:56:78."});
  const Device* const heard = gateway_.hub().find(*address);  // whichever kind was written
  return heard != nullptr ? heard->address : *address;
}

Client& ExplorerLink::connected() {
  if (!client_) throw UsageError("there is no connection", {.advice = R"(Send {"op": "connect", "id": ...} first.)"});
  return *client_;
}

ExplorerLink::Attribute ExplorerLink::attribute_of(const json::object& message) {
  const GattServices& services = connected().services();
  if (const auto name = find_text(message, "uuid")) {
    const GattCharacteristic& found = services.get_characteristic(CharacteristicName::parse(*name));
    return {found.handle, found.uuid, &found};
  }
  const json::value* const value = message.if_contains("handle");
  boost::system::error_code not_a_handle;
  const auto handle = value != nullptr && value->is_number() ? value->to_number<uint16_t>(not_a_handle) : uint16_t{0};
  if (handle != 0 && !not_a_handle) {
    if (const GattCharacteristic* const found = services.find_characteristic_by_value_handle(handle))
      return {handle, found->uuid, found};
    for (const GattService& service : services)
      for (const GattCharacteristic& characteristic : service.characteristics)
        for (const GattDescriptor& descriptor : characteristic.descriptors)
          if (descriptor.handle == handle) return {handle, descriptor.uuid, nullptr};
  }
  throw AttributeNotFound("the device has no such handle", {.advice = "Take a handle or a uuid of what connect has answered."});
}

json::object ExplorerLink::value_json(const Attribute& attribute, Bytes value, TimePoint t) const {
  const auto presentation = presentations_.find(attribute.handle);
  const auto format = formats_.find(attribute.handle);
  const auto meaning = meaning_of(attribute.uuid, value, format != formats_.end() ? std::optional(format->second) : std::nullopt,
                                  presentation != presentations_.end() ? std::optional(presentation->second) : std::nullopt);
  return {{"handle", attribute.handle},
          {"uuid", attribute.uuid.to_string()},
          {"hex", to_hex(value)},
          {"decoded", decoded_json(meaning)},
          {"text", meaning ? json::value(meaning->text) : json::value()},
          {"number", main_number(meaning)},
          {"t", iso(gateway_.clock(), t)}};
}

ConnectOptions ExplorerLink::connect_options() {
  ConnectOptions options;
  options.use_services_cache = false;  // who explores wants to see what is there
  options.client.label = label;
  options.client.on_disconnected = [this](const Closed& closed) {
    tell_({{"event", "disconnected"}, {"cause", devices_.without_addresses(words_of(closed))}});
    on_ended(closed);
  };
  options.on_failed_attempt = [this](const FailedAttempt& attempt) {
    const std::string_view words = attempt.cause.text.empty() ? to_string(attempt.cause.reason) : attempt.cause.text;
    tell_({{"event", "progress"},
           {"text",
            devices_.without_addresses(attempt.radio.empty() ? "no radio reaches it yet"
                                                             : fmt::format("{}: {}; trying again", attempt.radio, words))}});
  };
  return options;
}

void ExplorerLink::on_connected(const Address& address, TimePoint began) {
  const TimePoint now = gateway_.clock().now();
  up_ = {.time = now,
         .device = devices_.identity_of(address),
         .radio = gateway_.radios().at(client_->link().info().radio).name,
         .label = std::string(label),
         .event = "connected",
         .cause = {},
         .took = now - began};
  gateway_.announce(*up_);
}

void ExplorerLink::on_failed(const Address& address, TimePoint began, const Error& error) {
  const TimePoint now = gateway_.clock().now();
  const ErrorContext& context = error.context();
  gateway_.announce({.time = now,
                     .device = devices_.identity_of(address),
                     .radio = context.radio,
                     .label = std::string(label),
                     .event = "failed",
                     .cause = devices_.without_addresses(context.cause.empty() ? error.what() : context.cause),
                     .took = now - began});
}

// Once a link: what is lost is told when it happens, and may be disconnected from later.
void ExplorerLink::on_ended(const std::optional<Closed>& closed) {
  if (!up_) return;
  ConnectionRow row = *std::exchange(up_, std::nullopt);
  const TimePoint now = gateway_.clock().now();
  row.event = "disconnected";
  if (closed && closed->reason != CloseReason::local) row.cause = devices_.without_addresses(words_of(*closed));
  row.took = now - row.time;
  row.time = now;
  gateway_.announce(row);
}

awaitable<json::object> ExplorerLink::connect(Address address) {
  if (client_) co_await disconnect();
  tell_({{"event", "progress"}, {"text", "connecting"}});
  Target target;
  target.address = address;
  if (const Device* const heard = gateway_.hub().find(address)) target.name = heard->data.name().value_or("");
  ConnectOptions options = connect_options();
  const TimePoint began = gateway_.clock().now();
  try {
    client_ = co_await establish_connection(gateway_.hub(), std::move(target), std::move(options));
  } catch (const Error& error) {
    on_failed(address, began, error);
    throw;
  }
  on_connected(address, began);
  std::exception_ptr failed;
  try {
    co_return co_await look_around();
  } catch (...) {
    failed = std::current_exception();
  }
  co_await disconnect();
  std::rethrow_exception(failed);
}

awaitable<json::object> ExplorerLink::look_around() {
  tell_({{"event", "progress"}, {"text", "connected; reading what can be read"}});
  std::string name = client_->name();
  json::array services;
  for (const GattService& service : client_->services()) {
    json::array characteristics;
    for (const GattCharacteristic& characteristic : service.characteristics) {
      FoundCharacteristic found = co_await look_at(*client_, gateway_.clock(), characteristic, true);
      if (!found.device_name.empty()) name = found.device_name;
      for (const FoundDescriptor& descriptor : found.descriptors)
        if (descriptor.descriptor.uuid == Uuid(0x2904) && descriptor.answer.value)
          if (const auto format = PresentationFormat::parse(*descriptor.answer.value))
            presentations_[characteristic.handle] = *format;
      characteristics.push_back(to_json(found));
    }
    services.push_back(service_json(service, std::move(characteristics)));
  }
  json::object explored = explored_json(*client_, name, std::move(services));
  const json::object who = devices_.who(client_->address());
  explored["id"] = who.at("id");
  explored["address"] = who.at("address");
  co_return explored;
}

awaitable<json::object> ExplorerLink::read(json::object message) {
  const Attribute attribute = attribute_of(message);
  const auto format = format_of(message);
  if (format) formats_.insert_or_assign(attribute.handle, *format);
  const TimePoint deadline = gateway_.clock().now() + ClientOptions().operation_timeout;
  std::vector<uint8_t> value;
  if (attribute.characteristic != nullptr)
    value = co_await connected().link().read(attribute.handle, deadline);
  else
    value = co_await connected().link().read_descriptor(attribute.handle, deadline);
  co_return value_json(attribute, value, gateway_.clock().now());
}

awaitable<json::object> ExplorerLink::write(json::object message) {
  const Attribute attribute = attribute_of(message);
  const auto hex = find_text(message, "hex");
  const auto text = find_text(message, "text");
  if (hex.has_value() == text.has_value())
    throw UsageError("write wants either hex or text",
                     {.advice = "Send hex, or text and the format that it has, such as utf8 or u16."});
  const auto format = hex ? std::nullopt : format_of(message);
  std::vector<uint8_t> value =
      hex ? parse_value(*hex, std::nullopt) : parse_value(*text, format ? format : ValueFormat::parse("utf8"));
  const TimePoint deadline = gateway_.clock().now() + ClientOptions().operation_timeout;
  json::object written{{"handle", attribute.handle}, {"uuid", attribute.uuid.to_string()}, {"hex", to_hex(value)}};
  if (attribute.characteristic == nullptr) {
    co_await connected().link().write_descriptor(attribute.handle, std::move(value), deadline);
    co_return written;
  }
  const bool with_response = find_flag(message, "response").value_or(attribute.characteristic->properties.has(Property::write));
  const WriteKind kind = with_response ? WriteKind::with_response : WriteKind::without_response;
  co_await connected().link().write(attribute.handle, std::move(value), kind, deadline);
  co_return written;
}

void ExplorerLink::on_value(const Attribute& attribute, Bytes value, TimePoint t) {
  json::object event = value_json(attribute, value, t);
  event["event"] = "value";
  tell_(event);
}

awaitable<json::object> ExplorerLink::subscribe(json::object message) {
  const Attribute attribute = attribute_of(message);
  if (attribute.characteristic == nullptr)
    throw UsageError("a descriptor cannot be subscribed to", {.advice = "Take the handle of a characteristic."});
  const SubscribeKind kind = kind_of(*attribute.characteristic);
  const auto format = format_of(message);
  if (format) formats_.insert_or_assign(attribute.handle, *format);
  const TimePoint deadline = gateway_.clock().now() + ClientOptions().operation_timeout;
  Link::ValueCallback callback = [this, attribute](Bytes value, TimePoint t) { on_value(attribute, value, t); };
  co_await connected().link().subscribe(attribute.handle, kind, std::move(callback), deadline);
  co_return json::object{{"handle", attribute.handle}, {"uuid", attribute.uuid.to_string()}};
}

awaitable<json::object> ExplorerLink::unsubscribe(json::object message) {
  const Attribute attribute = attribute_of(message);
  const TimePoint deadline = gateway_.clock().now() + ClientOptions().operation_timeout;
  co_await connected().link().unsubscribe(attribute.handle, deadline);
  co_return json::object{{"handle", attribute.handle}, {"uuid", attribute.uuid.to_string()}};
}

}  // namespace moor::serve
