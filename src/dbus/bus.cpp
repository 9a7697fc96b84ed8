#include "dbus/bus.hpp"

#include "core/files.hpp"
#include "dbus/connection.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace moor::dbus {

namespace asio = boost::asio;

namespace {

// A value of an address, where "%20" stands for a byte.
std::optional<std::string> unescaped(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      result += text[at];
      continue;
    }
    unsigned byte = 0;
    if (at + 2 >= text.size() ||
        std::from_chars(text.data() + at + 1, text.data() + at + 3, byte, 16).ptr != text.data() + at + 3)
      return std::nullopt;
    result += static_cast<char>(byte);
    at += 2;
  }
  return result;
}

struct Failure {
  std::string text;
  bool denied = false;
};

// Of one address of the list that the specification calls "server addresses". @returns nothing where it is none for a Unix socket.
std::optional<sockaddr_un> socket_address(std::string_view address) {
  constexpr std::string_view transport = "unix:";
  if (!address.starts_with(transport)) return std::nullopt;
  address.remove_prefix(transport.size());
  while (!address.empty()) {
    const std::string_view pair = address.substr(0, address.find(','));
    address.remove_prefix(std::min(address.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = pair.substr(0, equals);
    if (key != "path" && key != "abstract") continue;
    const std::optional<std::string> value = unescaped(pair.substr(equals + 1));
    sockaddr_un result{};
    result.sun_family = AF_UNIX;
    const size_t begin = key == "abstract" ? 1 : 0;  // after a zero byte
    if (!value || value->empty() || value->size() + begin >= sizeof result.sun_path) return std::nullopt;
    std::copy(value->begin(), value->end(), result.sun_path + begin);
    return result;
  }
  return std::nullopt;
}

socklen_t size_of(const sockaddr_un& address) noexcept {
  const bool abstract = address.sun_path[0] == '\0';
  const size_t length = std::strlen(address.sun_path + (abstract ? 1 : 0));
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + 1);
}

// The socket, or why there is none. A bus whose queue of newcomers is full is asked again.
awaitable<int> connect_to(sockaddr_un address, Clock& clock, TimePoint deadline, Failure& failure) {
  constexpr Duration pause = std::chrono::milliseconds(10);
  OwnedDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) throw BusLost(std::generic_category().message(errno));
  while (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size_of(address)) != 0) {
    const int error = errno;
    if (error == EINTR) continue;
    if (error != EAGAIN || clock.now() >= deadline) {
      failure = {.text = std::generic_category().message(error), .denied = error == EACCES || error == EPERM};
      co_return -1;
    }
    co_await clock.wait_until(std::min(deadline, clock.now() + pause));
  }
  co_return socket.release();
}

}  // namespace

Reply::~Reply() {
  if (call_) refuse("org.freedesktop.DBus.Error.Failed", "nobody answers this call");
}

Reply& Reply::operator=(Reply&& other) noexcept {
  std::swap(call_, other.call_);
  std::swap(connection_, other.connection_);
  return *this;
}

void Reply::done() {
  done([](Writer&) {});
}

void Reply::done(const std::function<void(Writer&)>& arguments) {
  if (!call_) return;
  Message message = make_answer(call_);
  Writer writer = message.write();
  arguments(writer);
  send(std::move(message));
}

void Reply::refuse(const std::string& error_name, const std::string& text) {
  if (!call_) return;
  send(make_refusal(call_, error_name, text));
}

void Reply::send(Message answer) {
  const bool awaited = (call_.get()->flags & no_reply_expected) == 0;
  call_ = Message();
  if (const auto connection = connection_.lock(); connection && awaited) connection->send(answer);
}

awaitable<std::unique_ptr<Bus>> Bus::open_system(Clock& clock, TimePoint deadline) {
  // Nothing in moor changes the environment, so any thread may read it.
  const char* told = std::getenv("DBUS_SYSTEM_BUS_ADDRESS");  // NOLINT(concurrency-mt-unsafe)
  // The D-Bus specification, "System message bus", as distributions place it.
  return open(told != nullptr && *told != '\0' ? told : "unix:path=/run/dbus/system_bus_socket", clock, deadline);
}

awaitable<std::unique_ptr<Bus>> Bus::open(std::string address, Clock& clock, TimePoint deadline) {
  Failure failure{.text = "not an address of a bus: " + address};
  int socket = -1;
  for (std::string_view rest = address; socket < 0 && !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const std::optional<sockaddr_un> where = socket_address(one);
    if (where) socket = co_await connect_to(*where, clock, deadline, failure);
  }
  if (socket < 0) throw BusLost(failure.text, failure.denied);
  co_return co_await over(socket, false, clock, deadline);
}

awaitable<std::unique_ptr<Bus>> Bus::over(int socket, bool serve, Clock& clock, TimePoint deadline) {
  const auto role = serve ? Authentication::Role::server : Authentication::Role::client;
  const auto executor = co_await asio::this_coro::executor;
  OwnedDescriptor owned(socket);
  const auto connection = std::make_shared<Connection>(executor, clock, owned.get(), role);
  (void)owned.release();                    // the connection closes it
  if (serve) connection->speak_as(":1.1");  // as a bus would: without a sender, rules with one fit nothing
  std::unique_ptr<Bus> bus(new Bus(connection));
  co_await connection->start(connection, deadline);
  co_return bus;
}

Bus::Bus(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

Bus::~Bus() {
  connection_->close("the connection to the bus was closed");
}

std::string Bus::unique_name() const {
  return connection_->unique_name();
}

bool Bus::is_open() const noexcept {
  return connection_->is_open();
}

awaitable<void> Bus::wait_lost() {
  return connection_->wait_lost(connection_);
}

Message Bus::new_call(const Target& target, const char* method) {
  return make_call(target, method);
}

awaitable<Message> Bus::call(Message message, TimePoint deadline) {
  return connection_->call(connection_, std::move(message), deadline);
}

awaitable<Message> Bus::call(Message message, TimePoint deadline, CallGroup& group) {
  return connection_->call(connection_, std::move(message), deadline, &group);
}

void Bus::send(Message message) {
  connection_->send(message);
}

awaitable<Bus::Hold> Bus::match(std::string rule, OnSignal on_signal, TimePoint deadline) {
  return connection_->match(connection_, std::move(rule), std::move(on_signal), deadline);
}

Bus::Hold Bus::serve(const std::string& path, bool below, OnCall on_call) {
  return connection_->serve(path, below, std::move(on_call));
}

Message Bus::new_signal(const std::string& path, const std::string& interface, const char* member) {
  return make_signal(path, interface, member);
}

void Bus::speak_as(std::string name) {
  connection_->speak_as(std::move(name));
}

void Bus::set_gate(Gate gate) {
  connection_->set_gate(std::move(gate));
}

awaitable<void> Bus::request_name(std::string name, TimePoint deadline) {
  return connection_->request_name(connection_, std::move(name), deadline);
}

awaitable<Bus::Hold> Bus::watch_owner(std::string name, OnOwner on_owner, TimePoint deadline) {
  return connection_->watch_owner(connection_, std::move(name), std::move(on_owner), deadline);
}

awaitable<std::optional<std::string>> Bus::owner_of(std::string name, TimePoint deadline) {
  return connection_->find_owner(connection_, std::move(name), deadline);
}

}  // namespace moor::dbus
