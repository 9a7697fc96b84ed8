#include "dbus/connection.hpp"

#include "core/within.hpp"
#include "dbus/connection_parts.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace moor::dbus {

namespace asio = boost::asio;

namespace {

// As many messages in a turn of the event loop: some 20 us of work.
constexpr int messages_a_turn = 32;

CallFailed failure(const Message& reply) {
  std::string text;
  try {
    if (reply.signature().starts_with('s')) text = reply.read().read_string();
  } catch (const MessageMalformed&) {  // its name says enough
    text.clear();
  }
  return {std::string(reply.error_name()), text.empty() ? std::string(reply.error_name()) : text};
}

}  // namespace

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
  if (!answered_.is_set()) return take_name(message);
  const auto waiting = pending_.find(content.reply_serial);
  if (waiting != pending_.end()) waiting->second->answer(message);
}

// The answer to Hello.
void Connection::take_name(const Message& answer) {
  if (answer.get()->kind == Kind::error) return close(failure(answer).what(), true);
  try {
    unique_name_ = answer.read().read_string();
  } catch (const MessageMalformed& malformed) {
    return close(malformed.what());
  }
  held_ = true;
  answered_.set();
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
    if (!self->pump_posted_) self->pump();  // else that one takes what has come
  });
}

}  // namespace moor::dbus
