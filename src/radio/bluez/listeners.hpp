#pragma once
// Callbacks that are told about one thing each. Any of them may end itself, end others, or add new ones while they are told.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace moor::bluez {

/// All on one thread. Held by a shared_ptr, so that a listener may outlive it.
template <typename... Arguments>
class Listeners : public std::enable_shared_from_this<Listeners<Arguments...>> {
public:
  using Callback = std::function<void(Arguments...)>;

  class Listener {
  public:
    Listener(std::shared_ptr<Listeners> all, uint64_t key, Callback callback)
        : all_(all), entry_(std::make_shared<Entry>(Entry{key, std::move(callback)})) {
      all->entries_.push_back(entry_);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() {
      entry_->alive = false;
      if (const auto all = all_.lock()) all->sweep();
    }

  private:
    std::weak_ptr<Listeners> all_;
    std::shared_ptr<typename Listeners::Entry> entry_;
  };

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  /// Tells those of the key. Those that are added meanwhile are not told.
  void tell(uint64_t key, Arguments... arguments) {
    tell_if([key](uint64_t each) { return each == key; }, arguments...);
  }
  void tell_all(Arguments... arguments) {
    tell_if([](uint64_t) { return true; }, arguments...);
  }

private:
  struct Entry {
    uint64_t key;
    Callback callback;
    bool alive = true;
  };

  template <typename Which>
  void tell_if(Which which, Arguments... arguments) {
    if (entries_.empty()) return;
    const auto keep = this->shared_from_this();
    ++telling_;
    const size_t count = entries_.size();
    for (size_t i = 0; i < count; ++i) {
      const std::shared_ptr<Entry> entry = entries_[i];
      if (entry->alive && which(entry->key)) entry->callback(arguments...);
    }
    --telling_;
    sweep();
  }
  void sweep() {
    if (telling_ == 0) std::erase_if(entries_, [](const auto& entry) { return !entry->alive; });
  }

  std::vector<std::shared_ptr<Entry>> entries_;
  int telling_ = 0;
};

}  // namespace moor::bluez
