#include "radio/controller/controller.hpp"

#include "core/within.hpp"
#include "radio/controller/jobs.hpp"
#include "radio/controller/link_session.hpp"
#include "radio/controller/reasons.hpp"
#include "radio/controller/reports.hpp"

#include <random>

namespace moor::controller {

namespace asio = boost::asio;
using hci::Fields;
using hci::HciStatus;
using namespace std::chrono_literals;

namespace {

// A controller tries for ever; the host has the time-out, and cancels.
constexpr Duration attempt_timeout = 24h;
// Before a radio that is gone is asked again.
constexpr Duration absence = 1s;
// Of an update and of pairing, as long as the link layer waits for its peer (Core 5.4, Vol 6, Part B, 5.2).
constexpr Duration response_timeout = 40s;
constexpr Duration rssi_timeout = 500ms;  // the host waits 2 s for any command
constexpr Duration disconnect_timeout = 5s;
constexpr Duration recovery_timeout = 30s;

uint64_t random_number() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace

struct Controller::State final : SightingSink, std::enable_shared_from_this<Controller::State> {
  // An attempt that the host has asked for.
  struct Attempt {
    explicit Attempt(const asio::any_io_executor& executor, Initiation what) : wanted(what), heard(executor) {}
    Initiation wanted;
    Event heard;                    // a device that is wanted
    std::optional<Address> device;  // which
    bool listens = false;
    bool is_silent = false;  // the host has reset the controller
    std::weak_ptr<Jobs::Job> job;
  };
  using SessionPtr = std::shared_ptr<LinkSession>;

  State(asio::any_io_executor its_executor, Clock& its_clock, Radio& its_radio, ControllerOptions its_options, Send its_send)
      : executor(std::move(its_executor)),
        clock(its_clock),
        radio(its_radio),
        options(std::move(its_options)),
        send(std::move(its_send)),
        machine(options.address, options.extended, random_number, [this] { return has_slot(); }),
        reports(options.filter_duplicates, counters, [this](Bytes event) { tell(event); }),
        jobs(std::make_shared<Jobs>(executor)) {}

  void tell(Bytes packet) const {
    if (send) send(packet);
  }

  [[nodiscard]] bool has_slot() const {
    const Slots slots = radio.slots();
    return slots.limit == 0 || slots.free > 0;
  }
  void receive(Bytes packet);
  void receive_command(const hci::HciCommand& command);
  void receive_data(const hci::AclPacket& packet);
  void end_all();

  void act(CommandMachine::Send& action) const { tell(action.packet); }
  void act(CommandMachine::ChangeScan&);
  void act(CommandMachine::BeginConnecting& action);
  void act(CommandMachine::CancelConnecting&);
  void act(CommandMachine::Disconnect& action);
  void act(CommandMachine::Update& action);
  void act(CommandMachine::ReadRssi& action);
  void act(CommandMachine::Encrypt& action);
  void act(CommandMachine::Reset&);

  // Scanning, for the host and for attempts that wait to hear a device.
  void on_sightings(std::span<const Sighting> batch) override;
  void look_at_scan();
  awaitable<void> listen(bool active);
  awaitable<void> end_scan(uint64_t number, Duration after);
  awaitable<void> recover();

  awaitable<void> connect(std::shared_ptr<Attempt> its_attempt);
  awaitable<std::unique_ptr<Link>> reach(Attempt& of);
  awaitable<void> hear(Attempt& of);
  void connected(const Attempt& of, std::unique_ptr<Link> link);
  void attempt_failed(const Attempt& of, const ConnectCause& cause);

  awaitable<void> watch(SessionPtr session);
  awaitable<void> disconnect(SessionPtr session);
  awaitable<void> update(SessionPtr session, ConnectionParameters parameters);
  awaitable<void> read_rssi(SessionPtr session);
  awaitable<void> encrypt(SessionPtr session, CommandMachine::Encrypt wanted);
  [[nodiscard]] SessionPtr find(uint16_t handle) const;
  [[nodiscard]] bool is_open(const LinkSession& session) const { return find(session.handle()).get() == &session; }

  // The state lives as long as any of its work.
  template <typename... Parameters>
  std::shared_ptr<Jobs::Job> begin(awaitable<void> (State::*work)(Parameters...),
                                   std::type_identity_t<Parameters>... parameters) {
    return jobs->start((this->*work)(std::move(parameters)...), [self = shared_from_this()](std::exception_ptr) {});
  }

  asio::any_io_executor executor;
  Clock& clock;
  Radio& radio;
  ControllerOptions options;
  Send send;
  ControllerCounters counters;
  CommandMachine machine;
  Reports reports;
  Bonds bonds;
  std::shared_ptr<Jobs> jobs;
  std::map<uint16_t, SessionPtr> sessions;
  std::shared_ptr<Attempt> attempt;
  std::shared_ptr<Jobs::Job> scan_job;
  bool scan_is_active = false;  // of scan_job
  uint64_t scans = 0;           // that the host has begun
  bool used = false;            // for scanning or connecting, since the last reset
  bool finished = false;
};

void Controller::State::receive(Bytes packet) {
  if (finished || packet.empty()) return;
  const Bytes body = packet.subspan(1);
  switch (static_cast<hci::PacketType>(packet[0])) {
    case hci::PacketType::command:
      if (const auto command = hci::parse_command(body)) return receive_command(*command);
      break;
    case hci::PacketType::acl:
      if (const auto data = hci::parse_acl(body)) return receive_data(*data);
      break;
    default: break;
  }
  ++counters.malformed;
}

void Controller::State::receive_command(const hci::HciCommand& command) {
  ++counters.commands;
  for (CommandMachine::Action& action : machine.receive(command)) std::visit([this](auto& what) { act(what); }, action);
}

void Controller::State::receive_data(const hci::AclPacket& packet) {
  const SessionPtr session = find(packet.handle);
  if (!session) return;  // of a link that has just ended
  tell(hci::completed_packets(packet.handle, 1));
  const uint64_t before = session->malformed();
  session->receive(packet);
  counters.malformed += session->malformed() - before;
}

Controller::State::SessionPtr Controller::State::find(uint16_t handle) const {
  const auto found = sessions.find(handle);
  return found == sessions.end() ? nullptr : found->second;
}

void Controller::State::act(CommandMachine::ChangeScan&) {
  const ScanSettings& scan = machine.scan();
  ++scans;
  used |= scan.enabled;
  if (scan.enabled) reports.begin(clock.now());
  if (scan.enabled && scan.duration > Duration::zero() && scan.period == Duration::zero())
    begin(&State::end_scan, scans, scan.duration);
  look_at_scan();
}

awaitable<void> Controller::State::end_scan(uint64_t number, Duration after) {
  co_await clock.wait_for(after);
  if (number != scans) co_return;
  if (const auto event = machine.scan_ended()) tell(*event);
  look_at_scan();
}

// The radio scans once at a time, so that another kind of scan waits for the end of the one before.
void Controller::State::look_at_scan() {
  const bool for_host = machine.scan().enabled;
  const bool wanted = !finished && (for_host || (attempt && attempt->listens));
  const bool active = for_host && machine.scan().active;
  if (scan_job) {
    if (!wanted || active != scan_is_active) scan_job->cancel();
    return;
  }
  if (!wanted) return;
  scan_is_active = active;
  scan_job = jobs->start(listen(active), [self = shared_from_this()](std::exception_ptr) {
    self->scan_job.reset();
    self->look_at_scan();
  });
}

awaitable<void> Controller::State::listen(bool active) {
  for (;;) {
    try {
      ScanOptions scan;
      scan.active = active;
      co_await radio.scan(std::move(scan), *this);
    } catch (const Error&) {  // a controller that is broken hears nothing
    }
    co_await clock.wait_for(absence);
  }
}

void Controller::State::on_sightings(std::span<const Sighting> batch) {
  if (machine.scan().enabled) reports.add(batch, machine);
  if (!attempt || !attempt->listens || attempt->heard.is_set()) return;
  for (const Sighting& sighting : batch) {
    const bool connectable = has(sighting.properties, AdvertisingProperties::connectable) && !sighting.is_scan_response();
    const bool wanted = attempt->wanted.peer ? *attempt->wanted.peer == sighting.address
                                             : machine.accepts(sighting.address) && !machine.connections().has(sighting.address);
    if (!connectable || !wanted) continue;
    attempt->device = sighting.address;
    return attempt->heard.set();
  }
}

void Controller::State::act(CommandMachine::BeginConnecting& action) {
  used = true;
  attempt = std::make_shared<Attempt>(executor, action.what);
  const auto mine = attempt;
  mine->job = jobs->start(connect(mine), [self = shared_from_this(), mine](std::exception_ptr error) {
    if (self->attempt == mine) self->attempt.reset();
    self->look_at_scan();
    if (error && !mine->is_silent)
      self->tell(self->machine.connecting_failed(HciStatus::unknown_connection, mine->wanted.peer.value_or(Address())));
  });
}

void Controller::State::act(CommandMachine::CancelConnecting&) {
  if (!attempt) return;
  if (const auto job = attempt->job.lock()) job->cancel();
}

awaitable<void> Controller::State::connect(std::shared_ptr<Attempt> its_attempt) {
  std::unique_ptr<Link> link;
  std::optional<ConnectCause> cause;
  try {
    link = co_await reach(*its_attempt);
  } catch (const ConnectError& error) {
    cause = error.cause();
  } catch (const Error& error) {
    cause = ConnectCause{.text = error.what()};
  }
  if (its_attempt->is_silent) co_return;
  if (attempt == its_attempt) attempt.reset();
  if (link)
    connected(*its_attempt, std::move(link));
  else
    attempt_failed(*its_attempt, *cause);
}

// Tries until there is a link, or a failure that a host would see. @throws ConnectError
awaitable<std::unique_ptr<Link>> Controller::State::reach(Attempt& of) {
  of.device = of.wanted.peer;
  for (;;) {
    if (!of.device) co_await hear(of);
    bool absent = false;
    try {
      LinkOptions link;
      link.timeout = attempt_timeout;
      link.use_services_cache = false;
      link.parameters = of.wanted.parameters;
      link.label = "host";
      co_return co_await radio.connect(*of.device, std::move(link));
    } catch (const RadioNotAvailable&) {
      absent = true;
    } catch (const ConnectError& error) {
      if (outcome_of(error.cause().reason).how != FailedConnecting::How::goes_on) throw;
    }
    if (absent) co_await clock.wait_for(absence);
    of.device.reset();
  }
}

awaitable<void> Controller::State::hear(Attempt& of) {
  of.heard.reset();
  of.listens = true;
  look_at_scan();
  co_await of.heard.wait();
  of.listens = false;
  look_at_scan();
}

void Controller::State::connected(const Attempt& of, std::unique_ptr<Link> link) {
  const Address device = link->info().device;
  const auto made = machine.connected(device, of.wanted.parameters);
  if (!made.handle) return tell(made.event);
  ++counters.links;
  const auto session = std::make_shared<LinkSession>(
      LinkSession::Parts{.executor = executor,
                         .clock = clock,
                         .link = std::move(link),
                         .handle = *made.handle,
                         .host = of.wanted.host,
                         .pairing = options.pairing_of ? options.pairing_of(device) : DevicePairing{},
                         .send =
                             [weak = weak_from_this()](Bytes packet) {
                               if (const auto self = weak.lock()) self->tell(packet);
                             },
                         .bonds = bonds});
  sessions.emplace(*made.handle, session);
  tell(made.event);
  begin(&State::watch, session);
}

void Controller::State::attempt_failed(const Attempt& of, const ConnectCause& cause) {
  const FailedConnecting outcome = outcome_of(cause.reason);
  const Address device = of.device.value_or(Address());
  const auto made = machine.connected(device, of.wanted.parameters);
  tell(made.event);
  if (!made.handle) return;
  machine.connections().close(*made.handle);
  tell(hci::disconnection_complete(*made.handle, outcome.status));
}

awaitable<void> Controller::State::watch(SessionPtr session) {
  const Closed closed = co_await session->link().wait_closed();
  session->close();
  if (!is_open(*session)) co_return;
  sessions.erase(session->handle());
  machine.connections().close(session->handle());
  tell(hci::disconnection_complete(session->handle(), session->reason.value_or(status_of(closed.reason))));
}

void Controller::State::act(CommandMachine::Disconnect& action) {
  if (const SessionPtr session = find(action.handle)) begin(&State::disconnect, session);
}

awaitable<void> Controller::State::disconnect(SessionPtr session) {
  co_await session->link().disconnect(clock.now() + disconnect_timeout);
}

void Controller::State::act(CommandMachine::Update& action) {
  if (const SessionPtr session = find(action.handle)) begin(&State::update, session, action.parameters);
}

awaitable<void> Controller::State::update(SessionPtr session, ConnectionParameters parameters) {
  HciStatus status = HciStatus::success;
  try {
    (void)co_await session->link().set_parameters(parameters, clock.now() + response_timeout);
  } catch (const RadioNotAvailable&) {
    status = HciStatus::unsupported_remote_feature;
  } catch (const TimedOut&) {
    status = HciStatus::response_timeout;
  }
  Connection* connection = is_open(*session) ? machine.connections().find(session->handle()) : nullptr;
  if (connection == nullptr) co_return;
  if (status == HciStatus::success) connection->parameters = parameters;
  const ConnectionParameters& now = connection->parameters;
  tell(hci::make_le_event(
      hci::LeEvent::connection_update_complete,
      Fields().status(status).u16(session->handle()).u16(now.max_interval.units).u16(now.latency).u16(now.timeout.units)));
}

void Controller::State::act(CommandMachine::ReadRssi& action) {
  if (const SessionPtr session = find(action.handle)) begin(&State::read_rssi, session);
}

awaitable<void> Controller::State::read_rssi(SessionPtr session) {
  int8_t rssi = no_rssi;
  try {
    rssi = co_await session->link().rssi(clock.now() + rssi_timeout);
  } catch (const Error&) {  // not available
  }
  tell(hci::command_complete(static_cast<uint16_t>(hci::Opcode::read_rssi),
                             Fields().status(HciStatus::success).u16(session->handle()).u8(static_cast<uint8_t>(rssi))));
}

void Controller::State::act(CommandMachine::Encrypt& action) {
  if (const SessionPtr session = find(action.handle)) begin(&State::encrypt, session, action);
}

// The device behind the radio is paired before the host is told, so that what the host asks next is answered.
awaitable<void> Controller::State::encrypt(SessionPtr session, CommandMachine::Encrypt wanted) {
  const KeyCheck check = session->check(wanted.random, wanted.diversifier, wanted.key);
  if (check == KeyCheck::wrong) {
    session->reason = HciStatus::mic_failure;
    co_return co_await disconnect(session);
  }
  HciStatus status = check == KeyCheck::right ? HciStatus::success : HciStatus::key_missing;
  if (status == HciStatus::success) {
    try {
      co_await session->pair(clock.now() + response_timeout);
    } catch (const Error&) {
      status = HciStatus::unspecified;
    }
  }
  Connection* connection = is_open(*session) ? machine.connections().find(session->handle()) : nullptr;
  if (connection == nullptr) co_return;
  Fields result;
  result.status(status).u16(session->handle());
  if (connection->encrypted) {
    tell(hci::make_event(hci::EventCode::encryption_key_refresh_complete, result));
  } else {
    connection->encrypted = status == HciStatus::success;
    tell(hci::make_event(hci::EventCode::encryption_change, result.u8(connection->encrypted ? 1 : 0)));
  }
  if (status == HciStatus::success) session->encrypted();
}

// The resets of a host that begins mend nothing, so that a fault from the beginning is seen.
void Controller::State::act(CommandMachine::Reset&) {
  end_all();
  if (std::exchange(used, false)) begin(&State::recover);
}

awaitable<void> Controller::State::recover() {
  co_await radio.recover(true, clock.now() + recovery_timeout);
}

// Without a word to the host.
void Controller::State::end_all() {
  ++scans;
  if (const auto last = std::exchange(attempt, nullptr)) {
    last->is_silent = true;
    if (const auto job = last->job.lock()) job->cancel();
  }
  look_at_scan();
  for (const auto& [handle, session] : std::exchange(sessions, {})) {
    session->close();
    begin(&State::disconnect, session);
  }
}

Controller::Controller(asio::any_io_executor executor, Clock& clock, Radio& radio, ControllerOptions options, Send send)
    : state_(std::make_shared<State>(std::move(executor), clock, radio, std::move(options), std::move(send))) {}

Controller::~Controller() {
  state_->finished = true;
  state_->send = nullptr;
  state_->end_all();
  state_->jobs->cancel_all();
}

void Controller::receive(Bytes packet) {
  state_->receive(packet);
}

const ControllerCounters& Controller::counters() const noexcept {
  return state_->counters;
}

awaitable<void> Controller::stop() {
  const auto state = state_;
  state->finished = true;
  state->end_all();
  co_await state->jobs->wait_idle();
}

}  // namespace moor::controller
