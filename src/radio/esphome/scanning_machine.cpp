#include "radio/esphome/scanning_machine.hpp"

namespace moor::esphome_radio {

void ScanningMachine::on_ready(uint32_t features) noexcept {
  on_lost();
  ready_ = true;
  features_ = features;
}

void ScanningMachine::on_lost() noexcept {
  const Wanted wanted = wanted_;
  *this = ScanningMachine();
  wanted_ = wanted;
}

void ScanningMachine::on_scanner_state(const esphome::ScannerState& state) noexcept {
  scanner_ = state;
  if (!subscribed_) return;
  answered_ = true;
  held_ = false;
}

bool ScanningMachine::renew() noexcept {
  if (!subscribed_ || wanted_.links) return false;
  renewing_ = true;
  return true;
}

ScanningMachine::Action ScanningMachine::next(TimePoint now) {
  if (!ready_) return Wait{TimePoint::max()};
  const bool needed = wanted_.scan || wanted_.links;
  if (subscribed_ && (!needed || (renewing_ && !wanted_.links))) {
    subscribed_ = renewing_ = false;
    return Unsubscribe{};
  }
  if (!needed) return Wait{TimePoint::max()};
  if (!subscribed_) {
    subscribed_ = true;
    answered_ = held_ = renewing_ = false;
    mode_asked_.reset();
    patience_ = first_patience;
    asked_ = now;
    return Subscribe{};
  }
  if (!tells_state()) return Wait{TimePoint::max()};
  if (answered_) {
    // The mode is the subscriber's to choose, so not before we are that.
    if (wanted_.scan && mode_asked_ != wanted_.scan) {
      mode_asked_ = wanted_.scan;
      return SetMode{*wanted_.scan};
    }
    return Wait{TimePoint::max()};
  }
  if (now < asked_ + patience_) return Wait{asked_ + patience_};
  held_ = true;
  patience_ = patience_ == first_patience ? second_patience : patience;
  asked_ = now;
  return Subscribe{};
}

std::string ScanningMachine::scanner_problem() const {
  if (!scanner_) return {};
  switch (scanner_->state) {
    case esphome::ScannerStateKind::failed: return "its scanner has failed";
    case esphome::ScannerStateKind::stopped: return "its scanner has stopped";
    default: return {};
  }
}

}  // namespace moor::esphome_radio
