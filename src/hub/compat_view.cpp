#include "hub/compat_view.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <utility>

namespace moor::hub {

namespace {

constexpr uint16_t apple = 0x004C;
constexpr uint8_t wanted_of_apple[] = {0x02, 0x06, 0x10, 0x11, 0x12};

// bytes.decode("utf-8", "replace") of Python: U+FFFD for each longest piece that could have begun a character.
std::string decode(Bytes raw) {
  std::string text;
  while (!raw.empty()) {
    size_t size = utf8_sequence_size(raw);
    if (size > 0) {
      text.append(reinterpret_cast<const char*>(raw.data()), size);
    } else {
      text += "\xEF\xBF\xBD";
      size = broken_utf8_size(raw);
    }
    raw = raw.subspan(size);
  }
  return text;
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_any_case(const std::string& text, const std::string& beginning) noexcept {
  return text.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

CompatContent CompatContent::parse(Bytes payload) {
  CompatContent content;
  bool has_complete_name = false;
  for (const AdStructure& structure : AdvertisementData(payload)) {
    for_each_service_uuid(structure, [&](const Uuid& uuid) { content.service_uuids.insert(uuid); });
    if (const auto found = as_manufacturer_data(structure))
      content.manufacturer_data[found->company].assign(found->data.begin(), found->data.end());
    if (const auto found = as_service_data(structure))
      content.service_data[found->service].assign(found->data.begin(), found->data.end());
    if (structure.type == AdType::complete_name || (structure.type == AdType::shortened_name && !has_complete_name)) {
      content.name = decode(structure.data);
      has_complete_name = structure.type == AdType::complete_name;
    }
    if (structure.type == AdType::tx_power && structure.data.size() == 1)
      content.tx_power_dbm = static_cast<int8_t>(structure.data[0]);
  }
  return content;
}

bool is_apple_noise(const AdvertisementData& advertisement) noexcept {
  std::optional<Bytes> of_apple;
  for (const AdStructure& structure : advertisement) {
    if (as_service_data(structure)) return false;
    const auto found = as_manufacturer_data(structure);
    if (!found) continue;
    if (found->company != apple) return false;
    of_apple = found->data;
  }
  return of_apple && (of_apple->empty() || std::ranges::find(wanted_of_apple, (*of_apple)[0]) == std::end(wanted_of_apple));
}

void merge(CompatContent& known, const CompatContent& latest) {
  if (latest.name.size() >= known.name.size()) known.name = latest.name;
  known.service_uuids.insert(latest.service_uuids.begin(), latest.service_uuids.end());
  for (const auto& [service, data] : latest.service_data) known.service_data[service] = data;
  for (const auto& [company, data] : latest.manufacturer_data) known.manufacturer_data[company] = data;
  if (latest.tx_power_dbm) known.tx_power_dbm = latest.tx_power_dbm;
}

std::string better_name(const std::string& kept, const std::string& latest, const Address& device) {
  if (latest.empty()) return kept;
  if (const auto address = Address::parse(latest); address && address->bits() == device.bits()) return kept;
  return starts_with_any_case(kept, latest) ? kept : latest;
}

bool CompatView::update(const Address& device, const CompatContent& latest) {
  CompatContent before = content_;
  const std::string name_before = name_;
  merge(content_, latest);
  name_ = better_name(name_, content_.name, device);
  before.name = content_.name;
  before.tx_power_dbm = content_.tx_power_dbm;  // what it sends with is no news
  return std::exchange(is_new_, false) || name_ != name_before || before != content_;
}

}  // namespace moor::hub
