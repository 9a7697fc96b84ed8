// Phones and trackers in what other projects' decoders make of an advertisement: vectors/*.jsonl of the test data. Where a source
// says that nothing can be read, none of these formats reads anything; of any other line none takes the name.

#include "moor/decoder.hpp"
#include "vectors/vectors.hpp"

#include <iostream>
#include <set>

namespace moor {
namespace {

const std::set<std::string_view> phone_formats = {"Apple Continuity", "Apple Find My", "Chipolo",       "Google Fast Pair",
                                                  "Google Find Hub",  "Google Nearby", "Microsoft CDP", "Pebblebee",
                                                  "Samsung SmartTag", "Swift Pair",    "Tile"};

bool expects_nothing(const Vector& vector) {
  const json::value expected = vector.get("expected");
  if (expected.is_null()) return true;
  const json::value* values = expected.is_object() ? expected.get_object().if_contains("values") : nullptr;
  return values != nullptr && values->is_object() && values->get_object().empty();
}

TEST(PhoneVectors, AreNeverAnotherMakersReadings) {
  const auto folder = test_data() / "vectors";
  SKIP_WITHOUT(folder);
  size_t of_phones = 0;
  size_t of_others = 0;
  Decoded decoded;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    for (const Vector& vector : read_vectors(entry.path())) {
      const auto payload = payload_of(vector);
      decode(AdvertisementData(payload), decoded);
      const bool phone = vector.text("format") == "apple" || vector.text("format") == "feaa-other";
      ++(phone ? of_phones : of_others);
      if (phone && expects_nothing(vector)) {
        EXPECT_TRUE(decoded.readings().empty())
            << vector.id << "\n  expected nothing, found " << decoded.readings().size() << " readings of " << decoded.format();
      } else if (!phone && !decoded.readings().empty()) {
        EXPECT_FALSE(phone_formats.contains(decoded.format()))
            << vector.id << "\n  expected " << vector.text("format") << ", found " << decoded.format();
      }
    }
  }
  std::cout << "vectors/*.jsonl: " << of_phones << " of phones ran, " << of_others << " of others; none left out\n";
}

}  // namespace
}  // namespace moor
