#include "moor/bthome.hpp"

#include "beacon/bthome_objects.hpp"
#include "moor/error.hpp"
#include "support/allocation_counter.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <algorithm>

namespace moor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Address device = *Address::parse("54:48:E6:8F:80:A5");
const auto bind_key = *from_hex("231d39c1d7cc1ab1aee224cd096db932");

std::vector<uint8_t> payload(std::string_view service_data, uint16_t service = bthome_service) {
  return AdvertisementBuilder().service_data(Uuid(service), *from_hex(service_data)).bytes();
}

Decoded decoded(const std::vector<uint8_t>& advertisement, KeyRing* keys = nullptr) {
  Decoded result;
  decode(AdvertisementData(advertisement), {.address = device, .keys = keys}, result);
  return result;
}

std::vector<Reading> readings(std::string_view service_data) {
  const Decoded result = decoded(payload(service_data));
  EXPECT_EQ(result.format(), "BTHome");
  return {result.readings().begin(), result.readings().end()};
}

Reading reading(Quantity quantity, double value, uint8_t index = 0) {
  return {.value = value, .quantity = quantity, .index = index};
}

// A device that counts as it is told, and a receiver that has its key.
struct Conversation {
  KeyRing keys;
  Conversation() { keys.add(KeyKind::bthome, device, bind_key); }

  static std::vector<uint8_t> message(uint32_t counter) {
    BTHomeKey key{.address = device, .counter = counter};
    std::ranges::copy(bind_key, key.bytes.begin());
    AdvertisementBuilder builder;
    encode(BTHome{.readings = {reading(Quantity::temperature, 25.06)}}, key, builder);
    return builder.bytes();
  }
  DecodeProblem hear(const std::vector<uint8_t>& message) { return decoded(message, &keys).problem(); }
  DecodeProblem hear(uint32_t counter) { return hear(message(counter)); }
};

// The example of bthome.io, "Format".
TEST(BTHome, ReadsTheExampleOfItsSpecification) {
  EXPECT_THAT(readings("40 02c409 03bf13"), ElementsAre(reading(Quantity::temperature, 25), reading(Quantity::humidity, 50.55)));
}

TEST(BTHome, ConvertsToTheUnitsOfTheQuantities) {
  EXPECT_THAT(readings("40 07 3e1d"), ElementsAre(reading(Quantity::weight, 74.86 * 0.45359237)));
  EXPECT_THAT(readings("40 40 0c00"), ElementsAre(reading(Quantity::distance, 0.012)));
  EXPECT_THAT(readings("40 48 dc87"), ElementsAre(reading(Quantity::volume, 34.78)));
  EXPECT_THAT(readings("40 58 ea"), ElementsAre(reading(Quantity::temperature, -7.7)));
}

TEST(BTHome, NumbersWhatRepeatsWhicheverObjectsItCameIn) {
  EXPECT_THAT(readings("40 02ca09 02cf09 45e100"),
              ElementsAre(reading(Quantity::temperature, 25.06), reading(Quantity::temperature, 25.11, 1),
                          reading(Quantity::temperature, 22.5, 2)));
}

TEST(BTHome, KeepsEachButtonsPlaceWhateverItSends) {
  const auto buttons = readings("40 3a00 3afe 3a80");
  ASSERT_EQ(buttons.size(), 3U);
  EXPECT_EQ(buttons[0], reading(Quantity::button, 0));
  EXPECT_FALSE(buttons[1].valid);
  EXPECT_EQ(buttons[2], reading(Quantity::button, static_cast<double>(InputEvent::hold), 2));
}

TEST(BTHome, TurnsADimmerByItsSteps) {
  EXPECT_THAT(
      readings("40 3c0000 3c0103 3c020a"),
      ElementsAre(reading(Quantity::dimmer, 0), reading(Quantity::steps, 0),
                  reading(Quantity::dimmer, static_cast<double>(InputEvent::rotate_left), 1), reading(Quantity::steps, 3, 1),
                  reading(Quantity::dimmer, static_cast<double>(InputEvent::rotate_right), 2), reading(Quantity::steps, 10, 2)));
  EXPECT_FALSE(readings("40 3c0703")[0].valid);
}

TEST(BTHome, SaysInWordsWhatIsNotANumber) {
  const Decoded result = decoded(payload("44 3b010305 530568656c6c6f 5402beef f00100 f100010204 f2000106"));
  EXPECT_EQ(result.attribute("trigger_based"), "true");
  EXPECT_EQ(result.attribute("command"), "step_up");
  EXPECT_EQ(result.attribute("text"), "hello");
  EXPECT_EQ(result.attribute("raw"), "beef");
  EXPECT_EQ(result.attribute("firmware"), "4.2.1.0");
  EXPECT_THAT(result.readings(), ElementsAre(reading(Quantity::device_type, 1), reading(Quantity::firmware, 0x04020100),
                                             reading(Quantity::firmware, 0x060100, 1)));
  EXPECT_EQ(decoded(payload("40 f2000106")).attribute("firmware"), "6.1.0");
  EXPECT_THAT(decoded(payload("40 530187")).attributes(), IsEmpty()) << "not UTF-8";
}

TEST(BTHome, PassesOverAnEmptyTextAndStopsAtAnUnknownIdentifier) {
  EXPECT_THAT(readings("40 5300 5400 5701"), ElementsAre(reading(Quantity::temperature, 1)));
  EXPECT_THAT(readings("40 015d fe5d09 03b718"), ElementsAre(reading(Quantity::battery, 93)));
}

TEST(BTHome, KeepsTheObjectsBeforeACut) {
  const auto whole = *from_hex("42 a5808fe64854 02ca09 3c0103 530568656c6c6f");
  Decoded result;
  for (size_t size = 0; size <= whole.size(); ++size) {
    result.clear();
    const bool is_bthome = decode_bthome(Bytes(whole).first(size), {.address = device}, result);
    EXPECT_EQ(is_bthome, size >= 7) << size;
    EXPECT_EQ(result.readings().size(), size < 10 ? 0U : size < 13 ? 1U : 3U) << size;
    EXPECT_EQ(result.attributes().size(), size < whole.size() ? 0U : 1U) << size;
  }
}

TEST(BTHome, IsVersionTwoOnly) {
  for (int info = 0; info < 256; ++info) {
    const std::vector<uint8_t> data = {static_cast<uint8_t>(info & ~0x03), 0x01, 0x5D};
    Decoded result;
    EXPECT_EQ(decode_bthome(data, {}, result), info >> 5 == 2) << info;
    EXPECT_EQ(result.readings().empty(), info >> 5 != 2) << info;
  }
}

TEST(BTHome, NamesAShellyByItsProductNumber) {
  const auto advertisement =
      AdvertisementBuilder().service_data(Uuid(bthome_service), *from_hex("4057ea")).complete_name("SBHT-003C").bytes();
  EXPECT_EQ(decoded(advertisement).attribute("model"), "Shelly BLU H&T");
}

// bthome.io, "Encryption": the worked example.
TEST(BTHomeEncryption, OpensTheExampleOfItsSpecification) {
  KeyRing keys;
  keys.add(KeyKind::bthome, device, bind_key);
  const Decoded result = decoded(payload("41 a47266c95f73 00112233 78237214"), &keys);
  EXPECT_EQ(result.problem(), DecodeProblem::none);
  EXPECT_THAT(result.readings(), ElementsAre(reading(Quantity::temperature, 25.06), reading(Quantity::humidity, 50.55)));
}

TEST(BTHomeEncryption, IsOfTheAddressThatIsSentAlong) {
  KeyRing keys;
  keys.add(KeyKind::bthome, device, bind_key);
  const auto advertisement = payload("43 a5808fe64854 f196c06ffb49 00112233 f08ecbde");
  Decoded result;
  decode(AdvertisementData(advertisement), {.address = Address(1, true), .keys = &keys}, result);
  EXPECT_EQ(result.problem(), DecodeProblem::none);
  EXPECT_THAT(result.readings(), ElementsAre(reading(Quantity::temperature, 25.06), reading(Quantity::humidity, 50.55)));
}

TEST(BTHomeEncryption, SaysWhyNothingCouldBeRead) {
  const auto advertisement = Conversation::message(1);
  EXPECT_EQ(decoded(advertisement).problem(), DecodeProblem::key_missing);
  EXPECT_EQ(decoded(advertisement).format(), "BTHome");
  KeyRing keys;
  keys.add(KeyKind::bthome, device, std::vector<uint8_t>(16));
  EXPECT_EQ(decoded(advertisement, &keys).problem(), DecodeProblem::key_wrong);
  EXPECT_THAT(decoded(advertisement, &keys).readings(), IsEmpty());
  EXPECT_EQ(decoded(payload("40 015d"), &keys).problem(), DecodeProblem::not_encrypted) << "whoever sent it has not the key";
  EXPECT_THAT(decoded(payload("40 015d"), &keys).readings(), IsEmpty());
}

TEST(BTHomeEncryption, RefusesACounterThatHasBeen) {
  Conversation talk;
  EXPECT_EQ(talk.hear(1000), DecodeProblem::none);
  EXPECT_EQ(talk.hear(1000), DecodeProblem::replayed);
  EXPECT_EQ(talk.hear(999), DecodeProblem::replayed);
  EXPECT_EQ(talk.hear(901), DecodeProblem::replayed);
  EXPECT_EQ(talk.hear(1001), DecodeProblem::none);
}

TEST(BTHomeEncryption, FollowsADeviceThatBeginsAnew) {
  Conversation talk;
  EXPECT_EQ(talk.hear(1000), DecodeProblem::none);
  EXPECT_EQ(talk.hear(900), DecodeProblem::none);
  EXPECT_EQ(talk.hear(0), DecodeProblem::none);
  EXPECT_EQ(talk.hear(0xFFFFFFFF), DecodeProblem::none);
  EXPECT_EQ(talk.hear(0), DecodeProblem::none) << "it has counted to the end";
}

// Issues 99, 107, 234 and 338 of bthome-ble: forged or damaged messages locked devices out.
TEST(BTHomeEncryption, IsNotLockedOutByABurstOfForgedMessages) {
  Conversation talk;
  EXPECT_EQ(talk.hear(1000), DecodeProblem::none);
  for (uint32_t counter : {5U, 2000U, 0xFFFFFFFFU}) {
    auto forged = Conversation::message(counter);
    forged.back() ^= 1;
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(talk.hear(forged), DecodeProblem::key_wrong);
  }
  EXPECT_EQ(talk.keys.find(KeyKind::bthome, device)->state.failures, 3000U);
  EXPECT_EQ(talk.hear(1001), DecodeProblem::none);
  EXPECT_EQ(talk.keys.find(KeyKind::bthome, device)->state.failures, 0U);
}

TEST(BTHomeEncryption, ReadsNothingOfWhatWasCutOrChanged) {
  const auto advertisement = Conversation::message(7);
  const Bytes whole = *AdvertisementData(advertisement).service_data(Uuid(bthome_service));
  const std::vector<uint8_t> message(whole.begin(), whole.end());
  for (size_t size = 0; size < message.size(); ++size) {
    Conversation talk;
    Decoded result;
    (void)decode_bthome(Bytes(message).first(size), {.address = device, .keys = &talk.keys}, result);
    EXPECT_THAT(result.readings(), IsEmpty()) << size;
  }
  for (size_t bit = 8; bit < message.size() * 8; ++bit) {
    Conversation talk;
    auto changed = message;
    changed[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
    Decoded result;
    EXPECT_TRUE(decode_bthome(changed, {.address = device, .keys = &talk.keys}, result));
    EXPECT_EQ(result.problem(), DecodeProblem::key_wrong) << bit;
  }
}

TEST(BTHomeEncryption, AllocatesNothingOnceWarm) {
  Conversation talk;
  const auto first = Conversation::message(1);
  const auto second = Conversation::message(2);
  Decoded result;
  const DecodeContext context{.address = device, .keys = &talk.keys};
  decode(AdvertisementData(first), context, result);
  const size_t before = allocations();
  decode(AdvertisementData(second), context, result);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(result.readings().size(), 1U);
}

TEST(BTHomeVersion1, ReadsObjectsThatSayHowTheyAreCoded) {
  const Decoded result = decoded(payload("2302ca09 0303bf13 4306fe70 a5505d396164 023a04 033c0103 02ff01", bthome_v1_service));
  EXPECT_EQ(result.format(), "BTHome v1");
  EXPECT_THAT(
      result.readings(),
      ElementsAre(reading(Quantity::temperature, 25.06), reading(Quantity::humidity, 50.55), reading(Quantity::weight, 102.24),
                  reading(Quantity::timestamp, 1684093277), reading(Quantity::button, 4),
                  reading(Quantity::dimmer, static_cast<double>(InputEvent::rotate_left)), reading(Quantity::steps, 3)));
}

TEST(BTHomeVersion1, LeavesTheServiceToOthersWhereAnyObjectIsNotWhole) {
  const auto whole = *from_hex("2302ca090303bf13");
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto cut = AdvertisementBuilder().service_data(Uuid(bthome_v1_service), Bytes(whole).first(size)).bytes();
    EXPECT_EQ(decoded(cut).empty(), size != 4) << size;
  }
  EXPECT_TRUE(decoded(payload("0200", bthome_v1_service)).empty());
  EXPECT_TRUE(decoded(payload("02ff01", bthome_v1_service)).empty()) << "nothing in it is known";
  EXPECT_TRUE(decoded(payload("00112233445566778899", bthome_v1_sealed_service)).empty());
}

TEST(BTHomeVersion1, OpensWhatIsEncryptedOnce) {
  KeyRing keys;
  keys.add(KeyKind::bthome, device, bind_key);
  const auto advertisement = payload("fba435e4d3c312fb 00112233 57d90a99", bthome_v1_sealed_service);
  EXPECT_THAT(decoded(advertisement, &keys).readings(),
              ElementsAre(reading(Quantity::temperature, 25.06), reading(Quantity::humidity, 50.55)));
  EXPECT_EQ(decoded(advertisement, &keys).problem(), DecodeProblem::replayed);
  EXPECT_EQ(decoded(payload("0404138a01", bthome_v1_service), &keys).problem(), DecodeProblem::not_encrypted);
}

std::string written(const BTHome& message) {
  AdvertisementBuilder builder;
  encode(message, builder);
  return to_hex(*AdvertisementData(builder.bytes()).service_data(Uuid(bthome_service)));
}

TEST(BTHomeEncoder, WritesObjectsInTheOrderOfTheirIdentifiers) {
  EXPECT_EQ(written({.readings = {reading(Quantity::motion, 1), reading(Quantity::temperature, 25.06),
                                  reading(Quantity::battery, 93)}}),
            "40015d02ca092101");
  EXPECT_EQ(
      written({.readings = {reading(Quantity::dimmer, static_cast<double>(InputEvent::rotate_left)), reading(Quantity::steps, 3)},
               .text = "hi",
               .raw = {0xBE, 0xEF},
               .trigger_based = true,
               .address = device}),
      "46a5808fe648543c010353026869"
      "5402beef");
}

TEST(BTHomeEncoder, TakesTheFinestObjectThatHoldsTheValue) {
  const auto one = [](Quantity quantity, double value) { return written({.readings = {reading(quantity, value)}}); };
  EXPECT_EQ(one(Quantity::temperature, -400), "404560f0");
  EXPECT_EQ(one(Quantity::voltage, 3.3), "400ce40c");
  EXPECT_EQ(one(Quantity::voltage, 230), "404afc08");
  EXPECT_EQ(one(Quantity::count, 255), "4009ff");
  EXPECT_EQ(one(Quantity::count, 256), "403d0001");
  EXPECT_EQ(one(Quantity::count, -1), "4059ff");
  EXPECT_EQ(one(Quantity::weight, 80.3), "40065e1f") << "not in pounds";
}

TEST(BTHomeEncoder, RefusesWhatTheFormatCannotSay) {
  EXPECT_THROW(written({.readings = {reading(Quantity::tilt, 1)}}), UsageError);
  EXPECT_THROW(written({.readings = {reading(Quantity::battery, 256)}}), UsageError);
  EXPECT_THROW(written({.readings = {reading(Quantity::battery, -1)}}), UsageError);
  EXPECT_THROW(written({.readings = {reading(Quantity::temperature, std::nan(""))}}), UsageError);
  EXPECT_THROW(written({.readings = {reading(Quantity::button, static_cast<double>(InputEvent::rotate_left))}}), UsageError);
  EXPECT_THROW(written({.readings = {reading(Quantity::dimmer, static_cast<double>(InputEvent::press))}}), UsageError);
  EXPECT_THROW(written({.readings = {reading(Quantity::button, std::nan(""))}}), UsageError);
  EXPECT_THROW(written({.readings = {}, .text = std::string(256, 'a')}), UsageError);
  EXPECT_EQ(written({.readings = {{.quantity = Quantity::battery, .valid = false}}}), "40") << "there is no mark for it";
}

// A reading as the object would give it, so that it can be sent again.
Reading any_reading() {
  const auto all = bthome::all_objects();
  const bthome::Object object = *rc::gen::suchThat(rc::gen::elementOf(std::vector(all.begin(), all.end())), [](const auto& each) {
    using enum bthome::Coding;
    return each.factor == 1 && (each.coding == number || each.coding == signed_number || each.coding == binary);
  });
  if (object.coding == bthome::Coding::binary) return reading(object.quantity, *rc::gen::inRange(0, 2));
  const auto bytes = *rc::gen::container<std::vector<uint8_t>>(object.size, rc::gen::arbitrary<uint8_t>());
  const double number = object.coding == bthome::Coding::number ? static_cast<double>(bthome::unsigned_number(bytes))
                                                                : static_cast<double>(bthome::signed_number(bytes));
  return reading(object.quantity, object.value_of(number));
}

RC_GTEST_PROP(BTHomeEncoder, SendsWhatIsReceivedPlainAndEncrypted, (uint32_t counter)) {
  BTHome message{.trigger_based = *rc::gen::arbitrary<bool>()};
  for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
    const Reading made = any_reading();
    if (std::ranges::find(message.readings, made.quantity, &Reading::quantity) == message.readings.end())
      message.readings.push_back(made);
  }
  if (*rc::gen::arbitrary<bool>()) message.address = device;
  Conversation talk;
  AdvertisementBuilder plain;
  encode(message, plain);
  BTHomeKey key{.address = device, .counter = counter};
  std::ranges::copy(bind_key, key.bytes.begin());
  AdvertisementBuilder encrypted;
  encode(message, key, encrypted);
  std::ranges::sort(message.readings, {}, &Reading::quantity);
  for (const Decoded& result : {decoded(plain.bytes()), decoded(encrypted.bytes(), &talk.keys)}) {
    std::vector<Reading> received(result.readings().begin(), result.readings().end());
    std::ranges::sort(received, {}, &Reading::quantity);
    const bool is_empty_and_sealed = message.readings.empty() && result.format().empty();
    RC_ASSERT(received == message.readings);
    RC_ASSERT(is_empty_and_sealed || (result.attribute("trigger_based") == "true") == message.trigger_based);
  }
}

}  // namespace
}  // namespace moor
