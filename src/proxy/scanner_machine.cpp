#include "proxy/scanner_machine.hpp"

#include <algorithm>

namespace moor::proxy {

using State = esphome::ScannerStateKind;

ScannerMachine::Action ScannerMachine::next(TimePoint now) const noexcept {
  if (!wanted_ || over_) return Rest{};
  if (now < retry_at_) return Wait{retry_at_};
  return Scan{.active = mode_ == esphome::ScannerMode::active};
}

void ScannerMachine::set_wanted(bool wanted) noexcept {
  if (wanted == wanted_) return;
  wanted_ = wanted;
  over_ = false;
  if (!wanted) mode_ = configured_mode;
}

void ScannerMachine::on_starting(TimePoint now) noexcept {
  state_ = State::starting;
  running_mode_ = mode_;
  began_ = now;
  next_check_ = now + settled_after;
}

void ScannerMachine::on_running() noexcept {
  if (state_ == State::starting || state_ == State::failed) state_ = State::running;
}

void ScannerMachine::on_check(RadioHealth::State health, TimePoint now) noexcept {
  next_check_ = now + check_every;
  if (health == RadioHealth::State::unavailable)
    state_ = State::failed;
  else
    on_running();
}

void ScannerMachine::on_stopped() noexcept {
  state_ = State::idle;
  pause_ = first_pause;
}

void ScannerMachine::on_ended() noexcept {
  state_ = State::stopped;
  over_ = true;
}

void ScannerMachine::on_failed(TimePoint now, bool for_good) noexcept {
  // One that ran for as long as the pause would be has worked.
  if (state_ != State::failed && now - began_ >= pause_) pause_ = first_pause;
  state_ = State::failed;
  over_ = for_good;
  retry_at_ = now + pause_;
  pause_ = std::min(pause_ * 2, last_pause);
}

}  // namespace moor::proxy
