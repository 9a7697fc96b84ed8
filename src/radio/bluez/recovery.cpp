#include "core/within.hpp"
#include "radio/bluez/management.hpp"
#include "radio/bluez/rfkill.hpp"
#include "radio/bluez/unavailable.hpp"
#include "radio/bluez/usb_reset.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/thread_pool.hpp>

namespace moor::bluez {

namespace asio = boost::asio;

namespace {

using Do = RecoveryMachine::Do;
using Blocked = RecoveryMachine::Blocked;

// A controller that hangs does not answer; waiting longer has not been seen to help.
constexpr Duration answer_timeout = std::chrono::seconds(5);

RadioNotAvailable not_recovered(uint16_t controller, const RecoveryMachine& machine, Unavailable reason) {
  const std::string name = fmt::format("hci{}", controller);
  if (reason == Unavailable::blocked) return adapter_blocked(name);
  return RadioNotAvailable(
      fmt::format("the adapter {} did not come back", name),
      {.radio = "bluez:" + name,
       .cause = machine.text(),
       .advice = "Unplug it and plug it in again, or restart the machine; a cable moves it away from what disturbs it."},
      reason);
}

/// What the machine says, done.
class Recovering {
public:
  Recovering(Management management, Clock& clock, RecoveryPorts ports, uint16_t controller, bool hard)
      : management_(std::move(management)), clock_(clock), ports_(std::move(ports)), controller_(controller), machine_(hard) {}

  awaitable<void> run() {
    address_ = (co_await management_.controller(controller_)).address;
    RecoveryMachine::Action action = machine_.start();
    while (action.what != Do::done) {
      if (action.what == Do::fail) throw not_recovered(controller_, machine_, action.reason);
      action = co_await perform(action);
    }
  }
  [[nodiscard]] const RecoveryMachine& machine() const noexcept { return machine_; }
  [[nodiscard]] uint16_t controller() const noexcept { return controller_; }

private:
  awaitable<RecoveryMachine::Action> perform(RecoveryMachine::Action action) {
    switch (action.what) {
      case Do::read_rfkill: co_return machine_.on_rfkill(read_blocked());
      case Do::unblock: {
        const auto state = read_rfkill(ports_.sysfs, controller_);
        co_return machine_.on_unblock_asked(state && unblock(ports_.rfkill, state->index));
      }
      case Do::power_off: co_return machine_.on_power_set(co_await set_powered(false));
      case Do::power_on: co_return machine_.on_power_set(co_await set_powered(true));
      case Do::read_power: co_return machine_.on_power_read(co_await read_powered());
      case Do::reset_usb: co_return machine_.on_reset(co_await reset_usb());
      case Do::find: co_return machine_.on_looked(co_await find());
      case Do::wait: co_await clock_.wait_for(action.wait); break;
      case Do::done:
      case Do::fail: break;
    }
    co_return machine_.on_waited();
  }

  [[nodiscard]] Blocked read_blocked() const {
    const auto state = read_rfkill(ports_.sysfs, controller_);
    if (!state) return Blocked::no;
    return state->hard ? Blocked::by_switch : state->soft ? Blocked::in_software : Blocked::no;
  }

  awaitable<bool> set_powered(bool on) {
    auto work = [](Recovering& self, bool power) -> awaitable<void> {
      (void)co_await self.management_.command(hci::ManagementCommand::set_powered, self.controller_,
                                              hci::powered_parameters(power));
    };
    try {
      co_return co_await within(clock_, clock_.now() + answer_timeout, work(*this, on));
    } catch (const ManagementRefused&) {
      co_return false;
    }
  }

  awaitable<bool> read_powered() {
    try {
      const auto info = co_await management_.controller(controller_);
      co_return (info.current_settings & hci::management_setting::powered) != 0;
    } catch (const ManagementRefused&) {  // it is gone
      co_return false;
    }
  }

  // Aside: the system call takes as long as the device does.
  awaitable<RecoveryMachine::Reset> reset_usb() {
    auto work = [](RecoveryPorts ports, uint16_t controller) -> awaitable<RecoveryMachine::Reset> {
      co_return reset_usb_of(ports.sysfs, ports.usb, controller);
    };
    asio::thread_pool aside(1);
    const Clock::Hold hold(clock_);
    co_return co_await asio::co_spawn(aside, work(ports_, controller_), asio::use_awaitable);
  }

  awaitable<bool> find() {
    const auto all = co_await management_.controllers();
    const auto place = std::ranges::find(all, address_, &Management::ControllerInfo::address);
    if (place == all.end()) co_return false;
    controller_ = place->index;
    co_return true;
  }

  Management management_;
  Clock& clock_;
  RecoveryPorts ports_;
  uint16_t controller_;
  RecoveryMachine machine_;
  Address address_;
};

}  // namespace

awaitable<Recovery> recover_controller(Management& management, Clock& clock, RecoveryPorts ports, uint16_t controller, bool hard,
                                       TimePoint deadline) {
  Recovering recovering(management, clock, std::move(ports), controller, hard);
  bool in_time = false;
  try {
    in_time = co_await within(clock, deadline, recovering.run());
  } catch (const ManagementRefused& refused) {
    if (refused.status() == hci::management_status::permission_denied)
      throw RadioNotAvailable("the kernel does not let this user reset an adapter",
                              {.radio = fmt::format("bluez:hci{}", controller),
                               .cause = refused.what(),
                               .advice = "Run `sudo setcap cap_net_admin+ep $(command -v moor)`."},
                              Unavailable::permission_denied);
    throw not_recovered(controller, recovering.machine(), Unavailable::no_radio);
  } catch (const TimedOut&) {
    throw not_recovered(controller, recovering.machine(), Unavailable::unknown);
  }
  if (!in_time) throw not_recovered(controller, recovering.machine(), Unavailable::unknown);
  co_return Recovery{.text = recovering.machine().text(), .controller = recovering.controller()};
}

}  // namespace moor::bluez
