#include "radio/sim/connection.hpp"

#include "core/saturating.hpp"
#include "radio/sim/channel.hpp"
#include "radio/sim/words.hpp"

namespace moor::sim {

namespace {

constexpr size_t longest_queue = 64;                                // of notifications that a device keeps to send
constexpr Duration range_check = std::chrono::seconds(1);           // a person walks a metre in it
constexpr Duration transaction_timeout = std::chrono::seconds(30);  // Core 5.4, Vol 3, Part F, 3.3.3
constexpr uint16_t largest_mtu = 517;                               // what BlueZ and ESP-IDF ask for

// A device sends its next notification on the grid of its period, however late it is asked.
void move_on(TimePoint& next, Duration period, TimePoint now) {
  next += period * ((now - next) / period + 1);
}

}  // namespace

Connection::Connection(std::shared_ptr<State> state, RadioUnit& radio, Peripheral& peripheral,
                       boost::asio::any_io_executor executor, const LinkOptions& options)
    : state_(std::move(state)),
      radio_(radio),
      peripheral_(peripheral),
      since_(state_->clock().now()),
      uses_services_cache_(options.use_services_cache),
      moves_(peripheral.spec().carried || !std::holds_alternative<Position>(peripheral.spec().movement)),
      interval_(options.parameters ? options.parameters->max_interval : peripheral.spec().connection_interval),
      latency_(options.parameters ? options.parameters->latency : 0),
      spoke_at_(since_),
      timeout_(options.parameters ? options.parameters->timeout : ConnectionParameters{}.timeout),
      boots_(peripheral.boots()),
      alarm_(state_->clock(), std::move(executor), [this] {
        if (const auto alive = weak_from_this().lock()) advance(clock().now());
      }) {
  peripheral_.link_begins(*this);
}

Connection::~Connection() {
  close(CloseReason::local, clock().now());
}

void Connection::made(SlotHold slot) {
  const TimePoint now = clock().now();
  slot_ = std::move(slot);
  made_ = true;
  since_ = now;
  spoke_at_ = mtu_known_at_ = now + 2 * interval();
  number_ = peripheral_.link_made(now);
  radio_.link_made(*this);
  radio_.known().set_connected(peripheral_.index(), true);
  if (moves_) range_check_at_ = now + range_check;
  const auto seen = peripheral_.bonded_generation(radio_.index());
  if (seen && radio_.known().is_bonded(peripheral_.index())) {
    encrypted_ = true;
    // A bonded client that was away is told on its return (Core 5.4, Vol 3, Part G, 2.5.2).
    if (peripheral_.spec().has_service_changed && *seen != gatt().generation()) services_changed();
  }
  touch();
}

void Connection::close(CloseReason reason, TimePoint t, const std::string& text) {
  if (closed_) return;
  closed_ = Closed{reason, t, text.empty() ? std::string(words_of(radio_.spec().kind, reason)) : text};
  alarm_.stop();
  const bool dropped = reason != CloseReason::local && reason != CloseReason::other_host;
  peripheral_.link_ends(*this, t, made_, dropped);
  if (made_) {
    radio_.link_ends(*this);
    radio_.known().set_connected(peripheral_.index(), false);
  }
  slot_ = SlotHold();
  subscriptions_.clear();
  outgoing_.clear();
  for (Sleeper* const each : sleepers_) each->event.set();
  bell_.ring();
}

void Connection::set_parameters(const ConnectionParameters& parameters) {
  interval_ = parameters.max_interval;
  latency_ = parameters.latency;
  timeout_ = parameters.timeout;
  device_spoke();
}

Duration Connection::skipped(TimePoint t) const noexcept {
  const auto events = std::max(t - spoke_at_, Duration::zero()) / interval();
  return (latency_ - events % (latency_ + 1)) * interval();
}

TimePoint Connection::answered_at(TimePoint t, unsigned requests) const noexcept {
  // Each further request is sent when the device has just spoken, so it is heard after all the skipping.
  return reaches_device_at(t) + interval() + (requests - 1) * (latency_ + 2) * interval();
}

uint16_t Connection::mtu() const noexcept {
  constexpr uint16_t smallest = 23;  // Core 5.4, Vol 3, Part G, 5.2.1
  if (state_->clock().now() < mtu_known_at_) return smallest;
  return std::clamp(peripheral_.spec().mtu, smallest, largest_mtu);
}

TimePoint Connection::take_command_time() {
  const TimePoint now = clock().now();
  command_at_ = std::max(command_at_, now + skipped(now)) + interval() / 2;
  return command_at_;
}

void Connection::request_hangs(TimePoint t) {
  request_lost_at_ = t + transaction_timeout;
  touch();
}

std::optional<TimePoint> Connection::answers_again_at(TimePoint now) {
  supervise(now);
  if (closed_ || !lost_since_) return std::nullopt;
  const TimePoint look = std::min({peripheral_.next_change(now), *lost_since_ + timeout_.duration(), range_check_at_});
  return std::max(look, now + interval());
}

std::shared_ptr<Connection::Subscription> Connection::find_subscription(uint16_t handle) const noexcept {
  for (const auto& each : subscriptions_)
    if (each->handle == handle) return each;
  return nullptr;
}

void Connection::set_subscription(std::shared_ptr<Subscription> subscription) {
  remove_subscription(subscription->handle);
  subscriptions_.push_back(std::move(subscription));
}

void Connection::activate(Subscription& subscription) {
  subscription.active = true;
  subscription.characteristic = gatt().table().find(subscription.handle)->characteristic;
  if (const auto every = gatt().characteristic(subscription.characteristic).notify_every; every && *every > Duration::zero())
    subscription.next = add_saturated(clock().now(), *every);
  wake_at(subscription.next);
}

void Connection::remove_subscription(uint16_t handle) {
  std::erase_if(subscriptions_, [&](const auto& each) {
    if (each->handle != handle) return false;
    each->active = false;
    return true;
  });
}

void Connection::on_services_changed(std::function<void()> callback) {
  services_changed_ = std::move(callback);
  if (!std::exchange(indicated_unheard_, false) || !services_changed_ || closed_) return;
  indicate_at_ = clock().now();
  touch();
}

void Connection::value_set(size_t characteristic, const std::vector<uint8_t>& value) {
  const bool wanted = std::any_of(subscriptions_.begin(), subscriptions_.end(),
                                  [&](const auto& each) { return each->active && each->characteristic == characteristic; });
  if (!wanted || closed_) return;
  queue(characteristic, value, clock().now() + interval() / 2);
}

void Connection::queue(size_t characteristic, std::vector<uint8_t> value, TimePoint at) {
  if (outgoing_.size() >= longest_queue) return peripheral_.notification_sent(true);
  if (!outgoing_.empty()) at = std::max(at, outgoing_.back().at);
  outgoing_.push_back({at, characteristic, std::move(value)});
  wake_at(at);
}

void Connection::services_changed() {
  // The firmware's new table has new configuration descriptors, and nobody has written them.
  for (const auto& each : subscriptions_) each->active = false;
  subscriptions_.clear();
  outgoing_.clear();
  if (!peripheral_.spec().has_service_changed) return;
  indicate_at_ = clock().now() + interval();
  wake_at(indicate_at_);
}

void Connection::indicate_services_changed() {
  indicate_at_ = TimePoint::max();
  const size_t device = peripheral_.index();
  if (peripheral_.bonded_generation(radio_.index())) peripheral_.bond(radio_.index(), gatt().generation());
  (void)radio_.forget_services(device);
  indicated_unheard_ = !services_changed_;
  if (const auto callback = services_changed_) callback();  // a copy: it may set another
}

void Connection::advance(TimePoint now) {
  supervise(now);
  if (!closed_ && !lost_since_) send_due(now);
  if (closed_) return;
  for (Sleeper* const each : sleepers_) {
    if (each->at > now) continue;
    each->at = TimePoint::max();
    each->event.set();
  }
  set_alarm(now);
}

void Connection::set_alarm(TimePoint now) {
  TimePoint next =
      std::min({peripheral_.next_change(now), radio_.faults().next_change(now), drop_.at, range_check_at_, request_lost_at_});
  if (closed_) return;  // the question for the next change may have brought the last
  if (lost_since_) {
    next = std::min(next, *lost_since_ + timeout_.duration());
  } else {
    next = std::min(next, indicate_at_);
    if (!outgoing_.empty()) next = std::min(next, outgoing_.front().at);
    for (const auto& each : subscriptions_) next = std::min(next, each->next);
  }
  for (const Sleeper* const each : sleepers_) next = std::min(next, each->at);
  alarm_.set(next);
}

void Connection::supervise(TimePoint now) {
  if (closed_) return;
  if (radio_.faults().is_dead(now)) return close(CloseReason::radio_lost, now);
  const bool there = is_there(now);
  if (closed_) return;
  if (there)
    lost_since_.reset();
  else if (!lost_since_)
    lost_since_ = now;
  if (lost_since_ && now >= *lost_since_ + timeout_.duration()) return close(CloseReason::supervision_timeout, now);
  if (now >= request_lost_at_) return close(CloseReason::other_host, now, "the device has not answered a request for 30 s");
  if (!made_) return;  // drops count from when it is
  DeviceFaults& faults = peripheral_.faults();
  drop_ = faults.link_drop(radio_.spec().name, since_, number_, now);
  if (drop_.at > now) return;
  if (const auto fault = faults.take(drop_)) close(fault->close, now, fault->text);
}

bool Connection::is_there(TimePoint now) {
  if (!peripheral_.is_reachable(now) || peripheral_.boots() != boots_) return false;
  if (now >= range_check_at_) {
    range_check_at_ = now + range_check;
    in_range_ = radio_.hears(peripheral_.index(), now);
  }
  return in_range_;
}

void Connection::send_due(TimePoint now) {
  if (indicate_at_ <= now) indicate_services_changed();
  while (!outgoing_.empty() && outgoing_.front().at <= now) {
    const Outgoing first = std::move(outgoing_.front());
    outgoing_.pop_front();
    for (size_t i = 0; i < subscriptions_.size();)
      if (const auto each = subscriptions_[i++]; each->characteristic == first.characteristic) send(*each, first.value, now);
  }
  // By place, and each kept: a callback may subscribe, unsubscribe and drop the link.
  for (size_t i = 0; i < subscriptions_.size();) {
    const auto& place = subscriptions_[i++];
    if (place->next > now) continue;
    const auto each = place;
    move_on(each->next, *gatt().characteristic(each->characteristic).notify_every, now);
    gatt().put_value(each->characteristic, now - state_->start(), periodic_value_);
    if (outgoing_.empty())
      send(*each, periodic_value_, now);
    else
      queue(each->characteristic, periodic_value_, now);
  }
}

void Connection::send(Subscription& subscription, Bytes value, TimePoint now) {
  const std::string& radio = radio_.spec().name;
  const bool lost = peripheral_.faults().draw(DeviceFault::Kind::notification_lost, radio, now).has_value();
  const bool doubled = !lost && peripheral_.faults().draw(DeviceFault::Kind::notification_doubled, radio, now).has_value();
  value = value.first(std::min<size_t>(value.size(), mtu() - 3U));
  for (int i = 0; i < (doubled ? 2 : 1); ++i) {
    if (!subscription.active) return;
    peripheral_.notification_sent(lost);
    if (!lost && subscription.on_value) subscription.on_value(value, now);
  }
}

Connection::Sleeper::Sleeper(Connection& connection, const boost::asio::any_io_executor& executor, TimePoint at)
    : owner(connection), event(executor), at(at), place(owner.sleepers_.insert(owner.sleepers_.end(), this)) {
  if (owner.closed_) event.set();
  owner.wake_at(at);
}

Connection::Sleeper::~Sleeper() {
  owner.sleepers_.erase(place);
}

}  // namespace moor::sim
