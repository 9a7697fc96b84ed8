#pragma once
// Finds what lies in a slab by a part of itself: a hash set that holds places of four bytes, and looks at the slab for their keys. A map
// would hold every key twice.

#include "moor/slab.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <functional>
#include <optional>
#include <type_traits>

namespace moor {

/// @tparam key  the member that tells the values apart, such as &Device::address.
template <auto key>
class SlabIndex;

template <typename T, typename Key, Key T::* key>
class SlabIndex<key> {
  static_assert(!std::is_same_v<Key, uint32_t>, "it could not be told from a place");

public:
  /// @param slab  must stay where it is as long as the index.
  explicit SlabIndex(const Slab<T>& slab) : places_(0, Hash{&slab}, Equal{&slab}) {}
  SlabIndex(const SlabIndex&) = delete;
  SlabIndex& operator=(const SlabIndex&) = delete;

  [[nodiscard]] std::optional<uint32_t> find(const Key& wanted) const noexcept {
    const auto found = places_.find(wanted);
    return found == places_.end() ? std::nullopt : std::optional(*found);
  }
  /// @pre the value has its key, and keeps it until `erase`; no other value of the index has the same.
  void insert(uint32_t place) { places_.insert(place); }
  void erase(uint32_t place) noexcept { places_.erase(place); }
  [[nodiscard]] size_t size() const noexcept { return places_.size(); }

private:
  struct Hash {
    using is_transparent = void;
    const Slab<T>* slab;
    size_t operator()(const Key& value) const noexcept { return std::hash<Key>()(value); }
    size_t operator()(uint32_t place) const noexcept { return std::hash<Key>()((*slab)[place].*key); }
  };
  struct Equal {
    using is_transparent = void;
    const Slab<T>* slab;
    bool operator()(uint32_t a, uint32_t b) const noexcept { return a == b; }
    bool operator()(const Key& wanted, uint32_t place) const noexcept { return (*slab)[place].*key == wanted; }
    bool operator()(uint32_t place, const Key& wanted) const noexcept { return (*slab)[place].*key == wanted; }
  };

  boost::unordered_flat_set<uint32_t, Hash, Equal> places_;
};

}  // namespace moor
