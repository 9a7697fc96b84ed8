#include "radio/bluez/management.hpp"

#include "core/event.hpp"
#include "core/turns.hpp"
#include "core/within.hpp"
#include "hci/management_events.hpp"
#include "radio/bluez/listeners.hpp"
#include "radio/bluez/management_socket.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <map>
#include <system_error>

namespace moor::bluez {

namespace asio = boost::asio;

namespace {

constexpr Duration command_timeout = std::chrono::seconds(10);
constexpr Duration send_again = std::chrono::milliseconds(10);
// After that many, others on the executor have their turn.
constexpr int batches_at_a_time = 8;
// Each device takes a place in the kernel's list and 15 bytes of each command.
constexpr size_t max_loaded = 64;

std::string controller_name(uint16_t controller) {
  return controller == no_controller ? "" : fmt::format("hci{}", controller);
}

std::string describe(uint16_t opcode, uint16_t controller) {
  const std::string name = to_string(static_cast<hci::ManagementCommand>(opcode));
  return controller == no_controller ? name : name + " on " + controller_name(controller);
}

RadioNotAvailable socket_gone(std::string cause = {}) {
  return RadioNotAvailable(
      "the kernel's Bluetooth management socket is closed",
      {.cause = std::move(cause), .advice = "Look at the kernel's log (dmesg); it is opened again when it is needed."},
      Unavailable::no_service);
}

using FoundListeners = Listeners<std::span<const hci::DeviceFound>>;
using EventListeners = Listeners<uint16_t, uint16_t, Bytes>;

template <typename All>
struct Listening final : Management::Watch {
  Listening(std::shared_ptr<All> all, uint64_t key, typename All::Callback callback)
      : listener(std::move(all), key, std::move(callback)) {}
  typename All::Listener listener;
};

}  // namespace

struct Management::State : std::enable_shared_from_this<State> {
  struct Flight {
    explicit Flight(const asio::any_io_executor& executor) : answered(executor) {}
    Event answered;
    bool lost = false;
    uint8_t status = 0;
    std::vector<uint8_t> data{};
  };
  // Commands of one opcode and controller. The kernel's answers carry nothing else that says which command they are for.
  struct Lane {
    Turns turns{};
    Flight* flight = nullptr;
    bool owed = false;  // an answer is still to come to a command that nobody waits for any more
  };
  // From sending to the answer.
  class InFlight {
  public:
    InFlight(Lane& lane, Flight& flight) : lane_(lane), flight_(flight), owed_before_(lane.owed) { lane_.flight = &flight; }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
    ~InFlight() {
      lane_.flight = nullptr;
      if (flight_.answered.is_set()) return;
      // Where an answer came and was taken for the earlier command's, it was this one's, and the earlier one will never be answered.
      lane_.owed = !owed_before_ || lane_.owed;
    }

  private:
    Lane& lane_;
    Flight& flight_;
    bool owed_before_;
  };

  State(int socket, const asio::any_io_executor& executor, Clock& c) : clock(c), descriptor(executor, socket) {}

  void wait() {
    descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (!error) self->read();
                          });
  }

  void read() {
    for (int i = 0; i < batches_at_a_time && descriptor.is_open(); ++i) {
      const int count = batch.read(descriptor.native_handle());
      if (count < 0) return close();
      deliver(static_cast<size_t>(count));
      if (static_cast<size_t>(count) < DatagramBatch::capacity) break;
    }
    if (descriptor.is_open()) wait();
  }

  void deliver(size_t count) {
    size_t found_count = 0;
    const auto flush = [&] {
      if (found_count == 0) return;
      const std::span<const hci::DeviceFound> found_now(found.data(), std::exchange(found_count, 0));
      found_listeners->tell(found_now[0].controller, found_now);
    };
    for (size_t i = 0; i < count; ++i) {
      const auto frame = hci::parse_management_frame(batch[i]);
      if (!frame) {
        ++counts.malformed;
      } else if (!frame->is_device_found()) {
        flush();
        ++counts.other;
        on_event(*frame);
      } else if (const auto device = hci::parse_device_found(*frame)) {
        if (found_count > 0 && found[0].controller != device->controller) flush();
        found[found_count++] = *device;
        ++counts.found;
      } else {
        ++counts.malformed;
      }
    }
    flush();
  }

  void on_event(const hci::ManagementFrame& frame) {
    namespace event = hci::management_event;
    if (frame.code == event::command_complete || frame.code == event::command_status) return on_answer(frame);
    if (frame.code == event::index_removed) loaded.erase(frame.controller);
    event_listeners->tell_all(frame.code, frame.controller, frame.parameters);
  }

  void on_answer(const hci::ManagementFrame& frame) {
    const auto answer = hci::parse_command_answer(frame.parameters);
    if (!answer) {
      ++counts.malformed;
      return;
    }
    const auto lane = lanes.find({answer->command, frame.controller});
    if (lane == lanes.end()) return;
    if (std::exchange(lane->second.owed, false) || lane->second.flight == nullptr) {
      ++counts.late_answers;
      return;
    }
    Flight& flight = *lane->second.flight;
    if (flight.answered.is_set()) return;
    flight.status = answer->status;
    flight.data.assign(answer->data.begin(), answer->data.end());
    flight.answered.set();
  }

  void close() {
    if (!descriptor.is_open()) return;
    boost::system::error_code ignored;
    descriptor.close(ignored);
    for (auto& [key, lane] : lanes) {
      if (lane.flight == nullptr || lane.flight->answered.is_set()) continue;
      lane.flight->lost = true;
      lane.flight->answered.set();
    }
    event_listeners->tell_all(closed_event, no_controller, Bytes());
  }

  awaitable<void> send(std::vector<uint8_t> frame, TimePoint deadline) {
    while (descriptor.is_open()) {
      // The kernel may answer 0 for a command that it took (seen by others too): only a negative result says that it did not.
      if (::send(descriptor.native_handle(), frame.data(), frame.size(), MSG_NOSIGNAL) >= 0) co_return;
      const int error = errno;
      if (error == EPIPE || error == ECONNRESET || error == ENOTCONN) close();
      if (error != EAGAIN && error != EINTR) throw socket_gone(std::generic_category().message(error));
      if (clock.now() >= deadline) co_return;  // the waiting for the answer says so
      co_await clock.wait_for(send_again);
    }
  }

  Clock& clock;
  asio::posix::stream_descriptor descriptor;
  DatagramBatch batch{};
  std::array<hci::DeviceFound, DatagramBatch::capacity> found{};
  std::shared_ptr<FoundListeners> found_listeners = std::make_shared<FoundListeners>();
  std::shared_ptr<EventListeners> event_listeners = std::make_shared<EventListeners>();
  std::map<std::pair<uint16_t, uint16_t>, Lane> lanes{};  // opcode and controller: a few for each controller there ever was
  std::map<uint16_t, std::vector<hci::LoadedParameters>> loaded{};
  std::optional<bool> permitted{};
  ManagementCounts counts{};
};

namespace {

std::vector<uint8_t> make_frame(uint16_t opcode, uint16_t controller, const std::vector<uint8_t>& parameters) {
  std::vector<uint8_t> frame;
  frame.reserve(hci::management_header_size + parameters.size());
  for (const size_t value : {size_t{opcode}, size_t{controller}, parameters.size()}) {
    frame.push_back(static_cast<uint8_t>(value));
    frame.push_back(static_cast<uint8_t>(value >> 8));
  }
  frame.insert(frame.end(), parameters.begin(), parameters.end());
  return frame;
}

}  // namespace

std::unique_ptr<Management> Management::open(asio::any_io_executor executor, Clock& clock) {
  const int socket = open_management_socket();
  return socket < 0 ? nullptr : over(socket, std::move(executor), clock);
}

std::unique_ptr<Management> Management::over(int socket, asio::any_io_executor executor, Clock& clock) {
  auto state = std::make_shared<State>(socket, std::move(executor), clock);
  state->wait();
  return std::unique_ptr<Management>(new Management(std::move(state)));
}

// What is under way holds the state too, so that its end is not the socket's.
struct Management::Owner {
  explicit Owner(std::shared_ptr<State> s) : state(std::move(s)) {}
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  ~Owner() { state->close(); }
  std::shared_ptr<State> state;
};

Management::Management(std::shared_ptr<State> state) : state_(state), owner_(std::make_shared<Owner>(std::move(state))) {}

bool Management::is_open() const noexcept {
  return state_->descriptor.is_open();
}

ManagementCounts Management::counts() const noexcept {
  ManagementCounts counts = state_->counts;
  if (is_open()) counts.lost = lost_frames(state_->descriptor.native_handle()).value_or(0);
  return counts;
}

awaitable<std::vector<uint8_t>> Management::command(uint16_t opcode, uint16_t controller, std::vector<uint8_t> parameters) {
  const std::shared_ptr<State> state = state_;
  State::Lane& lane = state->lanes[{opcode, controller}];
  const Turns::Turn turn = co_await lane.turns.take();
  if (!state->descriptor.is_open()) throw socket_gone();
  State::Flight flight(state->descriptor.get_executor());
  const State::InFlight in_flight(lane, flight);
  const TimePoint deadline = state->clock.now() + command_timeout;
  co_await state->send(make_frame(opcode, controller, parameters), deadline);
  const bool answered = co_await within(state->clock, deadline, flight.answered.wait());
  if (!answered)
    throw TimedOut("the kernel did not answer " + describe(opcode, controller) + " within 10 s",
                   {.radio = controller_name(controller),
                    .advice = "Reset the adapter: unplug it and plug it in again, or restart the machine's Bluetooth."});
  if (flight.lost) throw socket_gone();
  if (flight.status != hci::management_status::success)
    throw ManagementRefused(
        "the kernel refused " + describe(opcode, controller) + ": " + hci::management_status_text(flight.status), flight.status);
  co_return std::move(flight.data);
}

awaitable<std::vector<uint8_t>> Management::command(hci::ManagementCommand opcode, uint16_t controller,
                                                    std::vector<uint8_t> parameters) {
  return command(static_cast<uint16_t>(opcode), controller, std::move(parameters));
}

awaitable<std::vector<uint8_t>> Management::command(hci::ManagementCommand opcode, uint16_t controller) {
  return command(static_cast<uint16_t>(opcode), controller, std::vector<uint8_t>());
}

// The kernel looks at the permission before it looks for the controller, so any will do; 0 need not be there.
awaitable<bool> Management::is_permitted() {
  const std::shared_ptr<State> state = state_;
  if (!state->permitted) {
    bool permitted = true;
    try {
      co_await command(hci::ManagementCommand::get_connections, 0);
    } catch (const ManagementRefused& refused) {
      permitted = refused.status() != hci::management_status::permission_denied;
    }
    state->permitted = permitted;
  }
  co_return *state->permitted;
}

std::unique_ptr<Management::Watch> Management::watch_found(uint16_t controller, OnFound on_found) {
  return std::make_unique<Listening<FoundListeners>>(state_->found_listeners, controller, std::move(on_found));
}

std::unique_ptr<Management::Watch> Management::watch_events(OnEvent on_event) {
  return std::make_unique<Listening<EventListeners>>(state_->event_listeners, 0, std::move(on_event));
}

awaitable<Management::ControllerInfo> Management::controller(uint16_t index) {
  const auto answer = co_await command(hci::ManagementCommand::read_info, index);
  const auto info = hci::parse_info(answer);
  if (!info) throw Error("the kernel's answer to " + describe(0x0004, index) + " is too short");
  co_return ControllerInfo{.index = index,
                           .address = info->address,
                           .supported_settings = info->supported_settings,
                           .current_settings = info->current_settings,
                           .name = info->name};
}

awaitable<std::vector<Management::ControllerInfo>> Management::controllers() {
  const auto answer = co_await command(hci::ManagementCommand::read_index_list, no_controller);
  std::vector<ControllerInfo> all;
  for (const uint16_t index : hci::parse_index_list(answer).value_or(std::vector<uint16_t>())) {
    try {
      all.push_back(co_await controller(index));
    } catch (const ManagementRefused& refused) {
      if (refused.status() != hci::management_status::invalid_index) throw;  // else it has gone meanwhile
    }
  }
  std::ranges::sort(all, {}, &ControllerInfo::index);
  co_return all;
}

const std::vector<hci::LoadedParameters>& Management::remember(uint16_t controller, hci::LoadedParameters parameters) {
  auto& all = state_->loaded[controller];
  std::erase_if(all, [&](const auto& each) { return each.device == parameters.device; });
  if (all.size() == max_loaded) all.erase(all.begin());
  all.push_back(parameters);
  return all;
}

// Linux 6.11 and newer change a live link for a command with one device that is known; older ones throw away with each command what earlier ones loaded
// for devices that the kernel does not connect to by itself. So the device goes alone, and then all of them.
awaitable<void> load_connection_parameters(Management& management, uint16_t controller, Address device,
                                           ConnectionParameters parameters) {
  parameters.check();
  const hci::LoadedParameters loaded{device, parameters};
  const std::vector<hci::LoadedParameters> all = management.remember(controller, loaded);
  Management keep = management;
  co_await keep.command(hci::ManagementCommand::load_connection_parameters, controller,
                        hci::load_parameters(std::span(&loaded, 1)));
  if (all.size() > 1)
    co_await keep.command(hci::ManagementCommand::load_connection_parameters, controller, hci::load_parameters(all));
}

}  // namespace moor::bluez
