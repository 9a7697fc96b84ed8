#include "moor/bthome.hpp"

#include "beacon/bthome_objects.hpp"
#include "beacon/bthome_seal.hpp"
#include "moor/error.hpp"

#include <algorithm>
#include <cmath>

namespace moor {
namespace {

using bthome::Coding;
using bthome::Object;

struct Written {
  uint8_t id = 0;
  std::vector<uint8_t> value;
};

[[noreturn]] void refuse(const Reading& reading, const char* why) {
  throw UsageError(
      "BTHome cannot send " + std::string(name_of(reading.quantity)) + " " + std::to_string(reading.value) + ": " + why,
      {.advice = "leave it out, or send a value that has an object"});
}

// Little-endian; a negative number in two's complement.
std::vector<uint8_t> number_bytes(double number, size_t size) {
  const auto bits = static_cast<uint64_t>(static_cast<int64_t>(number));
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(bits >> (8 * i));
  return bytes;
}

// The number that stands for a value, if the object can hold it.
std::optional<double> number_for(const Object& object, double value) noexcept {
  const double number = std::round(value * object.divisor);
  const double span = std::ldexp(1.0, 8 * object.size);
  const double low = object.coding == Coding::signed_number ? -span / 2 : 0;
  return number >= low && number < low + span ? std::optional(number) : std::nullopt;
}

bool is_finer(const Object& a, const Object& b) noexcept {
  return a.divisor != b.divisor ? a.divisor > b.divisor : a.size < b.size;
}

Written write_number(const Reading& reading) {
  const Object* best = nullptr;
  for (const Object& object : bthome::all_objects()) {
    const bool counts =
        object.coding == Coding::number || object.coding == Coding::signed_number || object.coding == Coding::version;
    if (!counts || object.quantity != reading.quantity || object.factor != 1 || !number_for(object, reading.value)) continue;
    if (best == nullptr || is_finer(object, *best)) best = &object;
  }
  if (best == nullptr) refuse(reading, "no object holds it");
  return {.id = best->id, .value = number_bytes(*number_for(*best, reading.value), best->size)};
}

uint8_t event_number(const Reading& reading) {
  const bool known = reading.value >= 0 && reading.value <= 0xFF && !event_name(static_cast<InputEvent>(reading.value)).empty();
  const auto event = known ? static_cast<InputEvent>(reading.value) : InputEvent::release;
  const bool turned = event == InputEvent::rotate_left || event == InputEvent::rotate_right;
  if (event == InputEvent::release || (event != InputEvent::none && turned != (reading.quantity == Quantity::dimmer)))
    refuse(reading, "not an event of it");
  return turned ? static_cast<uint8_t>(event == InputEvent::rotate_left ? 1 : 2) : static_cast<uint8_t>(event);
}

uint8_t steps_of(const Reading& dimmer, std::span<const Reading> readings) {
  const auto found = std::ranges::find_if(
      readings, [&](const Reading& other) { return other.quantity == Quantity::steps && other.index == dimmer.index; });
  if (found == readings.end()) return dimmer.value == 0 ? 0 : 1;
  if (!(found->value >= 0 && found->value <= 0xFF)) refuse(*found, "0 to 255 are possible");
  return static_cast<uint8_t>(found->value);
}

Written write(const Reading& reading, std::span<const Reading> all) {
  const auto objects = bthome::all_objects();
  const auto special = std::ranges::find_if(objects, [&](const Object& object) {
    return object.quantity == reading.quantity &&
           (object.coding == Coding::binary || object.coding == Coding::button || object.coding == Coding::dimmer);
  });
  if (special == objects.end()) return write_number(reading);
  if (special->coding == Coding::binary) return {.id = special->id, .value = {static_cast<uint8_t>(reading.value != 0)}};
  Written written{.id = special->id, .value = {event_number(reading)}};
  if (special->coding == Coding::dimmer) written.value.push_back(steps_of(reading, all));
  return written;
}

// Behind those of its identifier and before those of higher ones.
void insert(Written&& object, std::vector<Written>& into) {
  const auto place = std::ranges::upper_bound(into, object.id, {}, &Written::id);
  into.insert(place, std::move(object));
}

void write_words(Coding coding, Bytes bytes, std::vector<Written>& into) {
  if (bytes.empty()) return;
  if (bytes.size() > 0xFF) throw UsageError("a text of BTHome has at most 255 bytes");
  const auto object = std::ranges::find(bthome::all_objects(), coding, &Object::coding);
  Written written{.id = object->id, .value = {static_cast<uint8_t>(bytes.size())}};
  written.value.insert(written.value.end(), bytes.begin(), bytes.end());
  insert(std::move(written), into);
}

std::vector<uint8_t> objects_of(const BTHome& message) {
  std::vector<Written> written;
  for (const Reading& reading : message.readings)
    if (reading.valid && reading.quantity != Quantity::steps) insert(write(reading, message.readings), written);
  write_words(Coding::text, {reinterpret_cast<const uint8_t*>(message.text.data()), message.text.size()}, written);
  write_words(Coding::raw, message.raw, written);
  std::vector<uint8_t> bytes;
  for (const Written& each : written) {
    bytes.push_back(each.id);
    bytes.insert(bytes.end(), each.value.begin(), each.value.end());
  }
  return bytes;
}

std::vector<uint8_t> head_of(const BTHome& message, uint8_t encrypted) {
  std::vector<uint8_t> head = {static_cast<uint8_t>(bthome::version << bthome::version_shift | encrypted |
                                                    (message.address ? bthome::has_address : 0) |
                                                    (message.trigger_based ? bthome::trigger_based : 0))};
  if (message.address) {
    head.resize(1 + 6);
    message.address->to_le(&head[1]);
  }
  return head;
}

void add_service_data(std::vector<uint8_t> head, Bytes body, AdvertisementBuilder& builder) {
  head.insert(head.end(), body.begin(), body.end());
  builder.service_data(Uuid(bthome_service), head);
}

}  // namespace

void encode(const BTHome& message, AdvertisementBuilder& builder) {
  add_service_data(head_of(message, 0), objects_of(message), builder);
}

void encode(const BTHome& message, const BTHomeKey& key, AdvertisementBuilder& builder) {
  const auto head = head_of(message, bthome::encrypted);
  const auto mark = bthome::mark_of(head[0]);
  const bthome::Sealed sealed{.address = message.address.value_or(key.address), .mark = mark, .body = {}};
  add_service_data(head, bthome::seal(sealed, key.bytes, key.counter, objects_of(message)), builder);
}

}  // namespace moor
