#pragma once
// Reads the devices of a world's file.

#include "radio/sim/world_file_read.hpp"

#include <unordered_map>

namespace moor::sim {

class DeviceReader {
public:
  /// @param radios  that faults may name; must outlive the reader.
  DeviceReader(FileReader& reader, const std::vector<RadioEntry>& radios, uint64_t seed)
      : reader_(reader), radios_(radios), seed_(seed) {}

  void read(Node node);
  [[nodiscard]] std::vector<DeviceEntry> take_devices() { return std::move(devices_); }

private:
  void read_device(const toml::table& table);
  [[nodiscard]] bool has_room_for(size_t count, const toml::table& table);
  [[nodiscard]] std::optional<AdvertisingPlan> advertising(const DeviceDraft& draft, const toml::table& table);
  [[nodiscard]] Movement movement(const DeviceDraft& draft, const Given& given, const toml::table& table);
  [[nodiscard]] std::optional<Sleep> sleep(Node node);
  void read_pairing(DeviceDraft& draft, const Given& given, const toml::table& table);
  [[nodiscard]] DeviceFault fault(const toml::table& table);
  void add_copy(const DeviceDraft& draft, const std::optional<AdvertisingPlan>& plan, size_t n, const toml::table& table);

  FileReader& reader_;
  const std::vector<RadioEntry>& radios_;
  uint64_t seed_;
  std::vector<DeviceEntry> devices_;
  std::unordered_map<uint64_t, toml::source_index> addresses_;  // and the lines of their tables
  size_t weight_ = 0;
};

}  // namespace moor::sim
