#include "radio/esphome/session_machine.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>

namespace moor::esphome_radio {

using esphome::MessageType;

namespace {

constexpr uint32_t highest_major = 2;  // as aioesphomeapi

bool is_at_least(const ProxyFacts& facts, uint32_t minor) noexcept {
  return facts.api_major > 1 || (facts.api_major == 1 && facts.api_minor >= minor);
}

// Before API 1.9 a proxy had a version, and each could do one thing more (aioesphomeapi, bluetooth_proxy_feature_flags_compat).
uint32_t legacy_features(uint32_t version) noexcept {
  constexpr std::array<uint32_t, 6> by_version = {0x00, 0x01, 0x03, 0x07, 0x0F, 0x1F};
  return by_version[std::min<size_t>(version, by_version.size() - 1)];
}

SessionProblem problem_of(const esphome::StreamFailure& failure) noexcept {
  switch (failure.problem) {
    case esphome::StreamProblem::peer_is_plaintext: return SessionProblem::encryption_not_expected;
    case esphome::StreamProblem::peer_is_encrypted: return SessionProblem::encryption_needed;
    case esphome::StreamProblem::wrong_key: return SessionProblem::wrong_key;
    case esphome::StreamProblem::handshake_refused:
    case esphome::StreamProblem::unknown_protocol:
    case esphome::StreamProblem::bad_frame:
    case esphome::StreamProblem::bad_tag: break;
  }
  return SessionProblem::protocol_error;
}

std::string seconds_text(Duration d) {
  return fmt::format("{:g} s", to_seconds(d));
}

}  // namespace

SessionMachine::SessionMachine(const SessionOptions& options)
    : options_{.expected_name = options.expected_name,
               .client_info = options.client_info,
               .encrypted = options.key != nullptr,
               .connect_timeout = options.connect_timeout,
               .handshake_timeout = options.handshake_timeout,
               .login_timeout = options.login_timeout,
               .disconnect_timeout = options.disconnect_timeout,
               .ping_after = options.ping_after,
               .max_queued = options.max_queued} {}

template <typename Message>
void SessionMachine::send(const Message& message) {
  Send action{.type = Message::type};
  esphome::encode(message, action.payload);
  actions_.emplace_back(std::move(action));
}

std::optional<SessionMachine::Action> SessionMachine::next_action() {
  if (actions_.empty()) return std::nullopt;
  std::optional<Action> action(std::move(actions_.front()));
  actions_.pop_front();
  return action;
}

SessionMachine::Step SessionMachine::step() const noexcept {
  switch (phase_) {
    case Phase::stopped: return Step::stopped;
    case Phase::connecting: return Step::connect;
    case Phase::waiting: return Step::wait;
    default: return Step::talk;
  }
}

TimePoint SessionMachine::due() const noexcept {
  if (phase_ == Phase::ready) return std::min(pinged_ + options_.ping_after, heard_ + dead_after());
  return phase_ == Phase::waiting ? status_.next_try : deadline_;
}

void SessionMachine::enter(TimePoint now, Phase phase, Status::State state) {
  phase_ = phase;
  if (status_.state == state) return;
  status_.state = state;
  status_.since = now;
  actions_.emplace_back(Changed{});
}

void SessionMachine::connect(TimePoint now) {
  last_attempt_ = now;
  deadline_ = now + options_.connect_timeout;
  enter(now, Phase::connecting, Status::State::connecting);
}

void SessionMachine::start(TimePoint now) {
  if (phase_ == Phase::stopped) connect(now);
}

void SessionMachine::on_connected(TimePoint now) {
  if (phase_ != Phase::connecting) return;
  login_ = {.encrypted = options_.encrypted};
  heard_ = pinged_ = now;
  deadline_ = now + options_.handshake_timeout;
  enter(now, Phase::handshake, Status::State::logging_in);
}

void SessionMachine::on_connect_failed(TimePoint now, const std::string& why) {
  if (phase_ == Phase::connecting) fail(now, SessionProblem::not_reachable, why);
}

void SessionMachine::on_stream_open(TimePoint now, std::string_view server_name) {
  if (phase_ != Phase::handshake) return;
  if (!has_name(server_name)) return wrong_name(now, server_name);
  send(esphome::HelloRequest{options_.client_info, api_major, api_minor});
  deadline_ = now + options_.login_timeout;
  enter(now, Phase::hello, Status::State::logging_in);
}

// A device with another name has another key, most likely: the name says more.
void SessionMachine::on_stream_failure(TimePoint now, const esphome::StreamFailure& failure, std::string_view server_name) {
  if (!is_talking()) return;
  const SessionProblem problem = problem_of(failure);
  if (problem == SessionProblem::wrong_key && !has_name(server_name)) return wrong_name(now, server_name);
  fail(now, problem, failure.text);
}

void SessionMachine::on_closed(TimePoint now, const std::string& why) {
  if (is_talking()) fail(now, SessionProblem::not_reachable, why);
}

void SessionMachine::on_overflow(TimePoint now) {
  if (!is_talking()) return;
  fail(now, SessionProblem::no_answer,
       fmt::format("it does not take what is sent: more than {} bytes wait", options_.max_queued));
}

// Old firmware gives no name.
bool SessionMachine::has_name(std::string_view name) const noexcept {
  return options_.expected_name.empty() || name.empty() || name == options_.expected_name;
}

void SessionMachine::wrong_name(TimePoint now, std::string_view name) {
  fail(now, SessionProblem::wrong_name, std::string(name));
}

void SessionMachine::malformed(TimePoint now, const char* what, const ParseError& error) {
  fail(now, SessionProblem::protocol_error, fmt::format("its {} cannot be read: {} at byte {}", what, error.what, error.offset));
}

bool SessionMachine::on_message(TimePoint now, const esphome::Message& message) {
  if (!is_talking()) return true;
  heard_ = pinged_ = now;
  return on_own_message(now, message) || phase_ != Phase::ready;
}

bool SessionMachine::on_own_message(TimePoint now, const esphome::Message& message) {
  switch (message.type) {
    case MessageType::hello_response: on_hello(now, message); return true;
    case MessageType::authentication_response: on_authentication(now, message); return true;
    case MessageType::device_info_response: on_device_info(now, message); return true;
    case MessageType::device_capabilities_response: on_capabilities(now, message); return true;
    case MessageType::disconnect_request: on_goodbye(now, message); return true;
    case MessageType::disconnect_response:
      if (phase_ == Phase::leaving) fail(now, SessionProblem::none, {});
      return true;
    case MessageType::ping_request: send(MessageType::ping_response); return true;
    case MessageType::get_time_request: actions_.emplace_back(SendTime{}); return true;
    case MessageType::ping_response:
    case MessageType::get_time_response: return true;
    default: return false;
  }
}

void SessionMachine::on_hello(TimePoint now, const esphome::Message& message) {
  if (phase_ != Phase::hello) return;
  const auto hello = esphome::decode<esphome::HelloResponse>(message.payload);
  if (hello.error) return malformed(now, "HelloResponse", *hello.error);
  login_.api_major = hello.message.api_version_major;
  login_.api_minor = hello.message.api_version_minor;
  login_.name = hello.message.name;
  if (login_.api_major > highest_major)
    return fail(now, SessionProblem::wrong_version, fmt::format("{}.{}", login_.api_major, login_.api_minor));
  if (!has_name(login_.name)) return wrong_name(now, login_.name);
  // Firmware with passwords lets nobody in without this, also where it has none; later firmware ignores it.
  send(MessageType::authentication_request);
  send(MessageType::device_info_request);
  enter(now, Phase::device_info, Status::State::logging_in);
}

void SessionMachine::on_authentication(TimePoint now, const esphome::Message& message) {
  const auto answer = esphome::decode<esphome::AuthenticationResponse>(message.payload);
  if (answer.error) return malformed(now, "AuthenticationResponse", *answer.error);
  if (answer.message.invalid_password) fail(now, SessionProblem::password_needed, "it refuses a login without a password");
}

void SessionMachine::on_device_info(TimePoint now, const esphome::Message& message) {
  if (phase_ != Phase::device_info) return;
  const auto decoded = esphome::decode<esphome::DeviceInfoResponse>(message.payload);
  if (decoded.error) return malformed(now, "DeviceInfoResponse", *decoded.error);
  const esphome::DeviceInfoResponse& info = decoded.message;
  if (login_.name.empty()) login_.name = info.name;
  if (!has_name(login_.name)) return wrong_name(now, login_.name);
  login_.friendly_name = info.friendly_name;
  login_.mac = info.mac_address;
  login_.bluetooth_mac = info.bluetooth_mac_address.empty() ? info.mac_address : info.bluetooth_mac_address;
  login_.esphome_version = info.esphome_version;
  login_.model = info.model;
  login_.manufacturer = info.manufacturer;
  login_.project_name = info.project_name;
  login_.project_version = info.project_version;
  login_.area = info.suggested_area;
  login_.features =
      is_at_least(login_, 9) ? info.bluetooth_proxy_feature_flags : legacy_features(info.legacy_bluetooth_proxy_version);
  if (!is_at_least(login_, 15)) return log_in_done(now);
  send(MessageType::device_capabilities_request);
  deadline_ = now + capabilities_timeout;
  enter(now, Phase::capabilities, Status::State::logging_in);
}

void SessionMachine::on_capabilities(TimePoint now, const esphome::Message& message) {
  if (phase_ != Phase::capabilities) return;
  const auto capabilities = esphome::decode<esphome::DeviceCapabilitiesResponse>(message.payload);
  if (capabilities.error) return malformed(now, "DeviceCapabilitiesResponse", *capabilities.error);
  if (capabilities.message.has_bluetooth_proxy) {
    const esphome::BluetoothCapabilities& bluetooth = capabilities.message.bluetooth_proxy;
    login_.features = bluetooth.feature_flags;
    if (!bluetooth.mac_address.empty()) login_.bluetooth_mac = bluetooth.mac_address;
  }
  log_in_done(now);
}

void SessionMachine::log_in_done(TimePoint now) {
  if (login_.features == 0) return fail(now, SessionProblem::no_proxy, login_.name);
  facts_ = login_;
  status_.problem = SessionProblem::none;
  status_.detail.clear();
  status_.failures = 0;
  actions_.emplace_back(Ready{});
  enter(now, Phase::ready, Status::State::ready);
}

void SessionMachine::on_goodbye(TimePoint now, const esphome::Message& message) {
  const auto goodbye = esphome::decode<esphome::DisconnectRequest>(message.payload);
  const bool provisioning_closed = !goodbye.error && goodbye.message.reason == 1;
  send(MessageType::disconnect_response);
  fail(now, SessionProblem::not_reachable,
       provisioning_closed ? "it ended the session: provisioning closed" : "it ended the session", after_goodbye);
}

void SessionMachine::on_time(TimePoint now) {
  if (now < due()) return;
  switch (phase_) {
    case Phase::handshake:
      return fail(now, SessionProblem::no_answer,
                  "it is connected and says nothing for " + seconds_text(options_.handshake_timeout));
    case Phase::hello:
    case Phase::device_info:
      return fail(now, SessionProblem::no_answer, "it does not log us in within " + seconds_text(options_.login_timeout));
    case Phase::capabilities: return log_in_done(now);
    case Phase::ready: return on_silence(now);
    case Phase::leaving: return fail(now, SessionProblem::none, {});
    case Phase::waiting: return connect(now);
    case Phase::stopped:
    case Phase::connecting: return;
  }
}

void SessionMachine::on_silence(TimePoint now) {
  if (now >= heard_ + dead_after())
    return fail(now, SessionProblem::no_answer, "nothing came from it for " + seconds_text(dead_after()));
  pinged_ = now;
  send(MessageType::ping_request);
}

Duration SessionMachine::retry_delay() const noexcept {
  const int counted = std::min(tries_, 10);  // beyond any delay
  return std::min<Duration>(from_seconds(std::pow(1.8, counted)), longest_retry);
}

void SessionMachine::fail(TimePoint now, SessionProblem problem, const std::string& detail, Duration at_least) {
  if (is_talking()) actions_.emplace_back(Close{});
  if (phase_ == Phase::leaving) return enter(now, Phase::stopped, Status::State::idle);
  if (phase_ == Phase::stopped || phase_ == Phase::waiting) return;
  const bool was_ready = phase_ == Phase::ready;
  tries_ = was_ready && now - status_.since >= stable_after ? 0 : tries_ + 1;
  if (was_ready) actions_.emplace_back(Lost{problem, detail});
  status_.problem = problem;
  status_.detail = detail;
  status_.failures = tries_;
  status_.next_try = now + (is_permanent(problem) ? permanent_retry : std::max(at_least, retry_delay()));
  enter(now, Phase::waiting, Status::State::waiting);
}

void SessionMachine::on_announced(TimePoint now) {
  if (phase_ != Phase::waiting) return;
  const Duration apart = is_permanent(status_.problem) ? announced_permanent_retry : announced_retry;
  status_.next_try = std::min(status_.next_try, std::max(now, last_attempt_ + apart));
  on_time(now);
}

void SessionMachine::on_retry(TimePoint now) {
  if (phase_ == Phase::waiting) connect(now);
}

void SessionMachine::on_restart(TimePoint now) {
  if (is_talking() && phase_ != Phase::leaving) fail(now, SessionProblem::not_reachable, "it was closed to connect anew");
}

void SessionMachine::on_stop(TimePoint now) {
  if (phase_ == Phase::stopped || phase_ == Phase::leaving) return;
  const bool is_known = phase_ == Phase::device_info || phase_ == Phase::capabilities || phase_ == Phase::ready;
  if (phase_ == Phase::ready) actions_.emplace_back(Lost{SessionProblem::none, {}});
  if (is_known) {
    send(MessageType::disconnect_request);
    deadline_ = now + options_.disconnect_timeout;
    return enter(now, Phase::leaving, Status::State::idle);
  }
  if (is_talking()) actions_.emplace_back(Close{});
  enter(now, Phase::stopped, Status::State::idle);
}

}  // namespace moor::esphome_radio
