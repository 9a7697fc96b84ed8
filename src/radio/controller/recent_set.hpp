#pragma once
// The newest so many of what was put into it; the oldest is forgotten for a new one.

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <vector>

namespace moor::controller {

class RecentSet {
public:
  explicit RecentSet(size_t capacity) : capacity_(capacity) {}
  /// @returns whether it was not there.
  bool insert(uint64_t key) {
    if (!keys_.insert(key).second) return false;
    if (order_.size() < capacity_) {
      order_.push_back(key);
      return true;
    }
    keys_.erase(order_[oldest_]);
    order_[oldest_] = key;
    oldest_ = (oldest_ + 1) % capacity_;
    return true;
  }
  [[nodiscard]] bool contains(uint64_t key) const { return keys_.contains(key); }
  [[nodiscard]] size_t size() const noexcept { return keys_.size(); }
  void clear() {
    keys_.clear();
    order_.clear();
    oldest_ = 0;
  }

private:
  size_t capacity_;
  size_t oldest_ = 0;
  boost::unordered_flat_set<uint64_t> keys_;
  std::vector<uint64_t> order_;  // a ring once it is full
};

}  // namespace moor::controller
