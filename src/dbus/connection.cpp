#include "dbus/connection.hpp"

#include "core/parked.hpp"
#include "core/within.hpp"
#include "dbus/call_group.hpp"
#include "dbus/match_rule.hpp"

#include <poll.h>
#include <boost/asio/post.hpp>
#include <cerrno>

namespace moor::dbus {

namespace asio = boost::asio;

namespace {

// As many messages in a turn of the event loop: about 0.3 ms of work.
constexpr int messages_a_turn = 64;

Target bus_driver() {
  return {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"};
}

constexpr uint64_t never = UINT64_MAX;  // to sd-bus: the Clock has the deadlines

CallFailed failure(sd_bus_message* reply) {
  const sd_bus_error* error = sd_bus_message_get_error(reply);
  const bool has_text = error->message != nullptr && *error->message != '\0';
  return {error->name, has_text ? error->message : error->name};
}

}  // namespace

// Something that sd-bus will call back about, once. It lives in the frame of the coroutine that waits.
struct Connection::Pending final : CallGroup::Member {
  enum class End : uint8_t { not_yet, answered, late, lost, given_up };

  Pending(Connection& owner, TimePoint until, CallGroup* group = nullptr)
      : CallGroup::Member(group), connection(owner), deadline(until), parked(owner.executor_) {
    connection.pending_.insert(this);
  }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() override {
    connection.pending_.erase(this);
    std::erase(connection.answered_calls_, this);
  }

  void answer(sd_bus_message* message) {
    if (end != End::not_yet) return;
    end = End::answered;
    reply = Message(sd_bus_message_ref(message));
    connection.answered_calls_.push_back(this);
  }
  void fail(End how) {
    if (end != End::not_yet) return;
    end = how;
    parked.resume_soon();
  }
  void give_up() override { fail(End::given_up); }
  static int on_reply(sd_bus_message* message, void* pending, sd_bus_error*) {
    static_cast<Pending*>(pending)->answer(message);
    return 1;
  }

  Connection& connection;
  const TimePoint deadline;
  Parked parked;
  End end = End::not_yet;
  Message reply{};
  Slot slot{};
};

// What sd-bus calls until the slot ends.
struct Connection::Registration {
  explicit Registration(Connection& owner) : connection(owner) {}
  virtual ~Registration() = default;
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  template <typename Call>
  void guard(Call&& call) noexcept {
    if (ended || !connection.open_) return;
    try {
      call();
    } catch (const MessageMalformed&) {
      // Somebody else's nonsense on the bus must not end the program.
    } catch (...) {
      connection.thrown_ = std::current_exception();
    }
  }

  Connection& connection;
  Slot slot{};
  bool ended = false;
};

struct Connection::SignalMatch final : Registration {
  SignalMatch(Connection& owner, Bus::OnSignal call) : Registration(owner), on_signal(std::move(call)) {}

  static int on_message(sd_bus_message* message, void* userdata, sd_bus_error*) {
    auto& match = *static_cast<SignalMatch*>(userdata);
    if (match.sender_changes != nullptr && match.sender != sd_bus_message_get_sender(message)) return 0;
    match.guard([&] { match.on_signal(Message(sd_bus_message_ref(message))); });
    return 0;
  }
  static int on_installed(sd_bus_message* message, void* userdata, sd_bus_error*) {
    auto& match = *static_cast<SignalMatch*>(userdata);
    if (match.installing != nullptr) match.installing->answer(message);
    return 1;
  }

  Bus::OnSignal on_signal;
  Pending* installing = nullptr;
  // Of a rule with a well-known name as sender, which sd-bus lets any sender fulfil: the one whose name it is now, kept by another match.
  std::shared_ptr<SignalMatch> sender_changes{};
  std::string sender{};
  bool sender_changed = false;
};

struct Connection::Service final : Registration {
  Service(Connection& owner, Bus::OnCall call) : Registration(owner), on_call(std::move(call)) {}

  static int on_message(sd_bus_message* message, void* userdata, sd_bus_error*) {
    auto& service = *static_cast<Service*>(userdata);
    service.guard([&] {
      const Message call(sd_bus_message_ref(message));
      service.on_call(call, Reply(call, service.connection.weak_from_this()));
    });
    return 1;
  }

  Bus::OnCall on_call;
};

struct Connection::Ending {
  Ending(std::weak_ptr<Connection> owner, std::shared_ptr<Registration> what)
      : connection(std::move(owner)), registration(std::move(what)) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending() {
    if (const auto owner = connection.lock()) owner->retire(std::move(registration));
  }

  std::weak_ptr<Connection> connection;
  std::shared_ptr<Registration> registration;
};

Connection::Connection(const asio::any_io_executor& executor, Clock& clock, BusHandle bus)
    : executor_(executor),
      clock_(clock),
      bus_(std::move(bus)),
      descriptor_(executor),
      answered_(executor),
      lost_(executor),
      late_(clock, executor, [this] { end_late(); }) {}

Connection::~Connection() {
  close("the connection was closed");
}

awaitable<void> Connection::start([[maybe_unused]] std::shared_ptr<Connection> self, TimePoint deadline) {
  sd_bus_set_method_call_timeout(bus_.get(), never);
  const int started = sd_bus_start(bus_.get());
  if (started < 0) {
    close(words_of(started), started == -EACCES || started == -EPERM);
  } else {
    pump_soon();
    if (!co_await within(clock_, deadline, answered_.wait())) {
      close("the bus did not answer in time");
      throw TimedOut(why_lost_);
    }
  }
  if (!open_) throw BusLost(why_lost_, denied_);
  const char* name = nullptr;
  if (sd_bus_get_unique_name(bus_.get(), &name) >= 0) unique_name_ = name;
  held_ = false;
  pump_soon();
}

void Connection::close(std::string why, bool denied) {
  if (!open_) return;
  open_ = false;
  why_lost_ = std::move(why);
  denied_ = denied;
  if (descriptor_.is_open()) descriptor_.release();
  if (!processing_) sd_bus_close(bus_.get());
  late_.stop();
  for (Pending* each : pending_) each->fail(Pending::End::lost);
  answered_.set();
  lost_.set();
}

void Connection::check_sent(int result) {
  if (result >= 0) return;
  const bool too_many = result == -ENOBUFS;
  if (too_many || sd_bus_is_open(bus_.get()) <= 0) {
    close(too_many ? std::string("the bus takes no more messages") : words_of(result));
    throw BusLost(why_lost_);
  }
  throw MessageMalformed(std::string("D-Bus cannot send this message: ") + words_of(result));
}

// @throws BusLost, TimedOut, CallGivenUp, or what the reply says.
awaitable<void> Connection::finish(Pending& pending, const Message& asked) {
  using End = Pending::End;
  arm();
  late_.set(pending.deadline);
  if (pending.end == End::not_yet) {
    // A variable: with the wait inside the condition of a throw, g++ 12 lays out this frame in two ways and crashes.
    const bool resumed = co_await pending.parked.wait();
    if (!resumed && pending.end == End::not_yet) throw boost::system::system_error(asio::error::operation_aborted);
  }
  if (pending.end == End::given_up) throw CallGivenUp();
  if (pending.end == End::late)
    throw TimedOut("no answer to " + (asked ? std::string(asked.interface()) + "." + std::string(asked.member()) : "AddMatch"));
  if (pending.end == End::lost) throw BusLost(why_lost_, denied_);
  if (sd_bus_message_is_method_error(pending.reply.get(), nullptr) > 0) throw failure(pending.reply.get());
}

void Connection::end_late() {
  const TimePoint now = clock_.now();
  TimePoint next = TimePoint::max();
  for (Pending* const each : pending_) {
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

Message Connection::new_call(const Target& target, const char* method) {
  sd_bus_message* message = nullptr;
  const char* destination = target.destination.empty() ? nullptr : target.destination.c_str();
  const int result =
      sd_bus_message_new_method_call(bus_.get(), &message, destination, target.path.c_str(), target.interface.c_str(), method);
  if (result < 0) throw MessageMalformed("D-Bus has no call " + target.interface + "." + method + " at " + target.path);
  return Message(message);
}

awaitable<Message> Connection::call([[maybe_unused]] std::shared_ptr<Connection> self, Message message, TimePoint deadline,
                                    CallGroup* group) {
  if (!open_) throw BusLost(why_lost_, denied_);
  if (group != nullptr && group->has_ended()) throw CallGivenUp();
  Pending pending(*this, deadline, group);
  sd_bus_slot* slot = nullptr;
  check_sent(sd_bus_call_async(bus_.get(), &slot, message.get(), Pending::on_reply, &pending, never));
  pending.slot.reset(slot);
  co_await finish(pending, message);
  co_return std::move(pending.reply);
}

void Connection::send(const Message& message) {
  if (!open_) return;
  try {
    check_sent(sd_bus_send(bus_.get(), message.get(), nullptr));
  } catch (const BusLost&) {
    return;
  }
  arm();
}

awaitable<Bus::Hold> Connection::match([[maybe_unused]] std::shared_ptr<Connection> self, std::string rule,
                                       Bus::OnSignal on_signal, TimePoint deadline) {
  const auto match = std::make_shared<SignalMatch>(*this, std::move(on_signal));
  Bus::Hold result = hold(match);
  if (const auto name = well_known_sender(rule); name && !unique_name_.empty())
    co_await follow_sender(*match, std::string(*name), deadline);
  co_await add_match(*match, std::move(rule), deadline);
  co_return result;
}

awaitable<void> Connection::add_match(SignalMatch& match, std::string rule, TimePoint deadline) {
  if (!open_) throw BusLost(why_lost_, denied_);
  Pending installed(*this, deadline);
  match.installing = &installed;
  struct Forget {
    SignalMatch& match;
    ~Forget() { match.installing = nullptr; }
  } forget{match};
  sd_bus_slot* slot = nullptr;
  const int added =
      sd_bus_add_match_async(bus_.get(), &slot, rule.c_str(), SignalMatch::on_message, SignalMatch::on_installed, &match);
  if (added == -EINVAL) throw CallFailed("org.freedesktop.DBus.Error.MatchRuleInvalid", "not a match rule: " + rule);
  check_sent(added);
  match.slot.reset(slot);
  if (unique_name_.empty()) co_return;  // no bus there to choose the messages: all come, and sd-bus chooses
  const Message by_sd_bus;
  co_await finish(installed, by_sd_bus);
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
  co_await add_match(*match.sender_changes,
                     "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
                     "member='NameOwnerChanged',arg0='" +
                         name + "'",
                     deadline);
  const auto owner = co_await find_owner(shared_from_this(), std::move(name), deadline);
  if (!match.sender_changed && owner) match.sender = *owner;
}

awaitable<std::optional<std::string>> Connection::find_owner(std::shared_ptr<Connection> self, std::string name,
                                                             TimePoint deadline) {
  Message question = new_call(bus_driver(), "GetNameOwner");
  question.write().string(name);
  try {
    const Message answer = co_await call(std::move(self), std::move(question), deadline);
    co_return std::string(answer.read().read_string());
  } catch (const CallFailed& failed) {
    if (failed.name() != SD_BUS_ERROR_NAME_HAS_NO_OWNER) throw;
  }
  co_return std::nullopt;
}

awaitable<void> Connection::request_name(std::shared_ptr<Connection> self, std::string name, TimePoint deadline) {
  constexpr uint32_t do_not_queue = 4;  // D-Bus specification, RequestName
  constexpr uint32_t primary_owner = 1, already_owner = 4;
  Message request = new_call(bus_driver(), "RequestName");
  request.write().string(name).u32(do_not_queue);
  const Message answer = co_await call(std::move(self), std::move(request), deadline);
  const uint32_t result = answer.read().read_u32();
  if (result != primary_owner && result != already_owner)
    throw CallFailed(SD_BUS_ERROR_ADDRESS_IN_USE, "somebody else is " + name);
}

Bus::Hold Connection::serve(const std::string& path, bool below, Bus::OnCall on_call) {
  const auto service = std::make_shared<Service>(*this, std::move(on_call));
  sd_bus_slot* slot = nullptr;
  const auto add = below ? sd_bus_add_fallback : sd_bus_add_object;
  if (open_) {
    const int added = add(bus_.get(), &slot, path.c_str(), Service::on_message, service.get());
    if (added < 0) throw MessageMalformed("D-Bus cannot serve " + path + ": " + words_of(added));
    service->slot.reset(slot);
  }
  return hold(service);
}

Bus::Hold Connection::hold(std::shared_ptr<Registration> registration) {
  return Bus::Hold(std::make_shared<Ending>(weak_from_this(), std::move(registration)));
}

void Connection::retire(std::shared_ptr<Registration> registration) {
  registration->ended = true;
  registration->slot.reset();  // of a match: tells the bus
  if (processing_)
    retired_.push_back(std::move(registration));
  else
    registration.reset();
  arm();
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
  while (taken < messages_a_turn && process_one()) ++taken;
  if (taken < messages_a_turn)
    arm();
  else
    pump_soon();
  resume_answered();
}

// Where sd-bus has no time limit any more, the bus knows who this is. dbus-daemon lets users that it does not want come so far, and then
// hangs up.
bool Connection::is_known() const {
  uint64_t timeout = 0;
  return sd_bus_get_timeout(bus_.get(), &timeout) >= 0 && timeout == never;
}

bool Connection::process_one() {
  const bool refusable = !answered_.is_set() && is_known();
  processing_ = true;
  const int result = sd_bus_process(bus_.get(), nullptr);
  processing_ = false;
  if (!open_) sd_bus_close(bus_.get());  // by somebody who was called
  if (!retired_.empty()) std::exchange(retired_, {});
  if (thrown_) {
    pump_soon();
    std::rethrow_exception(std::exchange(thrown_, nullptr));
  }
  if (!open_) return false;
  if (result < 0 || sd_bus_is_open(bus_.get()) <= 0) {
    const bool rejected = !answered_.is_set() && (result == -EPERM || result == -EACCES);
    const bool denied = rejected || (refusable && !answered_.is_set());
    close(result < 0 ? words_of(result) : std::string("the other end closed the connection"), denied);
    return false;
  }
  if (!answered_.is_set() && sd_bus_is_ready(bus_.get()) > 0) {
    held_ = true;
    answered_.set();
    return false;
  }
  return result > 0;
}

// Whatever was sent or received may have changed what sd-bus waits for.
void Connection::arm() {
  if (!open_ || held_ || processing_ || pump_posted_) return;
  const int descriptor = sd_bus_get_fd(bus_.get());
  if (descriptor_.is_open() && descriptor_.native_handle() != descriptor)
    descriptor_.release();  // it has gone on to another address
  boost::system::error_code error;
  if (!descriptor_.is_open()) descriptor_.assign(descriptor, error);
  const int events = sd_bus_get_events(bus_.get());
  uint64_t timeout = never;
  const int timed = sd_bus_get_timeout(bus_.get(), &timeout);
  if (error || events < 0 || timed < 0) return close(error ? error.message() : words_of(std::min(events, timed)));
  if (timeout == 0) return pump_soon();  // it has more to do already
  if ((events & POLLIN) != 0) wait(asio::posix::stream_descriptor::wait_read, waiting_to_read_);
  if ((events & POLLOUT) != 0) wait(asio::posix::stream_descriptor::wait_write, waiting_to_write_);
}

void Connection::wait(asio::posix::stream_descriptor::wait_type what, bool& waiting) {
  if (std::exchange(waiting, true)) return;
  descriptor_.async_wait(what, [self = shared_from_this(), &waiting](boost::system::error_code error) {
    waiting = false;
    if (error)
      self->arm();
    else
      self->pump();
  });
}

}  // namespace moor::dbus
