#include "radio/bluez/recovery_machine.hpp"
#include "radio/bluez/rfkill.hpp"
#include "radio/bluez/usb_reset.hpp"
#include "support/fake_kernel.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>
#include <linux/rfkill.h>
#include <unistd.h>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>

namespace moor::bluez {
namespace {

namespace fs = std::filesystem;
using hci::ManagementCommand;
using testing::FakeKernel;
using namespace std::chrono_literals;
using Do = RecoveryMachine::Do;
using Blocked = RecoveryMachine::Blocked;
using Reset = RecoveryMachine::Reset;

/// A controller with its faults, and how long its recovery takes.
struct Case {
  const char* name;
  bool hard = false;
  Blocked blocked = Blocked::no;
  int unblocked_after_reads = 1;  ///< of rfkill's state, counted from the first
  bool works_after_cycle = true;
  Reset reset = Reset::not_usb;
  int found_at_lookup = 1;  ///< 0: never
  bool works_after_reset = true;
  // Expected
  Do end = Do::done;
  Duration takes{};
  const char* text = "power cycle";
  Unavailable reason = Unavailable::unknown;
};

struct Outcome {
  Do end;
  Unavailable reason;
  Duration took;
  std::string text;
};

Outcome recover(const Case& with) {
  RecoveryMachine machine(with.hard);
  Duration took{};
  int reads = 0;
  int lookups = 0;
  bool reset = false;
  for (RecoveryMachine::Action action = machine.start();;) {
    switch (action.what) {
      case Do::read_rfkill: action = machine.on_rfkill(reads++ < with.unblocked_after_reads ? with.blocked : Blocked::no); break;
      case Do::unblock: action = machine.on_unblock_asked(true); break;
      case Do::power_off:
      case Do::power_on: action = machine.on_power_set(true); break;
      case Do::read_power: action = machine.on_power_read(reset ? with.works_after_reset : with.works_after_cycle); break;
      case Do::reset_usb: action = machine.on_reset(with.reset), reset = true; break;
      case Do::find: action = machine.on_looked(++lookups == with.found_at_lookup); break;
      case Do::wait:
        took += action.wait;
        action = machine.on_waited();
        break;
      case Do::done:
      case Do::fail: return {action.what, action.reason, took, machine.text()};
    }
  }
}

TEST(RecoveryMachine, DoesAsMuchAsItTakes) {
  const std::vector<Case> cases{
      {.name = "a power cycle helps", .takes = 5s},
      {.name = "blocked in software", .blocked = Blocked::in_software, .takes = 6500ms, .text = "unblocked, power cycle"},
      {.name = "unblocked at the last look",
       .blocked = Blocked::in_software,
       .unblocked_after_reads = 3,
       .takes = 9500ms,
       .text = "unblocked, power cycle"},
      {.name = "stays blocked",
       .blocked = Blocked::in_software,
       .unblocked_after_reads = 99,
       .end = Do::fail,
       .takes = 4500ms,
       .text = "",
       .reason = Unavailable::blocked},
      {.name = "blocked by a switch", .blocked = Blocked::by_switch, .end = Do::fail, .text = "", .reason = Unavailable::blocked},
      {.name = "hard, not USB: the power cycle's result stands", .hard = true, .takes = 5s},
      {.name = "dead, not USB", .works_after_cycle = false, .end = Do::fail, .takes = 5s, .reason = Unavailable::powered_off},
      {.name = "dead, then reset",
       .works_after_cycle = false,
       .reset = Reset::done,
       .takes = 5s + 3500ms + 3s,
       .text = "power cycle, USB reset"},
      {.name = "hard, back at the third look",
       .hard = true,
       .reset = Reset::done,
       .found_at_lookup = 3,
       .takes = 5s + 3500ms + 4s + 3s,
       .text = "power cycle, USB reset"},
      {.name = "hard, and gone for good",
       .hard = true,
       .reset = Reset::done,
       .found_at_lookup = 0,
       .end = Do::fail,
       .takes = 5s + 3500ms + 4s,
       .text = "power cycle, USB reset",
       .reason = Unavailable::no_radio},
      {.name = "hard, the reset is not allowed", .hard = true, .reset = Reset::failed, .takes = 5s},
      {.name = "dead after the reset too",
       .hard = true,
       .works_after_cycle = false,
       .reset = Reset::done,
       .works_after_reset = false,
       .end = Do::fail,
       .takes = 5s + 3500ms + 3s,
       .text = "power cycle, USB reset",
       .reason = Unavailable::powered_off},
  };
  for (const Case& each : cases) {
    const Outcome outcome = recover(each);
    EXPECT_EQ(outcome.end, each.end) << each.name;
    EXPECT_EQ(outcome.took, each.takes) << each.name << ": " << to_seconds(outcome.took) << " s";
    EXPECT_EQ(outcome.text, each.text) << each.name;
    EXPECT_EQ(outcome.reason, each.reason) << each.name;
  }
}

/// A folder that stands for /sys and /dev.
class Machine {
public:
  Machine() {
    std::string name = (fs::temp_directory_path() / "moor-recovery-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error(name);
    root_ = name;
    ports.sysfs = root_ / "sys";
    ports.rfkill = root_ / "rfkill";
    ports.usb = root_ / "usb";
  }
  ~Machine() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  void write(const fs::path& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  void block(bool soft, bool hard) {
    write("sys/class/bluetooth/hci0/rfkill7/soft", soft ? "1\n" : "0\n");
    write("sys/class/bluetooth/hci0/rfkill7/hard", hard ? "1\n" : "0\n");
  }
  void plug_into_usb() {
    write("sys/devices/usb1/1-4/busnum", "1\n");
    write("sys/devices/usb1/1-4/devnum", "12\n");
    fs::create_directories(root_ / "sys/devices/usb1/1-4/1-4:1.0");
    fs::create_directories(root_ / "sys/class/bluetooth/hci0");
    fs::create_symlink(root_ / "sys/devices/usb1/1-4/1-4:1.0", root_ / "sys/class/bluetooth/hci0/device");
  }
  [[nodiscard]] const fs::path& root() const noexcept { return root_; }

  RecoveryPorts ports;

private:
  fs::path root_;
};

TEST(Rfkill, ReadsTheStateOfOneControllerAndWritesWhatUnblocksIt) {
  Machine machine;
  EXPECT_FALSE(read_rfkill(machine.ports.sysfs, 0).has_value());
  machine.block(true, false);
  const auto state = read_rfkill(machine.ports.sysfs, 0);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->index, 7U);
  EXPECT_TRUE(state->soft);
  EXPECT_FALSE(state->hard);
  EXPECT_FALSE(unblock(machine.ports.rfkill, 7)) << "there is no such file";
  machine.write("rfkill", "");
  EXPECT_TRUE(unblock(machine.ports.rfkill, 7));
  rfkill_event written{};
  std::ifstream(machine.ports.rfkill).read(reinterpret_cast<char*>(&written), sizeof written);
  EXPECT_EQ(written.idx, 7U);
  EXPECT_EQ(written.op, RFKILL_OP_CHANGE);
  EXPECT_EQ(written.soft, 0);
}

TEST(UsbReset, FindsTheDeviceAboveTheInterface) {
  Machine machine;
  EXPECT_EQ(reset_usb_of(machine.ports.sysfs, machine.ports.usb, 0), Reset::not_usb);
  machine.plug_into_usb();
  EXPECT_EQ(reset_usb_of(machine.ports.sysfs, machine.ports.usb, 0), Reset::failed) << "there is no such file";
  machine.write("usb/001/012", "");
  EXPECT_EQ(reset_usb_of(machine.ports.sysfs, machine.ports.usb, 0), Reset::failed) << "a plain file cannot be reset";
}

class RecoverController : public ::testing::Test {
protected:
  Recovery recover(bool hard, Duration at_most = 60s) {
    Recovery recovery;
    auto work = [](RecoverController& self, bool hard_too, Duration limit, Recovery& into) -> awaitable<void> {
      std::exception_ptr error;
      try {
        into =
            co_await recover_controller(*self.management, self.clock, self.machine.ports, 0, hard_too, self.clock.now() + limit);
      } catch (...) {
        error = std::current_exception();
      }
      self.management.reset();
      self.kernel.close();
      if (error) std::rethrow_exception(error);
    };
    testing::play(clock, context, work(*this, hard, at_most, recovery));
    return recovery;
  }
  Unavailable failure(bool hard, Duration at_most = 60s) {
    try {
      (void)recover(hard, at_most);
    } catch (const RadioNotAvailable& error) {
      EXPECT_FALSE(error.advice().empty());
      return error.reason();
    }
    ADD_FAILURE() << "recovered";
    return Unavailable::unknown;
  }
  [[nodiscard]] Duration took() const { return clock.now() - TimePoint{}; }

  Machine machine;
  VirtualClock clock;
  boost::asio::io_context context;
  FakeKernel kernel{context.get_executor(), clock};
  std::unique_ptr<Management> management = Management::over(kernel.take_socket(), context.get_executor(), clock);
};

TEST_F(RecoverController, SwitchesItOffAndOn) {
  const Recovery recovery = recover(false);
  EXPECT_EQ(recovery.text, "power cycle");
  EXPECT_EQ(recovery.controller, 0);
  EXPECT_THAT(kernel.codes(), ::testing::ElementsAre(ManagementCommand::read_info, ManagementCommand::set_powered,
                                                     ManagementCommand::set_powered, ManagementCommand::read_info));
  EXPECT_EQ(took(), 5s);
}

TEST_F(RecoverController, OneThatDoesNotAnswerCostsFiveSecondsACommand) {
  const FakeKernel::Answer never{.after = Duration::max()};
  kernel.next(ManagementCommand::set_powered, never);
  EXPECT_EQ(recover(false).text, "power cycle");
  // The first command's answer never came, so the second's was taken for it.
  EXPECT_EQ(took(), 5s + 2s + 5s + 3s);
}

TEST_F(RecoverController, OneThatStaysOffIsAnErrorWithAdvice) {
  kernel.powered = false;
  kernel.can_power = false;
  machine.plug_into_usb();
  EXPECT_EQ(failure(true), Unavailable::powered_off);
}

TEST_F(RecoverController, OneThatIsBlockedBySwitchIsLeftAlone) {
  machine.block(false, true);
  EXPECT_EQ(failure(true), Unavailable::blocked);
  EXPECT_EQ(kernel.count(ManagementCommand::set_powered), 0U);
}

TEST_F(RecoverController, OneThatIsGoneIsNoRadio) {
  kernel.controllers.clear();
  EXPECT_EQ(failure(true), Unavailable::no_radio);
}

TEST_F(RecoverController, IsOverAtTheDeadline) {
  EXPECT_EQ(failure(false, 3s), Unavailable::unknown);
  EXPECT_EQ(took(), 3s);
}

TEST_F(RecoverController, SaysWhereItLacksThePermission) {
  const FakeKernel::Answer denied{.status = hci::management_status::permission_denied};
  kernel.next(ManagementCommand::read_info, denied);
  EXPECT_EQ(failure(false), Unavailable::permission_denied);
}

}  // namespace
}  // namespace moor::bluez
