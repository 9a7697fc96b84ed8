#pragma once
// The links of this process, by adapter and device. BlueZ has one connection to a device for all programs, and nobody counts who uses it: so
// this process counts its own links, and knows which connections were there before it came.

#include "moor/radio.hpp"

#include <map>

namespace moor::bluez {

class LinkRegistry {
public:
  struct Entry {
    int links = 0;           ///< open ones of this process, those that are being made too
    bool made_here = false;  ///< else the connection was there before, another program's or one that a dead program has left
    bool closing = false;    ///< this process has asked to end it
    std::string label{};     ///< of the link that came first
    TimePoint since{};
    std::map<uint16_t, int> notifying{};  ///< by value handle: links that are subscribed
  };
  using Key = std::pair<unsigned, uint64_t>;  ///< adapter, address bits

  /// Counts as a link as long as it exists.
  class Place {
  public:
    Place(LinkRegistry& registry, Key key, std::string label, TimePoint since) : registry_(&registry), key_(key) {
      Entry& entry = registry_->entries_[key];
      if (entry.links++ == 0) {
        entry.label = std::move(label);
        entry.since = since;
      }
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { leave(); }
    void leave() noexcept {
      if (registry_ == nullptr) return;
      const auto found = registry_->entries_.find(key_);
      if (--found->second.links == 0) registry_->entries_.erase(found);
      registry_ = nullptr;
    }
    /// @pre it has not left
    [[nodiscard]] Entry& entry() const { return registry_->entries_.at(key_); }
    [[nodiscard]] bool has_left() const noexcept { return registry_ == nullptr; }

  private:
    LinkRegistry* registry_;
    Key key_;
  };

  [[nodiscard]] const std::map<Key, Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] Entry* find(Key key) noexcept {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
  }

private:
  std::map<Key, Entry> entries_;
};

}  // namespace moor::bluez
