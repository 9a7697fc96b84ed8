#pragma once
// What is known of a device from all that it has advertised: its RSSI, and its data merged over advertisement, scan response and frames
// that it sends in turn. The last raw payload of each part stays available.

#include "moor/advertisement.hpp"
#include "moor/sighting.hpp"

#include <memory>
#include <vector>

namespace moor {

/// Count, minimum, maximum, mean and deviation of RSSI in dBm, in exact arithmetic.
class RssiStatistics {
public:
  /// @param rssi_dbm  a sample; not `no_rssi`.
  void add(int8_t rssi_dbm) noexcept;
  [[nodiscard]] uint32_t count() const noexcept { return count_; }
  [[nodiscard]] int8_t min() const noexcept { return min_; }
  [[nodiscard]] int8_t max() const noexcept { return max_; }
  [[nodiscard]] int8_t last() const noexcept { return last_; }
  [[nodiscard]] double mean() const noexcept { return static_cast<double>(sum_) / count_; }  ///< @pre count() > 0
  /// Sample deviation (n-1); nothing for fewer than two samples.
  [[nodiscard]] std::optional<double> stddev() const noexcept;

private:
  int64_t sum_ = 0;
  uint64_t sum_of_squares_ = 0;
  uint32_t count_ = 0;
  int8_t min_ = 0;
  int8_t max_ = 0;
  int8_t last_ = 0;
};

/// The merged data. Static advertisers cost no allocation. Of one that alternates, structures that are in no current part are kept aside, the
/// newest of each kind (company, service, type), at most `kept_limit` bytes of them.
class MergedAdvertisement {
public:
  static constexpr size_t kept_limit = 1024;

  MergedAdvertisement() = default;
  MergedAdvertisement(const MergedAdvertisement& other);
  MergedAdvertisement& operator=(const MergedAdvertisement& other);
  MergedAdvertisement(MergedAdvertisement&&) noexcept = default;
  MergedAdvertisement& operator=(MergedAdvertisement&&) noexcept = default;

  /// @returns whether the payload differs from the last one of its part. Directed and unfinished reports carry none and change nothing.
  bool update(const Sighting& sighting);

  [[nodiscard]] Bytes advertisement() const noexcept { return part(advertisement_); }
  [[nodiscard]] Bytes scan_response() const noexcept { return part(scan_response_); }
  /// Structures of earlier frames that neither current part repeats, as AD bytes.
  [[nodiscard]] Bytes kept() const noexcept { return overflow_ ? Bytes(overflow_->kept) : Bytes(); }

  /// Calls `visit(const AdStructure&)` for all that is known, the least current first, so that the last of a kind is the one that holds.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (Bytes bytes : {kept(), scan_response(), advertisement()})
      for (const AdStructure& structure : AdvertisementData(bytes)) visit(structure);
  }

  [[nodiscard]] std::optional<std::string> name() const;  ///< complete before shortened; printable
  [[nodiscard]] std::vector<Uuid> service_uuids() const;
  [[nodiscard]] bool has_service(const Uuid& uuid) const noexcept;
  [[nodiscard]] std::vector<ManufacturerData> manufacturer_data() const;  ///< one for each company, the latest
  [[nodiscard]] std::vector<ServiceData> service_data() const;            ///< one for each service, the latest
  [[nodiscard]] std::optional<int8_t> tx_power_dbm() const noexcept;

private:
  struct Part {
    uint8_t size = 0;  // up to legacy_payload_size, else `in_overflow`
    std::array<uint8_t, legacy_payload_size> bytes{};
  };
  struct Overflow {
    std::vector<uint8_t> advertisement;
    std::vector<uint8_t> scan_response;
    std::vector<uint8_t> kept;
  };
  static constexpr uint8_t in_overflow = 0xFF;

  [[nodiscard]] Bytes part(const Part& part) const noexcept;
  void keep_what_would_vanish(const Part& old, Bytes next, Bytes other);
  void keep(Bytes structure);
  Overflow& overflow();

  Part advertisement_;
  Part scan_response_;
  std::unique_ptr<Overflow> overflow_;
};

struct Device {
  Address address;
  TimePoint first_seen;
  TimePoint last_seen;
  RssiStatistics rssi;
  MergedAdvertisement data;
  uint32_t sightings = 0;
  RadioId radio = 0;  ///< the one that heard it last

  /// Takes a sighting in. @returns whether its payload was new.
  bool apply(const Sighting& sighting);
};

}  // namespace moor
