#include "radio/bluez/management_scan.hpp"

#include "core/event.hpp"
#include "core/within.hpp"
#include "hci/management_events.hpp"
#include "radio/bluez/management_scan_machine.hpp"
#include "radio/bluez/management_socket.hpp"
#include "radio/bluez/rfkill.hpp"
#include "radio/bluez/unavailable.hpp"

#include <fmt/format.h>
#include <array>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/detached.hpp>

namespace moor::bluez {

namespace asio = boost::asio;

namespace {

constexpr Duration stop_timeout = std::chrono::seconds(5);
constexpr uint8_t no_answer = 0xFF;

AdvertisingProperties properties_of(const hci::DeviceFound& found) noexcept {
  // It does not say whether the device can be scanned, nor whether the advertisement was a legacy one.
  const auto connectable = found.is_connectable() ? AdvertisingProperties::connectable : AdvertisingProperties::none;
  return found.is_scan_response() ? connectable | AdvertisingProperties::scan_response : connectable;
}

RadioNotAvailable socket_lost(const std::string& name) {
  return RadioNotAvailable(
      "the kernel's Bluetooth management socket is closed",
      {.radio = "bluez:" + name, .advice = "It is opened again with the next scan; `dmesg` says what happened."},
      Unavailable::no_service);
}

RadioNotAvailable to_error(const ManagementScanMachine::Fail& fail, uint16_t controller, const std::string& sysfs) {
  const std::string name = fmt::format("hci{}", controller);
  if (fail.no_monitors) return no_monitors(name, fail.cause);
  switch (fail.reason) {
    case Unavailable::no_radio: return adapter_unplugged(name);
    case Unavailable::blocked: return adapter_blocked(name);
    case Unavailable::permission_denied: return no_management(name);
    case Unavailable::no_service: return socket_lost(name);
    case Unavailable::powered_off: {
      const auto rfkill = read_rfkill(sysfs, controller);
      return rfkill && rfkill->is_blocked() ? adapter_blocked(name) : adapter_powered_off(name);
    }
    default: return discovery_refused(name, fail.cause);
  }
}

/// One scan. Commands that change something go to their end even where the scan is cancelled meanwhile, so that it is known what to end.
class Scan {
public:
  Scan(const Management& management, Clock& clock, uint16_t controller, const ScanOptions& options, HeardBy by,
       SightingSink& sink, asio::any_io_executor executor)
      : management_(management),
        clock_(clock),
        controller_(controller),
        options_(options),
        by_(by),
        sightings_(by, sink),
        machine_(options.active),
        happened_(executor),
        idle_(executor),
        before_(management.counts()) {
    idle_.set();
    events_ =
        management_.watch_events([this](uint16_t event, uint16_t of, Bytes parameters) { on_event(event, of, parameters); });
    found_ = management_.watch_found(controller, [this](auto batch) { on_found(batch); });
  }
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  /// Until the machine gives up. @returns why.
  awaitable<ManagementScanMachine::Fail> run() {
    co_await check_powered();
    for (;;) {
      happened_.reset();
      const auto action = machine_.next(clock_.now());
      if (const auto* fail = std::get_if<ManagementScanMachine::Fail>(&action)) co_return *fail;
      if (const auto* wait = std::get_if<ManagementScanMachine::Wait>(&action)) {
        co_await wait_for_something(wait->until);
        continue;
      }
      idle_.reset();
      asio::co_spawn(co_await asio::this_coro::executor, perform(action), asio::detached);
      co_await idle_.wait();
    }
  }

  /// Not to be cancelled.
  awaitable<void> end() {
    found_.reset();
    co_await idle_.wait();
    events_.reset();
    count_losses();
    if (!management_.is_open()) co_return;
    const TimePoint deadline = clock_.now() + stop_timeout;
    if (machine_.has_discovery()) co_await try_to(hci::ManagementCommand::stop_discovery, hci::discovery_parameters(), deadline);
    if (const auto handle = machine_.monitor())
      co_await try_to(hci::ManagementCommand::remove_monitor, hci::remove_monitor_parameters(*handle), deadline);
  }

private:
  void on_found(std::span<const hci::DeviceFound> batch) {
    const TimePoint now = clock_.now();
    machine_.on_heard(now);
    if (batch.size() == DatagramBatch::capacity) count_losses();  // the only time when there may have been no room for more
    sightings_.deliver(batch, now, !machine_.is_discovering());
  }

  void on_event(uint16_t event, uint16_t of, Bytes parameters) {
    namespace name = hci::management_event;
    if (event == closed_event)
      machine_.on_closed();
    else if (of != controller_)
      return;
    else if (event == name::index_removed)
      machine_.on_removed();
    else if (event == name::discovering) {
      if (const auto on = hci::parse_discovering(parameters)) machine_.on_discovering(*on, clock_.now());
    } else if (event == name::monitor_removed) {
      if (const auto handle = hci::parse_monitor_event(parameters)) machine_.on_monitor_removed(*handle);
    } else if (event == name::new_settings) {
      if (const auto settings = hci::parse_new_settings(parameters))
        machine_.on_powered((*settings & hci::management_setting::powered) != 0, clock_.now());
    } else {
      return;
    }
    happened_.set();
  }

  // The socket is everybody's: what it lost may have been another controller's, and every scan counts it.
  void count_losses() {
    const ManagementCounts now = management_.counts();
    by_.statistics.lost += std::max(now.lost, before_.lost) - before_.lost;  // it is unknown once the socket is closed
    by_.statistics.malformed += now.malformed - before_.malformed;
    before_ = now;
  }

  // A monitor is refused in so many words only where the controller is on.
  awaitable<void> check_powered() {
    try {
      const auto info = co_await management_.controller(controller_);
      machine_.on_powered((info.current_settings & hci::management_setting::powered) != 0, clock_.now());
    } catch (const ManagementRefused& refused) {
      if (refused.status() == hci::management_status::invalid_index) machine_.on_removed();
    }
  }

  awaitable<void> wait_for_something(TimePoint until) {
    if (until == TimePoint::max())
      co_await happened_.wait();
    else
      (void)co_await within(clock_, until, happened_.wait());
  }

  // The answer, or why there is none.
  struct Answer {
    uint8_t status = no_answer;
    std::vector<uint8_t> data{};
  };
  awaitable<Answer> ask(hci::ManagementCommand command, std::vector<uint8_t> parameters) {
    Answer answer;
    try {
      answer.data = co_await management_.command(command, controller_, std::move(parameters));
      answer.status = hci::management_status::success;
    } catch (const ManagementRefused& refused) {
      answer.status = refused.status();
    } catch (const Error&) {  // no answer in time, or the socket is lost, which is an event too
    }
    co_return answer;
  }

  awaitable<void> perform(ManagementScanMachine::Action action) {
    if (std::holds_alternative<ManagementScanMachine::ReadMonitors>(action)) {
      std::vector<uint8_t> none;
      const Answer answer = co_await ask(hci::ManagementCommand::read_monitor_features, std::move(none));
      const auto features = hci::parse_monitor_features(answer.data).value_or(hci::MonitorFeatures());
      machine_.on_monitors((features.supported & 1U) != 0, !features.handles.empty());
    } else if (const auto* add = std::get_if<ManagementScanMachine::AddMonitor>(&action)) {
      const Answer answer = co_await ask(hci::ManagementCommand::add_patterns_monitor, patterns(add->everything));
      const uint16_t handle = hci::parse_monitor_handle(answer.data).value_or(0);
      machine_.on_monitor_added(answer.status, handle, clock_.now());
    } else {
      const Answer answer = co_await ask(hci::ManagementCommand::start_discovery, hci::discovery_parameters());
      machine_.on_discovery_started(answer.status, clock_.now());
    }
    idle_.set();
  }

  std::vector<uint8_t> patterns(bool everything) const {
    std::vector<hci::MonitorPattern> patterns;
    if (!everything) {
      for (const AdPattern& pattern : options_.patterns) patterns.push_back({pattern.type, pattern.offset, pattern.bytes});
      // The values that Flags have in nearly all advertisements (Core Specification Supplement, Part A, 1.3).
      static constexpr std::array<uint8_t, 4> flags{0x06, 0x02, 0x1A, 0x04};
      if (patterns.empty())
        for (const uint8_t& each : flags) patterns.push_back({0x01, 0, Bytes(&each, 1)});
    }
    return hci::monitor_parameters(patterns);
  }

  awaitable<void> try_to(hci::ManagementCommand command, std::vector<uint8_t> parameters, TimePoint deadline) {
    try {
      auto work = [](Scan& self, hci::ManagementCommand what, std::vector<uint8_t> with) -> awaitable<void> {
        (void)co_await self.ask(what, std::move(with));
      };
      (void)co_await within(clock_, deadline, work(*this, command, std::move(parameters)));
    } catch (const std::exception&) {  // what could not be ended, the kernel ends with the controller
    }
  }

  Management management_;  // a copy: the system may let go of its own, and open another, when the socket is lost
  Clock& clock_;
  uint16_t controller_;
  const ScanOptions& options_;
  HeardBy by_;
  FoundSightings sightings_;
  ManagementScanMachine machine_;
  Event happened_;
  Event idle_;  // no command is under way
  ManagementCounts before_;
  std::unique_ptr<Management::Watch> events_;
  std::unique_ptr<Management::Watch> found_;
};

}  // namespace

RadioNotAvailable no_management(const std::string& name) {
  return RadioNotAvailable(
      "the kernel does not let this user scan with " + name,
      {.radio = "bluez:" + name,
       .advice = "Run `sudo setcap cap_net_admin+ep $(command -v moor)`; in a container give it CAP_NET_ADMIN and the "
                 "host's network. Without, scan over D-Bus."},
      Unavailable::permission_denied);
}

void FoundSightings::deliver(std::span<const hci::DeviceFound> batch, TimePoint now, bool with_monitors) {
  ScanStatistics& statistics = by_.statistics;
  sightings_.resize(batch.size());
  size_t count = 0;
  for (const hci::DeviceFound& found : batch) {
    if (!found.is_low_energy() || (found.monitor && !with_monitors)) {
      ++statistics.other;
      continue;
    }
    Sighting& sighting = sightings_[count++];
    sighting.address = found.address;
    sighting.time = now;
    sighting.radio = by_.id;
    sighting.rssi_dbm = found.rssi_dbm;
    sighting.properties = properties_of(found);
    if (found.data.size() <= legacy_payload_size)
      sighting.set_legacy_payload(found.data);
    else
      sighting.set_payload(found.data, ring_);
    statistics.without_rssi += static_cast<uint64_t>(found.rssi_dbm == no_rssi);
  }
  if (count == 0) return;
  statistics.reports += count;
  by_.last_heard = now;
  sink_.on_sightings(std::span(sightings_).first(count));
}

awaitable<void> scan_controller(Management management, Clock& clock, uint16_t controller, ScanOptions options, HeardBy by,
                                SightingSink& sink, std::string sysfs) {
  Scan scan(management, clock, controller, options, by, sink, co_await asio::this_coro::executor);
  std::exception_ptr error;
  try {
    const auto fail = co_await scan.run();
    error = std::make_exception_ptr(to_error(fail, controller, sysfs));
  } catch (...) {
    error = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await scan.end();
  std::rethrow_exception(error);
}

}  // namespace moor::bluez
