#include "moor/service_cache.hpp"

#include "connect/service_cache_files.hpp"
#include "core/require.hpp"

#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <thread>

namespace moor {

namespace {

using EntryPointer = std::shared_ptr<const ServiceCache::Entry>;

// Writes files on a thread of its own, in the order of the calls; of one device only the newest state.
class Writer {
public:
  explicit Writer(ServiceCacheFiles& files) : files_(files) {}
  ~Writer() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// @param entry  null: the file is removed.
  void put(const Address& device, EntryPointer entry) {
    const std::lock_guard lock(mutex_);
    if (pending_.size() >= max_pending && !pending_.contains(device)) {
      files_.count_error("the disk is too slow for the tables that are to be written");
      return;
    }
    const auto [place, is_new] = pending_.insert_or_assign(device, std::move(entry));
    if (is_new) order_.push_back(device);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    changed_.notify_all();
  }

  /// What the file will have when all is written: an entry, or null for no file. Nothing where nothing is to be written.
  [[nodiscard]] std::optional<EntryPointer> find(const Address& device) const {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(device);
    if (found == pending_.end()) return std::nullopt;
    return found->second;
  }

  void flush() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return pending_.empty(); });
  }

private:
  static constexpr size_t max_pending = 1000;

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return stopping_ || !order_.empty(); });
      if (order_.empty()) return;
      const Address device = order_.front();
      order_.pop_front();
      const EntryPointer entry = pending_[device];
      lock.unlock();
      if (entry != nullptr)
        files_.write(device, *entry);
      else
        (void)files_.remove(device);
      lock.lock();
      // Pending until now, so that nobody reads the file while it changes. Another state may have been put meanwhile.
      if (pending_[device] == entry) {
        pending_.erase(device);
        changed_.notify_all();
      } else {
        order_.push_back(device);
      }
    }
  }

  ServiceCacheFiles& files_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Address, EntryPointer> pending_;
  std::deque<Address> order_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

struct ServiceCache::State {
  explicit State(ServiceCacheOptions given) : options(std::move(given)) {
    require(options.capacity > 0, "a service cache has room for at least one device");
    if (options.folder.empty()) return;
    files.emplace(options.folder, options.max_files);
    writer.emplace(*files);
  }

  struct Remembered {
    Address device;
    EntryPointer entry;
  };

  [[nodiscard]] EntryPointer find(const Address& device) {
    if (const auto known = index.find(device); known != index.end()) {
      by_use.splice(by_use.begin(), by_use, known->second);
      return known->second->entry;
    }
    if (!files) return nullptr;
    EntryPointer entry;
    if (const auto pending = writer->find(device)) {
      entry = *pending;
    } else if (auto read = files->read(device)) {
      entry = std::make_shared<const Entry>(std::move(*read));
    }
    if (entry != nullptr) remember(device, entry);
    return entry;
  }

  void remember(const Address& device, EntryPointer entry) {
    if (const auto known = index.find(device); known != index.end()) by_use.erase(known->second);
    by_use.push_front({device, std::move(entry)});
    index[device] = by_use.begin();
    if (by_use.size() <= options.capacity) return;
    index.erase(by_use.back().device);
    by_use.pop_back();
    ++counters.evicted;
  }

  ServiceCacheOptions options;
  std::list<Remembered> by_use;  // the last used first
  std::map<Address, std::list<Remembered>::iterator> index;
  ServiceCacheCounters counters;
  std::optional<ServiceCacheFiles> files;
  std::optional<Writer> writer;
};

ServiceCache::ServiceCache(ServiceCacheOptions options) : state_(std::make_unique<State>(std::move(options))) {}

ServiceCache::~ServiceCache() = default;

std::optional<ServiceCache::Entry> ServiceCache::find_entry(const Address& device) {
  const EntryPointer found = state_->find(device);
  ++(found == nullptr ? state_->counters.misses : state_->counters.hits);
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::optional<GattServices> ServiceCache::find(const Address& device) {
  auto entry = find_entry(device);
  if (!entry) return std::nullopt;
  return std::move(entry->services);
}

void ServiceCache::store(const Address& device, GattServices services, std::vector<uint8_t> hash) {
  if (services.empty()) return;
  const auto entry = std::make_shared<const Entry>(Entry{std::move(services), std::move(hash)});
  ++state_->counters.stored;
  state_->remember(device, entry);
  if (state_->writer && ServiceCacheFiles::keeps(device)) state_->writer->put(device, entry);
}

bool ServiceCache::forget(const Address& device) {
  bool there = false;
  if (const auto known = state_->index.find(device); known != state_->index.end()) {
    state_->by_use.erase(known->second);
    state_->index.erase(known);
    there = true;
  }
  if (state_->writer) {
    const auto pending = state_->writer->find(device);
    const bool file = pending ? *pending != nullptr : state_->files->has(device);
    if (file) state_->writer->put(device, nullptr);
    there = there || file;
  }
  if (there) ++state_->counters.forgotten;
  return there;
}

void ServiceCache::flush() {
  if (state_->writer) state_->writer->flush();
}

size_t ServiceCache::size() const noexcept {
  return state_->by_use.size();
}

ServiceCacheCounters ServiceCache::counters() const {
  ServiceCacheCounters all = state_->counters;
  if (!state_->files) return all;
  const ServiceCacheCounters files = state_->files->counters();
  all.bad_files = files.bad_files;
  all.files_removed = files.files_removed;
  all.file_errors = files.file_errors;
  return all;
}

std::string ServiceCache::problem() const {
  return state_->files ? state_->files->problem() : std::string();
}

}  // namespace moor
