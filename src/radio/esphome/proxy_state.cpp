#include "radio/esphome/proxy_state.hpp"

#include "core/within.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

namespace moor::esphome_radio {

namespace asio = boost::asio;
using esphome::MessageType;

namespace {

// One for all proxies of a context.
class SharedRoom final : public asio::execution_context::service {
public:
  static inline asio::execution_context::id id;
  explicit SharedRoom(asio::execution_context& context) : asio::execution_context::service(context) {}
  [[nodiscard]] const std::shared_ptr<SightingRoom>& room() const noexcept { return room_; }

private:
  void shutdown() override {}

  std::shared_ptr<SightingRoom> room_ = std::make_shared<SightingRoom>();
};

}  // namespace

ProxyState::ProxyState(Clock& clock, RadioInfo info, std::unique_ptr<Connector> connector, SessionOptions options)
    : clock_(clock),
      info_(std::move(info)),
      connector_(std::move(connector)),
      options_(std::move(options)),
      sightings_(info_.id, statistics_) {}

void ProxyState::shut_down() {
  shut_down_ = true;
  alarm_.reset();
  if (stop_) stop_->emit(asio::cancellation_type::all);
  connections_.reset();
  session_.reset();
}

ProxyState::Use::Use(ProxyState& state, Scan* scan, bool link) : state_(state), scan_(scan), link_(link) {
  ++state_.uses_;
  state_.unused_since_.reset();
  if (link_) ++state_.link_uses_;
  if (scan_ != nullptr) state_.scans_.push_back(scan_);
  state_.start();
  state_.pump();
}

ProxyState::Use::~Use() {
  --state_.uses_;
  if (link_) --state_.link_uses_;
  if (scan_ != nullptr) std::erase(state_.scans_, scan_);
  if (state_.shut_down_) return;
  state_.pump();
  state_.let_go_if_unused();
}

void ProxyState::begin(const asio::any_io_executor& executor) {
  if (executor_ || shut_down_) return;
  executor_ = executor;
  sightings_.share(asio::use_service<SharedRoom>(asio::query(executor, asio::execution::context)).room());
  alarm_ = std::make_unique<Alarm>(clock_, executor, [this] { on_time(); });
  Session::Handlers handlers;
  handlers.on_ready = [this](const ProxyFacts& facts) { on_ready(facts); };
  handlers.on_lost = [this](SessionProblem, const std::string& why) { on_lost(why); };
  handlers.on_message = [this](const esphome::Message& message) { on_message(message); };
  handlers.on_state = [this] { state_changed_.ring(); };
  session_ = std::make_unique<Session>(clock_, executor, std::move(connector_), options_, std::move(handlers));
  connections_ = std::make_unique<Connections>(*this, executor);
}

// The signal lives as long as what runs under it.
void ProxyState::start() {
  if (stop_ || shut_down_) return;
  stop_ = std::make_shared<asio::cancellation_signal>();
  asio::co_spawn(*executor_, session_->run(),
                 asio::bind_cancellation_slot(stop_->slot(), [weak = weak_from_this(), keep = stop_](std::exception_ptr) {
                   if (const auto self = weak.lock()) self->on_ended();
                 }));
}

void ProxyState::on_ended() {
  stop_.reset();
  stopping_ = false;
  if (shut_down_) return;
  state_changed_.ring();
  if (is_used()) start();
}

void ProxyState::on_ready(const ProxyFacts& facts) {
  ++logins_;
  info_.detail = describe(facts);
  info_.limits = limits_of(facts);
  info_.can_connect = can_connect(facts.features);
  machine_.on_ready(facts.features);
  session_->send(MessageType::subscribe_connections_free);
  pump();
  state_changed_.ring();
}

void ProxyState::on_lost(const std::string& why) {
  machine_.on_lost();
  connections_->on_session_lost(why);
  linked_ = false;
  pump();
  state_changed_.ring();
  device_changed_.ring();
  let_go_if_unused();
}

void ProxyState::on_message(const esphome::Message& message) {
  switch (message.type) {
    case MessageType::raw_advertisements:
    case MessageType::advertisement: {
      const TimePoint now = clock_.now();
      machine_.on_heard();
      silence_.on_message(now);
      if (scans_.empty()) return;
      last_heard_ = now;
      if (message.type == MessageType::raw_advertisements)
        sightings_.on_raw(message.payload, now, *this);
      else
        sightings_.on_legacy(message.payload, now, *this);
      return;
    }
    case MessageType::scanner_state: {
      const auto decoded = esphome::decode<esphome::ScannerState>(message.payload);
      if (decoded.error) return;
      machine_.on_scanner_state(decoded.message);
      pump();
      state_changed_.ring();
      return;
    }
    default: (void)connections_->on_message(message);
  }
}

void ProxyState::on_sightings(std::span<const Sighting> batch) {
  for (Scan* scan : scans_) {
    if (scan->thrown) continue;
    try {
      scan->sink->on_sightings(batch);
    } catch (...) {
      scan->thrown = std::current_exception();
      state_changed_.ring();
    }
  }
}

// Links that are made, up, or let go and not yet gone: they have a label, those of other programs none.
void ProxyState::look_for_links() {
  linked_ = false;
  if (connections_)
    for (const Slots::Holder& each : connections_->slots().holders) linked_ = linked_ || !each.label.empty();
}

void ProxyState::on_changed(const Address&) {
  if (shut_down_) return;
  look_for_links();
  pump();
  state_changed_.ring();
  device_changed_.ring();
  let_go_if_unused();
}

void ProxyState::on_time() {
  look_for_links();
  pump();
  let_go_if_unused();
}

// Says to the proxy what the machine says.
void ProxyState::pump() {
  if (shut_down_ || !session_) return;
  Wanted wanted{.links = link_uses_ > 0 || linked_};
  for (const Scan* scan : scans_)
    if (!wanted.scan || scan->mode == esphome::ScannerMode::active) wanted.scan = scan->mode;
  machine_.want(wanted);
  const bool was_held = machine_.is_held_by_another();
  for (;;) {
    const ScanningMachine::Action action = machine_.next(clock_.now());
    if (const auto* wait = std::get_if<ScanningMachine::Wait>(&action)) {
      if (wait->until != TimePoint::max()) alarm_->set(wait->until);
      break;
    }
    if (std::holds_alternative<ScanningMachine::Subscribe>(action)) {
      should_hear_ = false;
      session_->send(esphome::SubscribeAdvertisements{.flags = 1});
    } else if (std::holds_alternative<ScanningMachine::Unsubscribe>(action)) {
      session_->send(MessageType::unsubscribe_advertisements);
    } else {
      session_->send(esphome::ScannerSetMode{.mode = std::get<ScanningMachine::SetMode>(action).mode});
    }
  }
  watch_silence();
  if (machine_.is_held_by_another() != was_held) state_changed_.ring();
}

void ProxyState::watch_silence() {
  const bool should = machine_.is_subscribed() && !machine_.is_held_by_another() && !scans_.empty();
  if (should == should_hear_) return;
  should_hear_ = should;
  if (should)
    silence_.on_started(clock_.now());
  else
    silence_.on_stopped();
}

bool ProxyState::has_permanent_problem() const noexcept {
  if (!session_) return false;
  const Session::Status& status = session_->status();
  return status.state == Session::Status::State::waiting && is_permanent(status.problem);
}

Duration ProxyState::patience() const noexcept {
  return has_permanent_problem() ? idle_time_of_permanent : idle_time;
}

void ProxyState::let_go_if_unused() {
  if (is_used() || !stop_ || stopping_ || shut_down_) {
    unused_since_.reset();
    if (uses_ == 0 && linked_ && !shut_down_) alarm_->set(clock_.now() + idle_time);  // no message may say that a link has gone
    return;
  }
  if (!unused_since_) unused_since_ = clock_.now();
  const TimePoint end = *unused_since_ + patience();
  if (clock_.now() < end) {
    alarm_->set(end);
    return;
  }
  stopping_ = true;
  stop_->emit(asio::cancellation_type::all);
}

const ProxyFacts* ProxyState::facts() const {
  return is_ready() && session_->facts() ? &*session_->facts() : nullptr;
}

LinkAbilities ProxyState::abilities() const {
  return link_abilities(session_ && session_->facts() ? session_->facts()->features : 0);
}

std::string ProxyState::proxy_name() const {
  if (session_ && session_->facts()) return session_->facts()->name;
  return info_.name.substr(info_.name.rfind('/') + 1);
}

std::string ProxyState::no_session_yet() const {
  return "there is no session with " + proxy_name() + " yet";
}

std::string ProxyState::problem() const {
  const Session::Status& status = session_->status();
  if (status.problem == SessionProblem::none) return no_session_yet();
  const ProblemText text = problem_text(status.problem, proxy_name(), status.detail);
  return text.what + (text.advice.empty() ? "" : "; " + text.advice);
}

RadioNotAvailable ProxyState::unavailable() const {
  if (!session_) return RadioNotAvailable("the radio is gone", {.radio = info_.name}, Unavailable::no_service);
  const Session::Status& status = session_->status();
  ProblemText text = problem_text(status.problem, proxy_name(), status.detail);
  if (status.problem == SessionProblem::none) text.what = no_session_yet();
  const bool refused = status.problem == SessionProblem::wrong_key || status.problem == SessionProblem::encryption_needed ||
                       status.problem == SessionProblem::password_needed;
  return RadioNotAvailable(text.what, {.radio = info_.name, .cause = status.detail, .advice = text.advice},
                           refused ? Unavailable::permission_denied : Unavailable::no_service);
}

RadioNotAvailable ProxyState::held() const {
  return RadioNotAvailable(held_by_another(proxy_name()), {.radio = info_.name, .advice = std::string(advice_of_held)},
                           Unavailable::no_service);
}

RadioHealth ProxyState::health() const {
  RadioHealth health{.last_heard = last_heard_};
  if (!session_) return health;
  health.silent_at = TimePoint::max();
  if (!is_ready()) {
    const bool tried = is_used() || session_->status().problem != SessionProblem::none;
    if (!tried) return health;
    health.state = RadioHealth::State::unavailable;
    health.problem = problem();
    return health;
  }
  if (machine_.is_held_by_another()) {
    health.state = RadioHealth::State::unavailable;
    health.problem = held_by_another(proxy_name()) + "; " + std::string(advice_of_held);
    return health;
  }
  if (scans_.empty()) return health;
  health.scanning = true;
  health.silent_at = silence_.silent_at();
  health.problem = machine_.scanner_problem();
  const bool silent = clock_.now() >= *health.silent_at;
  health.state = silent ? RadioHealth::State::silent : RadioHealth::State::scanning;
  if (silent && health.problem.empty()) health.problem = "it should scan and hears nothing";
  return health;
}

}  // namespace moor::esphome_radio
