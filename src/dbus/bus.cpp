#include "dbus/bus.hpp"

#include "dbus/connection.hpp"

#include <unistd.h>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <cstdlib>

namespace moor::dbus {

namespace asio = boost::asio;

namespace {

BusHandle new_handle() {
  sd_bus* bus = nullptr;
  if (const int result = sd_bus_new(&bus); result < 0) throw BusLost(words_of(result));
  return BusHandle(bus);
}

void check_begun(int result, const std::string& what) {
  if (result < 0) throw MessageMalformed("D-Bus has no " + what + ": " + words_of(result));
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
  sd_bus_message* answer = nullptr;
  check_begun(sd_bus_message_new_method_return(call_.get(), &answer), "answer to this call");
  Message message(answer);
  Writer writer = message.write();
  arguments(writer);
  send(std::move(message));
}

void Reply::refuse(const std::string& error_name, const std::string& text) {
  if (!call_) return;
  sd_bus_error error = SD_BUS_ERROR_MAKE_CONST(error_name.c_str(), text.c_str());
  sd_bus_message* answer = nullptr;
  check_begun(sd_bus_message_new_method_error(call_.get(), &answer, &error), "error named " + error_name);
  send(Message(answer));
}

void Reply::send(Message answer) {
  call_ = Message();
  if (const auto connection = connection_.lock()) connection->send(answer);
}

awaitable<std::unique_ptr<Bus>> Bus::open_system(Clock& clock, TimePoint deadline) {
  // Nothing in moor changes the environment, so any thread may read it.
  const char* told = std::getenv("DBUS_SYSTEM_BUS_ADDRESS");  // NOLINT(concurrency-mt-unsafe)
  // The D-Bus specification, "System message bus", as distributions place it.
  return open(told != nullptr && *told != '\0' ? told : "unix:path=/run/dbus/system_bus_socket", clock, deadline);
}

awaitable<std::unique_ptr<Bus>> Bus::open(std::string address, Clock& clock, TimePoint deadline) {
  BusHandle handle = new_handle();
  if (sd_bus_set_address(handle.get(), address.c_str()) < 0) throw BusLost("not an address of a bus: " + address);
  sd_bus_set_bus_client(handle.get(), 1);
  const auto connection = std::make_shared<Connection>(co_await asio::this_coro::executor, clock, std::move(handle));
  std::unique_ptr<Bus> bus(new Bus(connection));
  co_await connection->start(connection, deadline);
  co_return bus;
}

awaitable<std::unique_ptr<Bus>> Bus::over(int socket, bool serve, Clock& clock, TimePoint deadline) {
  BusHandle handle = new_handle();
  if (const int result = sd_bus_set_fd(handle.get(), socket, socket); result < 0) {
    ::close(socket);
    throw BusLost(words_of(result));
  }
  if (serve) {
    sd_id128_t id;
    sd_id128_randomize(&id);
    sd_bus_set_server(handle.get(), 1, id);
    sd_bus_set_sender(handle.get(), ":1.1");  // as a bus would: without a sender, rules with one fit nothing
  } else {
    sd_bus_set_bus_client(handle.get(), 1);
  }
  const auto connection = std::make_shared<Connection>(co_await asio::this_coro::executor, clock, std::move(handle));
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
  return connection_->new_call(target, method);
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
  sd_bus_message* signal = nullptr;
  check_begun(sd_bus_message_new_signal(connection_->handle(), &signal, path.c_str(), interface.c_str(), member),
              "signal " + interface);
  return Message(signal);
}

awaitable<void> Bus::request_name(std::string name, TimePoint deadline) {
  return connection_->request_name(connection_, std::move(name), deadline);
}

awaitable<std::optional<std::string>> Bus::owner_of(std::string name, TimePoint deadline) {
  return connection_->find_owner(connection_, std::move(name), deadline);
}

}  // namespace moor::dbus
