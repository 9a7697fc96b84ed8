#pragma once
// Storage for very many small values by dense index: grows in blocks that never move, so a million devices cost no copy and no spare
// half of a doubled array.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace moor {

/// A device's place in every table of this process that keeps something about it. Handed out by the DeviceTable, used again later.
using DeviceSlot = uint32_t;

template <typename T, size_t block_size = 1024>
class Slab {
public:
  [[nodiscard]] T& operator[](size_t index) noexcept { return (*blocks_[index / block_size])[index % block_size]; }
  [[nodiscard]] const T& operator[](size_t index) const noexcept { return (*blocks_[index / block_size])[index % block_size]; }
  [[nodiscard]] size_t capacity() const noexcept { return blocks_.size() * block_size; }
  /// Makes every index up to and including `index` usable; new values are default-constructed.
  void reach(size_t index) {
    while (capacity() <= index) blocks_.push_back(std::make_unique<std::array<T, block_size>>());
  }

private:
  std::vector<std::unique_ptr<std::array<T, block_size>>> blocks_;
};

}  // namespace moor
