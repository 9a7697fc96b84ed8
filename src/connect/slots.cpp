#include "moor/slots.hpp"

#include "connect/radio_names.hpp"
#include "core/activities.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace moor {

namespace {

// The ledger has whole names. A radio that is gone can still be named so.
std::string whole_name(PathSource& paths, const std::string& name) {
  const Radio* const radio = find_radio(paths, name);
  return radio != nullptr ? radio->info().name : name;
}

bool is_connected(const Radio& radio, const Address& device) {
  const auto known = radio.find_device(device);
  return known && known->connected;
}

}  // namespace

struct SlotManager::State {
  State(boost::asio::any_io_executor executor, PathSource& paths) : executor(std::move(executor)), paths(paths) {}

  struct Watch {
    Watch(std::string its_radio, const Address& its_device) : radio(std::move(its_radio)), device(its_device) {}
    std::string radio;
    Address device;
    boost::asio::cancellation_signal stop{};
  };

  void begin_watch(const std::shared_ptr<State>& self, Radio& radio, const Address& device) {
    const std::string name = radio.info().name;
    if (std::ranges::any_of(watches, [&](const auto& each) { return each->radio == name && each->device == device; })) return;
    const auto watching = std::make_shared<Watch>(name, device);
    watches.push_back(watching);
    boost::asio::co_spawn(executor, watch(self, watching, radio),
                          boost::asio::bind_cancellation_slot(watching->stop.slot(), [self, watching](std::exception_ptr) {
                            std::erase(self->watches, watching);
                          }));
  }

  // From the allocation on until the link that came of it is gone, or the slot was given back.
  static awaitable<void> watch(std::shared_ptr<State> self, std::shared_ptr<Watch> watching, Radio& radio) {
    bool was_connected = false;
    while (self->holds(*watching)) {
      const bool connected = is_connected(radio, watching->device);
      if (was_connected && !connected) {
        self->table.on_disconnected(watching->radio, watching->device);
        co_return;
      }
      was_connected = connected;
      co_await radio.device_changed(watching->device);
    }
  }

  [[nodiscard]] bool holds(const Watch& watching) const {
    const auto devices = table.allocations(watching.radio).allocated;
    return std::ranges::find(devices, watching.device) != devices.end();
  }

  void stop_watches(const std::string* radio = nullptr, const Address* device = nullptr) {
    std::vector<std::shared_ptr<Watch>> ended;
    std::erase_if(watches, [&](const auto& each) {
      if ((radio != nullptr && each->radio != *radio) || (device != nullptr && each->device != *device)) return false;
      ended.push_back(each);
      return true;
    });
    for (const auto& each : ended) each->stop.emit(boost::asio::cancellation_type::all);
  }

  boost::asio::any_io_executor executor;
  PathSource& paths;
  SlotTable table;
  std::vector<std::shared_ptr<Watch>> watches;
};

SlotManager::SlotManager(boost::asio::any_io_executor executor, PathSource& paths)
    : state_(std::make_shared<State>(std::move(executor), paths)) {}

SlotManager::~SlotManager() {
  state_->stop_watches();
}

void SlotManager::register_radio(const std::string& wanted, std::optional<int> slots) {
  Radio* const radio = find_radio(state_->paths, wanted);
  if (radio == nullptr)
    throw UsageError(fmt::format("there is no radio \"{}\"", wanted), {.advice = "`moor radios` shows those that there are."});
  const std::string& name = radio->info().name;
  const int limit = radio->slots().limit;
  std::vector<Address> connected;
  for (const KnownDevice& device : radio->known_devices())
    if (device.connected) connected.push_back(device.address);
  state_->stop_watches(&name);
  state_->table.register_radio(name, slots.value_or(limit > 0 ? limit : default_connection_slots), connected);
  for (const Address& device : connected) state_->begin_watch(state_, *radio, device);
}

void SlotManager::remove_radio(const std::string& radio) {
  const std::string name = whole_name(state_->paths, radio);
  state_->stop_watches(&name);
  state_->table.remove_radio(name);
}

bool SlotManager::allocate(const Path& path) {
  const std::string& radio = path.radio->info().name;
  if (!state_->table.allocate(radio, path.device)) return false;
  if (state_->table.is_registered(radio)) state_->begin_watch(state_, *path.radio, path.device);
  return true;
}

bool SlotManager::release(const Path& path) {
  const std::string& radio = path.radio->info().name;
  const bool released = state_->table.release(radio, path.device, is_connected(*path.radio, path.device));
  if (released) state_->stop_watches(&radio, &path.device);
  return released;
}

Allocations SlotManager::allocations(const std::string& radio) const {
  return state_->table.allocations(whole_name(state_->paths, radio));
}

SlotTable::Subscription SlotManager::on_change(SlotTable::Callback callback) {
  return state_->table.on_change(std::move(callback));
}

std::string SlotManager::diagnostics() const {
  return state_->table.diagnostics();
}

}  // namespace moor
