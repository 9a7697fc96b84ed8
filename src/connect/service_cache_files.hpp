#pragma once
// The folder of a service cache: a file for each device, "a4cf12345678-public.json". A file is written beside its place, brought to the disk
// and then renamed, so that a program that is killed leaves the old or the new one whole.

#include "moor/service_cache.hpp"

#include <mutex>

namespace moor {

class ServiceCacheFiles {
public:
  ServiceCacheFiles(std::filesystem::path folder, size_t max_files);

  [[nodiscard]] static bool keeps(const Address& device) noexcept;
  /// A file that is not such an entry is removed, and nothing returned.
  [[nodiscard]] std::optional<ServiceCache::Entry> read(const Address& device);
  // Errors are counted and kept in words.
  void write(const Address& device, const ServiceCache::Entry& entry);
  /// @returns whether there was a file.
  bool remove(const Address& device);
  [[nodiscard]] bool has(const Address& device) const;

  /// Those of files only. These two may be called from any thread, the others from two as long as not for one device at a time.
  [[nodiscard]] ServiceCacheCounters counters() const;
  [[nodiscard]] std::string problem() const;
  void count_error(const std::string& problem);

private:
  [[nodiscard]] std::filesystem::path path_of(const Address& device) const;
  void remove_leftovers();
  void make_room();

  std::filesystem::path folder_;
  size_t max_files_;
  size_t files_ = 0;  // about as many as there are: counted anew when room is made; of the writing thread
  mutable std::mutex mutex_;
  ServiceCacheCounters counters_;
  std::string problem_;
};

}  // namespace moor
