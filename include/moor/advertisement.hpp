#pragma once
// What an advertisement says: a view over the raw AD structures (Core 5.4, Vol 3, Part C, 11; types in the Core Specification
// Supplement, Part A). Nothing is copied or parsed until it is asked for, and every structure is kept, in order, duplicates too.
//
//   ┌─────┬──────┬──────────────┐
//   │ len │ type │ data (len-1) │ ...     multi-byte numbers are little-endian
//   └─────┴──────┴──────────────┘
//
// Damaged input (the rules that parsers agree on): a zero length byte is skipped; a structure that runs past the end is dropped and all
// before it is kept; one that is too short for its type is passed over by the accessors but stays visible in the iteration.

#include "moor/bytes.hpp"
#include "moor/uuid.hpp"

#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace moor {

enum class AdType : uint8_t {
  flags = 0x01,
  incomplete_uuids16 = 0x02,
  complete_uuids16 = 0x03,
  incomplete_uuids32 = 0x04,
  complete_uuids32 = 0x05,
  incomplete_uuids128 = 0x06,
  complete_uuids128 = 0x07,
  shortened_name = 0x08,
  complete_name = 0x09,
  tx_power = 0x0A,
  solicited_uuids16 = 0x14,
  solicited_uuids128 = 0x15,
  service_data16 = 0x16,
  appearance = 0x19,
  advertising_interval = 0x1A,
  le_address = 0x1B,
  solicited_uuids32 = 0x1F,
  service_data32 = 0x20,
  service_data128 = 0x21,
  uri = 0x24,
  mesh_message = 0x2A,
  manufacturer_data = 0xFF,
};

/// The type's name in the Assigned Numbers, such as "Complete Local Name"; "Unknown" where moor does not know it.
[[nodiscard]] const char* to_string(AdType type) noexcept;

struct AdStructure {
  AdType type{};
  Bytes data;         ///< what follows the type
  size_t offset = 0;  ///< of the length byte in the payload
};

struct ManufacturerData {
  uint16_t company = 0;  ///< company identifier of the Bluetooth SIG
  Bytes data;            ///< what follows it
};

struct ServiceData {
  Uuid service;
  Bytes data;
};

/// @returns the structure's content, if it is of that type and long enough.
[[nodiscard]] std::optional<ManufacturerData> as_manufacturer_data(const AdStructure& structure) noexcept;
[[nodiscard]] std::optional<ServiceData> as_service_data(const AdStructure& structure) noexcept;

/// Calls `visit(Uuid)` for each service UUID that a list structure (types 02 to 07) holds; a rest that is no whole UUID is ignored.
template <typename Visit>
void for_each_service_uuid(const AdStructure& structure, Visit&& visit) {
  const auto type = static_cast<uint8_t>(structure.type);
  if (type < 0x02 || type > 0x07) return;
  const size_t width = type <= 0x03 ? 2 : type <= 0x05 ? 4 : 16;
  for (size_t at = 0; at + width <= structure.data.size(); at += width) visit(*Uuid::from_le(structure.data.subspan(at, width)));
}

class AdvertisementData {
public:
  constexpr AdvertisementData() = default;
  constexpr explicit AdvertisementData(Bytes payload) noexcept : payload_(payload) {}

  class Iterator {
  public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = AdStructure;
    using difference_type = std::ptrdiff_t;
    using pointer = const AdStructure*;
    using reference = const AdStructure&;

    constexpr Iterator() = default;
    constexpr Iterator(Bytes payload, size_t next) noexcept : payload_(payload), next_(next) { read(); }

    constexpr reference operator*() const noexcept { return current_; }
    constexpr pointer operator->() const noexcept { return &current_; }
    constexpr Iterator& operator++() noexcept {
      read();
      return *this;
    }
    constexpr Iterator operator++(int) noexcept {
      Iterator before = *this;
      read();
      return before;
    }
    friend constexpr bool operator==(const Iterator& a, const Iterator& b) noexcept {
      return a.current_.offset == b.current_.offset;
    }

  private:
    constexpr void read() noexcept {
      while (next_ < payload_.size() && payload_[next_] == 0) ++next_;
      current_ = {AdType{}, Bytes{}, payload_.size()};
      if (next_ >= payload_.size()) return;
      const size_t length = payload_[next_];
      if (length >= payload_.size() - next_) return;  // runs past the end
      current_ = {static_cast<AdType>(payload_[next_ + 1]), payload_.subspan(next_ + 2, length - 1), next_};
      next_ += 1 + length;
    }

    Bytes payload_;
    size_t next_ = 0;
    AdStructure current_;
  };

  [[nodiscard]] constexpr Iterator begin() const noexcept { return Iterator(payload_, 0); }
  [[nodiscard]] constexpr Iterator end() const noexcept { return Iterator(payload_, payload_.size()); }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return payload_; }

  /// @returns where a structure runs past the end of the payload, if one does.
  [[nodiscard]] std::optional<ParseError> error() const noexcept;

  /// The first structure of a type.
  [[nodiscard]] std::optional<Bytes> find(AdType type) const noexcept;
  /// The complete name, else the shortened one; an empty one is none. Valid UTF-8 for printing, see `printable_name` for what is replaced.
  [[nodiscard]] std::optional<std::string> local_name() const;
  /// The bytes of that name as they were sent.
  [[nodiscard]] std::optional<Bytes> raw_local_name() const noexcept;
  [[nodiscard]] std::optional<uint8_t> flags() const noexcept;
  /// Transmit power at the antenna in dBm; nothing where the structure is not of one byte.
  [[nodiscard]] std::optional<int8_t> tx_power_dbm() const noexcept;
  [[nodiscard]] std::optional<uint16_t> appearance() const noexcept;
  [[nodiscard]] bool has_service(const Uuid& uuid) const noexcept;
  [[nodiscard]] std::vector<Uuid> service_uuids() const;  ///< in order, without repeats
  /// The first of that company or service.
  [[nodiscard]] std::optional<Bytes> manufacturer_data(uint16_t company) const noexcept;
  [[nodiscard]] std::optional<Bytes> service_data(const Uuid& service) const noexcept;

private:
  Bytes payload_;
};

/// A name fit for JSON and a terminal: what is not UTF-8 becomes U+FFFD, control characters too, NUL ends it.
[[nodiscard]] std::string printable_name(Bytes raw);

/// Writes AD structures one after the other, for what moor itself sends or simulates.
class AdvertisementBuilder {
public:
  /// @throws std::length_error if the data is over 254 bytes, the most that one structure can hold.
  AdvertisementBuilder& add(AdType type, Bytes data);
  AdvertisementBuilder& flags(uint8_t flags);
  AdvertisementBuilder& complete_name(std::string_view name);
  AdvertisementBuilder& tx_power(int8_t dbm);
  /// A complete list; each UUID in the shortest form it has. UUIDs of other widths go into lists of their own.
  AdvertisementBuilder& service_uuids(std::span<const Uuid> uuids);
  AdvertisementBuilder& manufacturer_data(uint16_t company, Bytes data);
  AdvertisementBuilder& service_data(const Uuid& service, Bytes data);
  [[nodiscard]] const std::vector<uint8_t>& bytes() const noexcept { return bytes_; }

private:
  std::vector<uint8_t> bytes_;
};

}  // namespace moor
