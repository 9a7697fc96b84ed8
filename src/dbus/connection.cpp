#include "dbus/connection.hpp"

#include "core/parked.hpp"
#include "core/within.hpp"
#include "dbus/call_group.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace moor::dbus {

namespace asio = boost::asio;

namespace {

// As many messages in a turn of the event loop: about 0.1 ms of work.
constexpr int messages_a_turn = 64;

Target bus_driver() {
  return {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"};
}

CallFailed failure(const Message& reply) {
  std::string text;
  if (reply.signature().starts_with('s')) text = reply.read().read_string();
  return {std::string(reply.error_name()), text.empty() ? std::string(reply.error_name()) : text};
}

}  // namespace

// A call that waits for its answer. It lives in the frame of the coroutine that waits.
struct Connection::Pending final : CallGroup::Member {
  enum class End : uint8_t { not_yet, answered, late, lost, given_up };

  Pending(Connection& owner, uint32_t of, TimePoint until, CallGroup* group)
      : CallGroup::Member(group), connection(owner), serial(of), deadline(until), parked(owner.executor_) {
    connection.pending_.emplace(serial, this);
  }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() override {
    connection.pending_.erase(serial);
    std::erase(connection.answered_calls_, this);
  }

  void answer(const Message& message) {
    if (end != End::not_yet) return;
    end = End::answered;
    reply = message;
    connection.answered_calls_.push_back(this);
  }
  void fail(End how) {
    if (end != End::not_yet) return;
    end = how;
    parked.resume_soon();
  }
  void give_up() override { fail(End::given_up); }

  Connection& connection;
  const uint32_t serial;
  const TimePoint deadline;
  Parked parked;
  End end = End::not_yet;
  Message reply{};
};

// What is called until its hold ends.
struct Connection::Registration {
  explicit Registration(Connection& owner) : connection(owner) {}
  virtual ~Registration() = default;
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  /// Told once, when the hold ends.
  virtual void retire() { ended = true; }

  template <typename Call>
  void guard(Call&& call) {
    if (ended || !connection.open_) return;
    try {
      call();
    } catch (const MessageMalformed&) {  // somebody else's nonsense on the bus must not end the program
    }
  }

  Connection& connection;
  bool ended = false;
};

struct Connection::SignalMatch final : Registration {
  SignalMatch(Connection& owner, Bus::OnSignal call) : Registration(owner), on_signal(std::move(call)) {}

  void retire() override {
    if (std::exchange(ended, true)) return;
    if (sender_changes != nullptr) sender_changes->retire();
    if (!asked || !connection.open_) return;
    Message removal = make_call(bus_driver(), "RemoveMatch");
    removal.get()->flags = no_reply_expected;
    removal.write().string(text);
    connection.send(removal);
  }
  void tell(const Message& signal) {
    if (!rule.fits(*signal.get()) || (sender_changes != nullptr && sender != signal.sender())) return;
    guard([&] { on_signal(signal); });
  }

  Bus::OnSignal on_signal;
  std::string text{};
  MatchRule rule{};
  bool asked = false;  // the bus
  // Of a rule with a well-known name as sender: whose name it is now, kept by another match.
  std::shared_ptr<SignalMatch> sender_changes{};
  std::string sender{};
  bool sender_changed = false;
};

struct Connection::Service final : Registration {
  Service(Connection& owner, std::string at, bool below_too, Bus::OnCall call)
      : Registration(owner), path(std::move(at)), below(below_too), on_call(std::move(call)) {}

  [[nodiscard]] bool has(std::string_view wanted) const noexcept {
    if (ended) return false;
    if (wanted == path) return true;
    return below && (path == "/" || (wanted.starts_with(path) && wanted[path.size()] == '/'));
  }

  std::string path;
  bool below;
  Bus::OnCall on_call;
};

struct Connection::Ending {
  Ending(std::weak_ptr<Connection> owner, std::shared_ptr<Registration> what)
      : connection(std::move(owner)), registration(std::move(what)) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending() {
    if (const auto owner = connection.lock()) owner->retire(registration);
  }

  std::weak_ptr<Connection> connection;
  std::shared_ptr<Registration> registration;
};

Connection::Connection(const asio::any_io_executor& executor, Clock& clock, int socket, Authentication::Role role)
    : executor_(executor),
      clock_(clock),
      descriptor_(executor, socket),
      channel_(socket),
      role_(role),
      authentication_(role),
      answered_(executor),
      lost_(executor),
      late_(clock, executor, [this] { end_late(); }) {}

Connection::~Connection() {
  close("the connection was closed");
}

awaitable<void> Connection::start([[maybe_unused]] std::shared_ptr<Connection> self, TimePoint deadline) {
  channel_.put(authentication_.greeting());
  if (role_ == Authentication::Role::client) (void)post(make_call(bus_driver(), "Hello"));
  pump_soon();
  const bool in_time = co_await within(clock_, deadline, answered_.wait());
  if (!in_time) {
    close("the bus did not answer in time");
    throw TimedOut(why_lost_);
  }
  if (!open_) throw BusLost(why_lost_, denied_);
  held_ = false;
  pump_soon();
}

void Connection::close(std::string why, bool denied) {
  if (!open_) return;
  open_ = false;
  why_lost_ = std::move(why);
  denied_ = denied;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  late_.stop();
  for (const auto& [serial, each] : pending_) each->fail(Pending::End::lost);
  answered_.set();
  lost_.set();
}

// @throws BusLost, TimedOut, CallGivenUp, or what the reply says.
awaitable<void> Connection::finish(Pending& pending, const Message& asked) {
  using End = Pending::End;
  late_.set(pending.deadline);
  if (pending.end == End::not_yet) {
    // A variable: with the wait inside the condition of a throw, g++ 12 lays out this frame in two ways and crashes.
    const bool resumed = co_await pending.parked.wait();
    if (!resumed && pending.end == End::not_yet) throw boost::system::system_error(asio::error::operation_aborted);
  }
  if (pending.end == End::given_up) throw CallGivenUp();
  if (pending.end == End::late)
    throw TimedOut("no answer to " + std::string(asked.interface()) + "." + std::string(asked.member()));
  if (pending.end == End::lost) throw BusLost(why_lost_, denied_);
  if (pending.reply.get()->kind == Kind::error) throw failure(pending.reply);
}

void Connection::end_late() {
  const TimePoint now = clock_.now();
  TimePoint next = TimePoint::max();
  for (const auto& [serial, each] : pending_) {
    if (each->deadline <= now)
      each->fail(Pending::End::late);
    else
      next = std::min(next, each->deadline);
  }
  late_.set(next);
}

// Without a turn of the event loop in between. Whoever goes on may end others, or this connection.
void Connection::resume_answered() {
  while (!answered_calls_.empty()) {
    Pending& first = *answered_calls_.front();
    answered_calls_.erase(answered_calls_.begin());
    first.parked.resume();
  }
}

awaitable<void> Connection::wait_lost([[maybe_unused]] std::shared_ptr<Connection> self) {
  co_await lost_.wait();
}

awaitable<Message> Connection::call([[maybe_unused]] std::shared_ptr<Connection> self, Message message, TimePoint deadline,
                                    CallGroup* group) {
  if (!open_) throw BusLost(why_lost_, denied_);
  if (group != nullptr && group->has_ended()) throw CallGivenUp();
  const uint32_t serial = post(message);
  if (serial == 0) throw BusLost(why_lost_, denied_);
  Pending pending(*this, serial, deadline, group);
  co_await finish(pending, message);
  co_return std::move(pending.reply);
}

uint32_t Connection::post(const Message& message) {
  if (!open_) return 0;
  if (!message.get()->open.empty()) throw MessageMalformed("D-Bus cannot send a message with a container that is still open");
  if (++last_serial_ == 0) ++last_serial_;
  if (!channel_.put(message, last_serial_, own_sender_)) {
    close("the bus takes no more messages");
    return 0;
  }
  if (!processing_) flush();
  return open_ ? last_serial_ : 0;
}

awaitable<Bus::Hold> Connection::match([[maybe_unused]] std::shared_ptr<Connection> self, std::string rule,
                                       Bus::OnSignal on_signal, TimePoint deadline) {
  const auto match = std::make_shared<SignalMatch>(*this, std::move(on_signal));
  Bus::Hold result = hold(match);
  const auto parsed = MatchRule::parse(rule);
  const std::optional<std::string> name = parsed ? parsed->well_known_sender() : std::nullopt;
  if (name && !unique_name_.empty()) co_await follow_sender(*match, *name, deadline);
  co_await add_match(match, std::move(rule), deadline);
  co_return result;
}

awaitable<void> Connection::add_match(std::shared_ptr<SignalMatch> match, std::string rule, TimePoint deadline) {
  if (!open_) throw BusLost(why_lost_, denied_);
  std::optional<MatchRule> parsed = MatchRule::parse(rule);
  if (!parsed) throw CallFailed("org.freedesktop.DBus.Error.MatchRuleInvalid", "not a match rule: " + rule);
  match->rule = std::move(*parsed);
  match->text = rule;
  matches_.push_back(match);
  if (unique_name_.empty()) co_return;  // no bus there to choose the messages: all come
  Message addition = make_call(bus_driver(), "AddMatch");
  addition.write().string(rule);
  match->asked = true;
  (void)co_await call(shared_from_this(), std::move(addition), deadline);
}

// The changes come in one order with the signals, so what is kept is right for each signal. The answer to the question is right
// only where no change came after it, and where one came before it, they agree.
awaitable<void> Connection::follow_sender(SignalMatch& match, std::string name, TimePoint deadline) {
  match.sender_changes = std::make_shared<SignalMatch>(*this, [&match](const Message& signal) {
    Reader reader = signal.read();
    reader.skip("ss");
    match.sender = reader.read_string();
    match.sender_changed = true;
  });
  co_await add_match(match.sender_changes,
                     "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
                     "member='NameOwnerChanged',arg0='" +
                         name + "'",
                     deadline);
  const auto owner = co_await find_owner(shared_from_this(), std::move(name), deadline);
  if (!match.sender_changed && owner) match.sender = *owner;
}

awaitable<std::optional<std::string>> Connection::find_owner(std::shared_ptr<Connection> self, std::string name,
                                                             TimePoint deadline) {
  Message question = make_call(bus_driver(), "GetNameOwner");
  question.write().string(name);
  try {
    const Message answer = co_await call(std::move(self), std::move(question), deadline);
    co_return std::string(answer.read().read_string());
  } catch (const CallFailed& failed) {
    if (failed.name() != "org.freedesktop.DBus.Error.NameHasNoOwner") throw;
  }
  co_return std::nullopt;
}

awaitable<void> Connection::request_name(std::shared_ptr<Connection> self, std::string name, TimePoint deadline) {
  constexpr uint32_t do_not_queue = 4;  // D-Bus specification, RequestName
  constexpr uint32_t primary_owner = 1, already_owner = 4;
  Message request = make_call(bus_driver(), "RequestName");
  request.write().string(name).u32(do_not_queue);
  const Message answer = co_await call(std::move(self), std::move(request), deadline);
  const uint32_t result = answer.read().read_u32();
  if (result != primary_owner && result != already_owner)
    throw CallFailed("org.freedesktop.DBus.Error.AddressInUse", "somebody else is " + name);
}

Bus::Hold Connection::serve(const std::string& path, bool below, Bus::OnCall on_call) {
  if (!is_path(path)) throw MessageMalformed("D-Bus cannot serve " + path + ": it is no object path");
  const auto service = std::make_shared<Service>(*this, path, below, std::move(on_call));
  services_.push_back(service);
  return hold(service);
}

Bus::Hold Connection::hold(std::shared_ptr<Registration> registration) {
  return Bus::Hold(std::make_shared<Ending>(weak_from_this(), std::move(registration)));
}

void Connection::retire(const std::shared_ptr<Registration>& registration) {
  registration->retire();
  sweep();
}

void Connection::sweep() {
  if (processing_) return;
  const auto has_ended = [](const auto& each) { return each->ended; };
  std::erase_if(matches_, has_ended);
  std::erase_if(services_, has_ended);
}

void Connection::pump_soon() {
  if (std::exchange(pump_posted_, true)) return;
  asio::post(executor_, [self = shared_from_this()] {
    self->pump_posted_ = false;
    self->pump();
  });
}

void Connection::pump() {
  if (!open_) return resume_answered();
  if (held_) return;
  int taken = 0;
  Step step = Step::message;
  processing_ = true;
  try {
    while (taken < messages_a_turn && step != Step::stop) {
      step = process_one();
      if (step == Step::message) ++taken;
    }
  } catch (...) {
    processing_ = false;
    sweep();
    pump_soon();
    throw;
  }
  processing_ = false;
  sweep();
  flush();
  if (step == Step::stop)
    arm();
  else
    pump_soon();
  resume_answered();
}

// One message from what has come, else more of it from the other end.
Connection::Step Connection::process_one() {
  if (!open_ || held_) return Step::stop;
  Step step = Step::message;
  if (authentication_.state() != Authentication::State::done) {
    step = greet();
  } else {
    if (!incoming_ || incoming_.get()->references != 1) incoming_ = Message(new Content());
    const Channel::Taken taken = channel_.take_message(*incoming_.get());
    if (taken == Channel::Taken::malformed) {
      close(channel_.problem());
      return Step::stop;
    }
    if (taken == Channel::Taken::message)
      dispatch(Message(incoming_));
    else
      step = Step::wants_more;
  }
  if (step != Step::wants_more || !open_) return step;
  const Channel::Received received = channel_.receive();
  if (received == Channel::Received::nothing_yet) return Step::stop;
  if (received == Channel::Received::some) return Step::wants_more;
  // dbus-daemon lets users that it does not want come so far that they are known, and then hangs up.
  const bool denied = !answered_.is_set() && authentication_.state() == Authentication::State::done;
  close(channel_.problem().empty() ? std::string("the other end closed the connection") : channel_.problem(), denied);
  return Step::stop;
}

Connection::Step Connection::greet() {
  const Bytes input = channel_.input();
  std::string answer;
  channel_.take(authentication_.take({reinterpret_cast<const char*>(input.data()), input.size()}, answer));
  channel_.put(answer);
  switch (authentication_.state()) {
    case Authentication::State::under_way: return Step::wants_more;
    case Authentication::State::rejected: close("the bus does not let this user in", true); return Step::stop;
    case Authentication::State::wrong: close("the other end speaks no D-Bus"); return Step::stop;
    case Authentication::State::done: break;
  }
  if (role_ == Authentication::Role::client) return Step::message;
  held_ = true;
  answered_.set();
  return Step::stop;
}

void Connection::dispatch(const Message& message) {
  const Content& content = *message.get();
  if (content.kind == Kind::signal) return dispatch_signal(message);
  if (content.kind == Kind::call) return dispatch_call(message);
  if (content.kind != Kind::answer && content.kind != Kind::error) return;  // of a later time
  if (!answered_.is_set()) {                                                // to Hello
    if (content.kind == Kind::error) return close(failure(message).what(), true);
    unique_name_ = message.read().read_string();
    held_ = true;
    answered_.set();
    return;
  }
  const auto waiting = pending_.find(content.reply_serial);
  if (waiting != pending_.end()) waiting->second->answer(message);
}

void Connection::dispatch_signal(const Message& signal) {
  const size_t count = matches_.size();  // those that are added meanwhile are not told
  for (size_t i = 0; i < count && open_; ++i) {
    const std::shared_ptr<SignalMatch> match = matches_[i];
    match->tell(signal);
  }
}

void Connection::dispatch_call(const Message& call) {
  const auto refuse = [&](const char* name, const std::string& text) {
    if ((call.get()->flags & no_reply_expected) == 0) send(make_refusal(call, name, text));
  };
  if (gate_ && !gate_(call))
    return refuse("org.freedesktop.DBus.Error.ServiceUnknown",
                  "The name " + std::string(call.destination()) + " was not provided by any .service files");
  if (call.interface() == "org.freedesktop.DBus.Peer" && call.member() == "Ping") return send(make_answer(call));
  std::shared_ptr<Service> best;
  for (const auto& each : services_)
    if (each->has(call.path()) && (best == nullptr || each->path.size() > best->path.size())) best = each;
  if (best == nullptr)
    return refuse("org.freedesktop.DBus.Error.UnknownObject", "there is no object at " + std::string(call.path()));
  best->guard([&] { best->on_call(call, Reply(call, weak_from_this())); });
}

void Connection::flush() {
  if (!open_ || !channel_.has_output()) return;
  if (!channel_.flush()) return close(channel_.problem());
  if (channel_.has_output()) wait(asio::posix::stream_descriptor::wait_write, waiting_to_write_);
}

void Connection::arm() {
  if (!open_ || held_ || pump_posted_) return;
  wait(asio::posix::stream_descriptor::wait_read, waiting_to_read_);
}

void Connection::wait(asio::posix::stream_descriptor::wait_type what, bool& waiting) {
  if (std::exchange(waiting, true)) return;
  descriptor_.async_wait(what, [self = shared_from_this(), &waiting](boost::system::error_code error) {
    waiting = false;
    if (error && self->open_) self->close(error.message());
    self->flush();
    self->pump_soon();  // not now: others' turns come first, also where messages come as fast as they are taken
  });
}

}  // namespace moor::dbus
