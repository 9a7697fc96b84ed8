#include "radio/esphome/connecting_machine.hpp"

#include "radio/esphome/link_state.hpp"

#include <algorithm>

namespace moor::esphome_radio {

namespace {

// ESP_GATT_CONN_TERMINATE_LOCAL_HOST: what a disconnect that was asked for ends with.
constexpr int32_t ended_by_host = 0x16;
constexpr const char* no_slot = "the proxy has no available connection slot";
constexpr const char* refused = "the proxy refused, and gives no reason";

}  // namespace

ConnectingMachine::Step ConnectingMachine::want(TimePoint now, TimePoint deadline, Book book) {
  wanted_ = Wanted{.deadline = deadline};
  return proceed(now, book);
}

// Sends the attempt where it can be sent.
ConnectingMachine::Step ConnectingMachine::proceed(TimePoint now, Book book) {
  if (!wanted_ || state_ != State::idle) return {};
  // A slot that could not be freed is the device's own.
  if (!book.has_room && !book.counts) {
    if (!wanted_->slot_until) wanted_->slot_until = std::min(now + slot_patience, wanted_->deadline);
    return {};
  }
  state_ = State::requested;
  deadline_ = wanted_->deadline;
  wanted_.reset();
  counted_ = book.counts;
  lapsed_ = false;
  doubt_until_.reset();
  if (now >= asked_disconnect_ + stray_time) owed_ = 0;
  return {.send = Send::connect};
}

ConnectingMachine::Step ConnectingMachine::fail(ConnectReason reason, std::string text) {
  wanted_.reset();
  return {.event = Event::failed, .cause = {.reason = reason, .text = std::move(text)}};
}

ConnectingMachine::Step ConnectingMachine::cancel(TimePoint now, Book book) {
  wanted_.reset();
  if (state_ != State::requested && state_ != State::up) return {};
  return let_go(now, book);
}

ConnectingMachine::Step ConnectingMachine::disconnect(TimePoint now, Book book) {
  Step failure;
  if (wanted_ || state_ == State::requested) failure = fail(ConnectReason::closed_by_local, "its end was asked for meanwhile");
  if (state_ == State::draining) return failure;
  Step step = let_go(now, book);
  step.event = failure.event;
  step.cause = std::move(failure.cause);
  return step;
}

ConnectingMachine::Step ConnectingMachine::let_go(TimePoint now, Book book) {
  counted_ = book.counts || (counted_ && state_ != State::idle);
  drain(now);
  return ask_disconnect(now);
}

void ConnectingMachine::drain(TimePoint now) {
  state_ = State::draining;
  drain_until_ = now + SlotLedger::draining_limit;
  ask_again_ = now + ask_again_after;
  doubt_until_.reset();
  lapsed_ = false;
  missing_ = 0;
}

ConnectingMachine::Step ConnectingMachine::ask_disconnect(TimePoint now) {
  ++owed_;
  asked_disconnect_ = now;
  ask_again_ = now + ask_again_after;
  return {.send = Send::disconnect};
}

ConnectingMachine::Step ConnectingMachine::on_drained() {
  state_ = State::idle;
  return {.event = Event::drained};
}

ConnectingMachine::Step ConnectingMachine::on_connection(bool connected, int32_t error, TimePoint now, Book book) {
  return connected ? on_connected(now, book) : on_closed(error, now, book);
}

ConnectingMachine::Step ConnectingMachine::on_connected(TimePoint now, Book book) {
  if (state_ == State::up) return {.event = Event::still_up};
  if (state_ == State::requested) {
    state_ = State::up;
    missing_ = 0;
    doubt_until_.reset();
    return {.event = Event::connected};
  }
  Step step = state_ == State::idle ? let_go(now, book) : ask_disconnect(now);
  step.late = true;
  return step;
}

// The answer to a disconnect of before: it says no reason, and no request fails without one where there is room.
bool ConnectingMachine::is_stray(int32_t error, TimePoint now, Book book) const noexcept {
  return owed_ > 0 && error == 0 && book.has_room && !counted_ && now < asked_disconnect_ + stray_time;
}

// Firmware gives none where it has no slot.
ConnectCause ConnectingMachine::cause_without_reason(Book book) const {
  if (counted_) return {.reason = ConnectReason::disconnected, .text = "Disconnected, and the proxy gives no reason"};
  if (book.has_room) return {.reason = ConnectReason::unknown, .text = refused};
  return {.reason = ConnectReason::out_of_slots, .text = no_slot};
}

ConnectingMachine::Step ConnectingMachine::on_closed(int32_t error, TimePoint now, Book book) {
  if (state_ == State::requested && is_stray(error, now, book)) {
    --owed_;
    doubt_until_ = now + doubt_time;
    return {};
  }
  // With another reason the link has ended by itself while the disconnect was on its way, which is answered too.
  if (owed_ > 0 && (error == 0 || error == ended_by_host)) --owed_;
  const State before = state_;
  Step step;
  if (before == State::up) step.event = Event::closed;
  if (before == State::requested) {
    step.event = Event::failed;
    step.cause = error != 0 ? connect_cause(error) : cause_without_reason(book);
  }
  if (book.counts) {
    if (before != State::draining) drain(now);
    return step;
  }
  state_ = State::idle;
  doubt_until_.reset();
  if (before != State::draining) return step;
  return on_drained();
}

ConnectingMachine::Step ConnectingMachine::on_slots(TimePoint now, Book book, bool is_fact) {
  if (!is_fact || !book.trusted) return proceed(now, book);
  if (state_ == State::requested && book.counts) {
    counted_ = true;
    doubt_until_.reset();
  }
  if (state_ == State::up) {
    counted_ |= book.counts;
    missing_ = book.missing ? missing_ + 1 : 0;
    if (missing_ < 2) return {};
    state_ = State::idle;
    return {.event = Event::missing};
  }
  if (state_ == State::draining) {
    if (book.counts) counted_ = true;
    // A request may still be on its way to the proxy.
    if (book.counts || !counted_) return {};
    return on_drained();
  }
  if (lapsed_ && state_ == State::idle && !book.counts) lapsed_ = false;
  Step step = proceed(now, book);
  if (step.send != Send::nothing || state_ != State::idle || wanted_ || !lapsed_) return step;
  if (now < asked_disconnect_ + SlotLedger::draining_limit) return step;
  drain(now);
  return ask_disconnect(now);
}

ConnectingMachine::Step ConnectingMachine::on_time(TimePoint now, Book book) {
  if (wanted_) {
    if (state_ == State::draining && now >= wanted_->deadline)
      return fail(ConnectReason::closed_by_local, "the proxy has not ended the last connection to the device");
    if (state_ == State::idle) {
      Step step = proceed(now, book);
      if (step.send != Send::nothing) return step;
      if (wanted_->slot_until && now >= *wanted_->slot_until) return fail(ConnectReason::out_of_slots, no_slot);
    }
  }
  if (state_ == State::requested) {
    const bool is_doubtful = doubt_until_ && now >= *doubt_until_;
    if (!is_doubtful && now < deadline_) return {};
    Step step = let_go(now, book);
    step.event = Event::failed;
    step.cause = {.reason = ConnectReason::timed_out, .text = "the device has not answered the proxy in time"};
    if (is_doubtful) step.cause = {.reason = ConnectReason::unknown, .text = refused};
    return step;
  }
  if (state_ != State::draining) return {};
  if (now >= drain_until_) {
    lapsed_ = book.counts;
    return on_drained();
  }
  if (now >= ask_again_) return ask_disconnect(now);
  return {};
}

TimePoint ConnectingMachine::next() const noexcept {
  TimePoint next = TimePoint::max();
  if (wanted_) next = std::min(wanted_->deadline, wanted_->slot_until.value_or(TimePoint::max()));
  if (state_ == State::requested) next = std::min({next, deadline_, doubt_until_.value_or(TimePoint::max())});
  if (state_ == State::draining) next = std::min({next, drain_until_, ask_again_});
  return next;
}

bool ConnectingMachine::is_finished(TimePoint now) const noexcept {
  const bool expects_stray = owed_ > 0 && now < asked_disconnect_ + stray_time;
  return state_ == State::idle && !wanted_ && !lapsed_ && !expects_stray;
}

}  // namespace moor::esphome_radio
