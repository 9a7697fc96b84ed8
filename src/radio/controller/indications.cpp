#include "radio/controller/indications.hpp"

#include <utility>

namespace moor::controller {

namespace {

constexpr Duration transaction_timeout = std::chrono::seconds(30);
constexpr size_t most_waiting = 64;

}  // namespace

std::optional<Indications::Pdu> Indications::push(Pdu pdu, TimePoint now) {
  if (!sent_at_) {
    sent_at_ = now;
    return pdu;
  }
  if (now - *sent_at_ >= transaction_timeout) {
    dropped_ += waiting_.size() + 1;
    waiting_.clear();
  } else if (waiting_.size() == most_waiting) {
    ++dropped_;
  } else {
    waiting_.push_back(std::move(pdu));
  }
  return std::nullopt;
}

std::optional<Indications::Pdu> Indications::on_confirmed(TimePoint now) {
  if (!sent_at_ || now - *sent_at_ >= transaction_timeout) return std::nullopt;
  sent_at_.reset();
  if (waiting_.empty()) return std::nullopt;
  Pdu next = std::move(waiting_.front());
  waiting_.pop_front();
  sent_at_ = now;
  return next;
}

}  // namespace moor::controller
