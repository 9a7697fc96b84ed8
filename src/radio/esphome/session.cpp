#include "radio/esphome/session.hpp"

#include "core/event.hpp"
#include "core/require.hpp"
#include "core/within.hpp"
#include "radio/esphome/session_machine.hpp"

#include <fmt/format.h>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <vector>

namespace moor::esphome_radio {

namespace asio = boost::asio;

namespace {

// What is received lies here until it is read, for all sessions of a context: they are read one after the other, and a stream keeps what is unfinished.
class ReceiveBuffer final : public asio::execution_context::service {
public:
  // About 1,100 advertisements, or 50 us of work: as long as one proxy may keep the others waiting.
  static constexpr size_t size = 64 * 1024;

  static inline asio::execution_context::id id;
  explicit ReceiveBuffer(asio::execution_context& context) : asio::execution_context::service(context), bytes_(size) {}
  [[nodiscard]] std::span<uint8_t> bytes() noexcept { return bytes_; }

private:
  void shutdown() override {}

  std::vector<uint8_t> bytes_;
};

// A flag, or an event's place, that is set for as long as something is done.
template <typename T>
class During {
public:
  During(T& place, T value) : place_(place), before_(std::exchange(place, value)) {}
  During(const During&) = delete;
  During& operator=(const During&) = delete;
  ~During() { place_ = before_; }

private:
  T& place_;
  T before_;
};

}  // namespace

struct Session::State : std::enable_shared_from_this<State> {
  using Self = std::shared_ptr<State>;
  using Step = SessionMachine::Step;

  State(Clock& of, asio::any_io_executor on, std::unique_ptr<Connector> by, SessionOptions with, Handlers who)
      : clock(of),
        executor(std::move(on)),
        connector(std::move(by)),
        options(std::move(with)),
        handlers(std::move(who)),
        machine(options),
        received(asio::use_service<ReceiveBuffer>(asio::query(executor, asio::execution::context)).bytes()) {}

  static awaitable<void> run(Self self);
  static awaitable<void> keep(Self self);
  static awaitable<void> attempt(Self self);
  static awaitable<void> wait(Self self);
  static awaitable<void> listen(Self self);
  static awaitable<void> follow(Self self, Step step);

  void begin_talking(Socket made);
  void attend();
  void perform();
  void perform(const SessionMachine::Send& action);
  void send_time();
  void tell_open();
  void close_socket();
  void end();
  void wake() {
    if (woken != nullptr) woken->set();
  }

  void pump();
  void receive();
  void take(std::span<uint8_t> input);
  void wait_readable();
  bool queue(esphome::MessageType type, Bytes payload);
  void flush();
  void flush_soon();
  void wait_writable();
  template <typename Call>
  auto while_connected(Call call);

  Clock& clock;
  asio::any_io_executor executor;
  std::unique_ptr<Connector> connector;
  SessionOptions options;
  Handlers handlers;
  SessionMachine machine;
  std::span<uint8_t> received;

  std::optional<Socket> socket{};
  std::unique_ptr<esphome::Stream> stream{};  // lasts longer than the socket: what is being read lies in it
  unsigned connection = 0;                    // the handlers of an earlier one do nothing any more
  bool writing = false;                       // waits until the proxy takes more
  bool flush_posted = false;
  bool open_told = false;  // that the handshake is done
  bool busy = false;       // whatever is sent now is flushed at the end
  TimePoint waits_to{};    // when `follow` looks again

  Event* woken = nullptr;  // of `run`
  Event* gone = nullptr;
  bool destroyed = false;
  bool overflowed = false;
  bool restart_asked = false;
  bool retry_asked = false;
  std::exception_ptr thrown;  // by a handler
};

awaitable<void> Session::State::run(Self self) {
  require(self->woken == nullptr, "a session runs once at a time");
  Event woken(self->executor);
  Event gone(self->executor);
  const During show_woken(self->woken, &woken);
  const During show_gone(self->gone, &gone);
  struct Ending {
    State& state;
    ~Ending() { state.end(); }
  } ending{*self};
  std::exception_ptr ended;
  try {
    co_await unless(gone.wait(), keep(self));
  } catch (...) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!self->destroyed) {
    self->thrown = nullptr;
    self->machine.on_stop(self->clock.now());
    self->perform();
    co_await unless(gone.wait(), follow(self, Step::talk));
  }
  if (ended) std::rethrow_exception(ended);
  throw boost::system::system_error(asio::error::operation_aborted);
}

awaitable<void> Session::State::keep(Self self) {
  self->machine.start(self->clock.now());
  for (;;) {
    self->perform();
    const Step step = self->machine.step();
    if (step == Step::connect)
      co_await attempt(self);
    else if (step == Step::wait)
      co_await wait(self);
    else
      co_await follow(self, step);
  }
}

// The machine's bound holds for connectors that do not keep theirs.
awaitable<void> Session::State::attempt(Self self) {
  std::string why = fmt::format("no connection within {:g} s", to_seconds(self->options.connect_timeout));
  std::optional<Socket> made;
  std::exception_ptr failed;
  const TimePoint deadline = self->machine.due();
  try {
    made = co_await within(self->clock, deadline, self->connector->connect(deadline));
  } catch (const boost::system::system_error& error) {
    failed = std::current_exception();
    why = error.code().message();
  } catch (const std::exception& error) {
    failed = std::current_exception();
    why = error.what();
  }
  const asio::cancellation_state cancelled = co_await asio::this_coro::cancellation_state;
  if (failed && cancelled.cancelled() != asio::cancellation_type::none) std::rethrow_exception(failed);
  if (made)
    self->begin_talking(std::move(*made));
  else
    self->machine.on_connect_failed(self->clock.now(), why);
}

awaitable<void> Session::State::wait(Self self) {
  co_await unless(listen(self), follow(self, Step::wait));
}

// One announcement is all that helps: it has the next attempt made as early as any could. Where none can be heard, the attempt comes in its time.
awaitable<void> Session::State::listen(Self self) {
  bool heard = false;
  try {
    co_await self->connector->announced();
    heard = true;
  } catch (const std::exception&) {
    heard = false;
  }
  if (heard) {
    self->machine.on_announced(self->clock.now());
    self->wake();
  }
  Event never(self->executor);
  co_await never.wait();
}

awaitable<void> Session::State::follow(Self self, Step step) {
  for (;;) {
    self->woken->reset();
    self->attend();
    if (self->machine.step() != step) co_return;
    self->waits_to = self->machine.due();
    co_await within(self->clock, self->waits_to, self->woken->wait());
  }
}

void Session::State::begin_talking(Socket made) {
  boost::system::error_code error;
  made.non_blocking(true, error);
  socket.emplace(std::move(made));
  stream = esphome::make_client_stream(options.key.get());
  ++connection;
  writing = flush_posted = open_told = overflowed = restart_asked = false;
  machine.on_connected(clock.now());
  tell_open();
  wait_readable();
}

void Session::State::attend() {
  if (thrown) std::rethrow_exception(std::exchange(thrown, nullptr));
  const During is_busy(busy, true);
  const TimePoint now = clock.now();
  if (std::exchange(overflowed, false)) machine.on_overflow(now);
  if (std::exchange(restart_asked, false)) machine.on_restart(now);
  if (std::exchange(retry_asked, false)) machine.on_retry(now);
  machine.on_time(now);
  perform();
  flush();
}

void Session::State::perform() {
  while (const auto action = machine.next_action()) {
    if (const auto* const sent = std::get_if<SessionMachine::Send>(&*action))
      (void)queue(sent->type, sent->payload);
    else if (const auto* const lost = std::get_if<SessionMachine::Lost>(&*action)) {
      if (handlers.on_lost) handlers.on_lost(lost->problem, lost->detail);
    } else if (std::holds_alternative<SessionMachine::SendTime>(*action)) {
      send_time();
    } else if (std::holds_alternative<SessionMachine::Close>(*action)) {
      close_socket();
    } else if (std::holds_alternative<SessionMachine::Ready>(*action)) {
      if (handlers.on_ready) handlers.on_ready(*machine.facts());
    } else if (handlers.on_state) {
      handlers.on_state();
    }
  }
}

void Session::State::send_time() {
  const auto epoch = std::chrono::floor<std::chrono::seconds>(clock.to_wall(clock.now())).time_since_epoch().count();
  std::vector<uint8_t> payload;
  esphome::encode(esphome::GetTimeResponse{static_cast<uint32_t>(epoch)}, payload);
  (void)queue(esphome::MessageType::get_time_response, payload);
}

void Session::State::tell_open() {
  if (open_told || !stream->is_open()) return;
  open_told = true;
  machine.on_stream_open(clock.now(), stream->server_name());
}

// What is queued goes out as far as it can: a last answer, a goodbye.
void Session::State::close_socket() {
  if (!socket) return;
  flush();
  boost::system::error_code ignored;
  socket->close(ignored);
  socket.reset();
  wake();
}

void Session::State::end() {
  close_socket();
  stream.reset();
}

template <typename Call>
auto Session::State::while_connected(Call call) {
  return [self = shared_from_this(), mine = connection, call](boost::system::error_code error = {}) {
    if (mine == self->connection && self->socket && !error) call(*self);
  };
}

void Session::State::wait_readable() {
  if (socket) socket->async_wait(Socket::wait_read, while_connected([](State& state) { state.pump(); }));
}

void Session::State::pump() {
  try {
    const During is_busy(busy, true);
    receive();
    perform();
    flush();
  } catch (...) {
    thrown = std::current_exception();
    wake();
  }
  if (machine.due() < waits_to) wake();
}

// One buffer a turn; then it is the others' turn.
void Session::State::receive() {
  boost::system::error_code error;
  const size_t count = socket->read_some(asio::buffer(received.data(), received.size()), error);
  if (error && error != asio::error::would_block)
    return machine.on_closed(clock.now(), error == asio::error::eof ? "it closed the connection" : error.message());
  take(received.first(count));
  if (!socket) return;
  if (count == received.size())
    asio::post(executor, while_connected([](State& state) { state.pump(); }));
  else
    wait_readable();
}

void Session::State::take(std::span<uint8_t> input) {
  const TimePoint now = clock.now();
  while (const std::optional<esphome::Message> message = stream->next(input)) {
    tell_open();
    if (!machine.on_message(now, *message) && handlers.on_message) handlers.on_message(*message);
    perform();
    if (!socket) return;
  }
  tell_open();
  if (stream->failure()) machine.on_stream_failure(now, *stream->failure(), stream->server_name());
}

bool Session::State::queue(esphome::MessageType type, Bytes payload) {
  constexpr size_t overhead = 20;  // of a Noise frame: type, length and tag
  if (!socket || !stream->is_open() || overflowed || payload.size() > esphome::max_frame - overhead) return false;
  stream->send(type, payload);
  if (stream->output().size() > options.max_queued) {
    overflowed = true;
    wake();
    return false;
  }
  flush_soon();
  return true;
}

void Session::State::flush_soon() {
  if (busy || writing || std::exchange(flush_posted, true)) return;
  asio::post(executor, while_connected([](State& state) {
               state.flush_posted = false;
               state.flush();
             }));
}

// Where the connection is broken, reading tells, after what the proxy still had to say.
void Session::State::flush() {
  while (socket && !writing && !stream->output().empty()) {
    const Bytes output = stream->output();
    boost::system::error_code error;
    const size_t count = socket->write_some(asio::buffer(output.data(), output.size()), error);
    if (error == asio::error::would_block) return wait_writable();
    if (error) return;
    stream->sent(count);
  }
}

void Session::State::wait_writable() {
  writing = true;
  socket->async_wait(Socket::wait_write, while_connected([](State& state) {
                       state.writing = false;
                       state.flush();
                     }));
}

Session::Session(Clock& clock, asio::any_io_executor executor, std::unique_ptr<Connector> connector, SessionOptions options,
                 Handlers handlers)
    : state_(std::make_shared<State>(clock, std::move(executor), std::move(connector), std::move(options), std::move(handlers))) {
}

Session::~Session() {
  state_->destroyed = true;
  state_->handlers = {};
  state_->close_socket();
  if (state_->gone != nullptr) state_->gone->set();
}

awaitable<void> Session::run() {
  return State::run(state_);
}

const Session::Status& Session::status() const noexcept {
  return state_->machine.status();
}

const std::optional<ProxyFacts>& Session::facts() const noexcept {
  return state_->machine.facts();
}

bool Session::is_ready() const noexcept {
  return state_->machine.is_ready();
}

void Session::retry_now() {
  state_->retry_asked = state_->woken != nullptr;
  state_->wake();
}

void Session::restart() {
  state_->restart_asked = state_->socket.has_value();
  state_->wake();
}

bool Session::send(esphome::MessageType type, Bytes payload) {
  return state_->machine.is_ready() && state_->queue(type, payload);
}

}  // namespace moor::esphome_radio
