#include "moor/scanner.hpp"

#include "core/activities.hpp"

#include <boost/asio/this_coro.hpp>

namespace moor {

namespace asio = boost::asio;

Scanner::Scanner(Clock& clock, Radios radios, ScannerOptions options)
    : clock_(clock), radios_(std::move(radios)), options_(std::move(options)) {}

Scanner::~Scanner() = default;

awaitable<void> Scanner::run(std::optional<Duration> duration) {
  const auto executor = co_await asio::this_coro::executor;
  Event ended(executor);
  Activities activities(executor);
  size_t scanning = radios_.size();
  const ScanOptions scan_options{
      .active = options_.active, .service_uuids = options_.service_uuids, .patterns = options_.patterns};
  finished_ = false;
  stopping_ = false;
  ended_ = &ended;

  for (size_t i = 0; i < radios_.size(); ++i) {
    activities.start(radios_[i].scan(scan_options, *this), [&](std::exception_ptr error) {
      if (error && !stopping_) failures_.push_back(error);
      if (--scanning == 0) ended.set();
    });
  }
  if (duration) {
    activities.start(clock_.wait_for(*duration), [&](std::exception_ptr error) {
      if (!error) ended.set();
    });
  }

  std::exception_ptr cancelled;
  try {
    if (activities.running() > 0) co_await ended.wait();
  } catch (...) {
    cancelled = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const bool all_failed = !stopping_ && scanning == 0 && radios_.size() > 0 && failures_.size() >= radios_.size();
  stopping_ = true;
  ended_ = nullptr;
  co_await activities.stop();
  finished_ = true;
  if (arrived_ != nullptr) arrived_->set();
  if (cancelled) std::rethrow_exception(cancelled);
  if (all_failed) std::rethrow_exception(failures_.back());
}

void Scanner::stop() noexcept {
  stopping_ = true;
  if (ended_ != nullptr) ended_->set();
}

awaitable<std::optional<Discovery>> Scanner::next() {
  streaming_ = true;
  if (stream_.empty() && !finished_) {
    Event arrived(co_await asio::this_coro::executor);
    arrived_ = &arrived;
    struct Leave {
      Event*& place;
      ~Leave() { place = nullptr; }
    } leave{arrived_};
    co_await arrived.wait();
  }
  if (stream_.empty()) co_return std::nullopt;
  const Discovery discovery = stream_.front();
  stream_.pop_front();
  co_return discovery;
}

const Device* Scanner::find(const Address& address) const noexcept {
  const auto found = index_.find(address);
  return found == index_.end() ? nullptr : &devices_[found->second];
}

void Scanner::on_sightings(std::span<const Sighting> batch) {
  for (const Sighting& sighting : batch) {
    if (stopping_) return;
    on_sighting(sighting);
  }
}

void Scanner::on_sighting(const Sighting& sighting) {
  ++counters_.sightings;
  if (!options_.filter.passes(sighting)) return;
  const auto found = index_.find(sighting.address);
  const bool new_device = found == index_.end();
  if (new_device && devices_.size() >= options_.max_devices) {
    ++counters_.devices_refused;
    return;
  }
  const DeviceSlot slot = new_device ? add(sighting.address) : found->second;
  Device& device = devices_[slot];
  const Discovery discovery{sighting, slot, new_device, device.apply(sighting)};
  if (!options_.filter.passes(device)) return;
  ++counters_.passed;
  if (callback_) callback_(device, discovery);
  if (!streaming_) return;
  if (stream_.size() >= options_.stream_capacity) {
    stream_.pop_front();
    ++counters_.stream_dropped;
  }
  stream_.push_back(discovery);
  if (arrived_ != nullptr) arrived_->set();
}

DeviceSlot Scanner::add(const Address& address) {
  const auto slot = static_cast<DeviceSlot>(devices_.size());
  index_.emplace(address, slot);
  devices_.emplace_back();
  return slot;
}

bool Scanner::restore(const KnownDevice& known, RadioId radio) {
  Sighting sighting;
  sighting.address = known.address;
  sighting.time = clock_.now();
  sighting.radio = radio;
  sighting.rssi_dbm = known.rssi_dbm.value_or(no_rssi);
  if (index_.contains(known.address) || !options_.filter.passes(sighting)) return false;
  if (devices_.size() >= options_.max_devices) {
    ++counters_.devices_refused;
    return false;
  }
  constexpr size_t room = legacy_payload_size - 2;
  if (!known.name.empty()) {
    const std::string_view name = std::string_view(known.name).substr(0, room);
    std::vector<uint8_t> payload{
        static_cast<uint8_t>(name.size() + 1),
        static_cast<uint8_t>(name.size() < known.name.size() ? AdType::shortened_name : AdType::complete_name)};
    payload.insert(payload.end(), name.begin(), name.end());
    sighting.set_legacy_payload(payload);
  }
  Device& device = devices_[add(known.address)];
  (void)device.apply(sighting);
  device.sightings = 0;  // it was not heard
  return true;
}

awaitable<std::vector<Device>> discover(Clock& clock, Radios radios, Duration duration, ScannerOptions options) {
  Scanner scanner(clock, std::move(radios), std::move(options));
  co_await scanner.run(duration);
  std::vector<Device> found;
  for (const Device& device : scanner.devices())
    if (scanner.options().filter.passes(device)) found.push_back(device);
  co_return found;
}

awaitable<std::vector<Device>> discover(Clock& clock, Radios radios, Duration duration) {
  return discover(clock, std::move(radios), duration, ScannerOptions());
}

awaitable<std::optional<Device>> find_device_by_filter(Clock& clock, Radios radios, std::function<bool(const Device&)> matches,
                                                       Duration timeout) {
  Scanner scanner(clock, std::move(radios));
  std::optional<Device> found;
  scanner.on_sighting([&](const Device& device, const Discovery&) {
    if (found || !matches(device)) return;
    found = device;
    scanner.stop();
  });
  co_await scanner.run(timeout);
  co_return found;
}

awaitable<std::optional<Device>> find_device_by_address(Clock& clock, Radios radios, Address address, Duration timeout) {
  return find_device_by_filter(
      clock, std::move(radios), [address](const Device& device) { return device.address.bits() == address.bits(); }, timeout);
}

awaitable<std::optional<Device>> find_device_by_name(Clock& clock, Radios radios, std::string name, Duration timeout) {
  return find_device_by_filter(
      clock, std::move(radios), [name = std::move(name)](const Device& device) { return device.data.name() == name; }, timeout);
}

}  // namespace moor
