#include "radio/bluez/recovery_machine.hpp"

namespace moor::bluez {

using Action = RecoveryMachine::Action;

Action RecoveryMachine::on_rfkill(Blocked blocked) {
  if (blocked == Blocked::by_switch) return fail(Unavailable::blocked);
  if (blocked == Blocked::in_software) {
    if (polls_ == 0) return {Do::unblock};
    if (polls_ < unblock_polls) return ++polls_, Action{Do::wait, unblock_poll};
    return fail(Unavailable::blocked);
  }
  if (polls_ > 0) did_.push_back("unblocked");
  polls_ = 0;
  return cycle();
}

Action RecoveryMachine::on_unblock_asked(bool asked) {
  if (!asked) return fail(Unavailable::blocked);
  step_ = Step::unblocking;
  polls_ = 1;
  return {Do::wait, unblock_poll};
}

// After a reset the controller starts anew, and is only to be switched on.
Action RecoveryMachine::cycle() {
  if (!reset_done_) did_.push_back("power cycle");
  step_ = reset_done_ ? Step::switching_on : Step::switching_off;
  return {reset_done_ ? Do::power_on : Do::power_off};
}

Action RecoveryMachine::on_power_set(bool) {
  // One that does not answer may still do it; whether it has is read at the end.
  return {Do::wait, step_ == Step::switching_off ? after_off : after_on};
}

Action RecoveryMachine::on_waited() {
  switch (step_) {
    case Step::unblocking: return {Do::read_rfkill};
    case Step::switching_off: step_ = Step::switching_on; return {Do::power_on};
    case Step::switching_on: return {Do::read_power};
    case Step::resetting: break;
  }
  return {Do::find};
}

Action RecoveryMachine::on_power_read(bool on) {
  if (reset_done_) return on ? Action{Do::done} : fail(Unavailable::powered_off);
  works_ = on;
  return on && !hard_ ? Action{Do::done} : Action{Do::reset_usb};
}

Action RecoveryMachine::on_reset(Reset reset) {
  if (reset != Reset::done) return works_ ? Action{Do::done} : fail(Unavailable::powered_off);
  did_.push_back("USB reset");
  reset_done_ = true;
  step_ = Step::resetting;
  return {Do::wait, after_reset};
}

Action RecoveryMachine::on_looked(bool found) {
  if (found) return {Do::read_rfkill};
  if (++lookups_ >= lookups) return fail(Unavailable::no_radio);
  return {Do::wait, between_lookups};
}

std::string RecoveryMachine::text() const {
  std::string text;
  for (const char* each : did_) text += (text.empty() ? "" : ", ") + std::string(each);
  return text;
}

}  // namespace moor::bluez
