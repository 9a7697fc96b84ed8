// The machine that the doctor runs on.

#include "dbus/bus.hpp"
#include "radio/bluez/doctor_facts.hpp"
#include "radio/bluez/management.hpp"
#include "radio/bluez/object_tree.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>

extern char** environ;

namespace moor::bluez {

namespace asio = boost::asio;

namespace {

constexpr int hci_protocol = 1;  // BTPROTO_HCI (Linux, include/net/bluetooth/bluetooth.h)

int try_socket() {
  const int descriptor = ::socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, hci_protocol);
  if (descriptor < 0) return errno;
  ::close(descriptor);
  return 0;
}

// The path of "unix:path=/run/dbus/system_bus_socket", or nothing.
std::string path_in(std::string_view address) {
  const size_t begin = address.find("unix:path=");
  if (begin == std::string_view::npos) return "";
  const std::string_view path = address.substr(begin + 10);
  return std::string(path.substr(0, path.find_first_of(",;")));
}

// A program that has been started, ended and reaped wherever its end is.
class Child {
public:
  Child(const char* program, const char* argument, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
    std::array<char*, 3> words{const_cast<char*>(program), const_cast<char*>(argument), nullptr};
    if (::posix_spawn(&id_, program, &actions, nullptr, words.data(), environ) != 0) id_ = -1;
    posix_spawn_file_actions_destroy(&actions);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (id_ < 0) return;
    ::kill(id_, SIGKILL);
    while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

private:
  pid_t id_ = -1;
};

// One line at most, as much as fits.
awaitable<std::string> output_of(const char* program, const char* argument) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) co_return "";
  asio::posix::stream_descriptor output(co_await asio::this_coro::executor, pipe[0]);
  const Child child(program, argument, pipe[1]);
  ::close(pipe[1]);
  std::array<char, 64> text{};
  boost::system::error_code error;
  const size_t size = co_await output.async_read_some(asio::buffer(text), asio::redirect_error(asio::use_awaitable, error));
  const std::string_view line(text.data(), size);
  co_return std::string(line.substr(0, line.find('\n')));
}

awaitable<std::string> ask_version(Clock&, TimePoint) {
  // Where distributions put it: Debian and Fedora, Arch, Debian before 12, built by hand.
  for (const char* program : {"/usr/libexec/bluetooth/bluetoothd", "/usr/lib/bluetooth/bluetoothd", "/usr/sbin/bluetoothd",
                              "/usr/local/libexec/bluetooth/bluetoothd"})
    if (::access(program, X_OK) == 0) co_return co_await output_of(program, "-v");
  co_return "";
}

awaitable<ManagementFacts> ask_management(Clock& clock, TimePoint) {
  const std::unique_ptr<Management> management = Management::open(co_await asio::this_coro::executor, clock);
  if (management == nullptr) co_return ManagementFacts{.asked = true};
  const bool permitted = co_await management->is_permitted();
  co_return ManagementFacts{.asked = true, .permitted = permitted};
}

awaitable<std::unique_ptr<dbus::Bus>> open_bus(Clock& clock, TimePoint deadline, BusFacts& facts) {
  try {
    std::unique_ptr<dbus::Bus> bus = co_await dbus::Bus::open_system(clock, deadline);
    facts.state = BusFacts::State::reached;
    co_return bus;
  } catch (const dbus::BusLost& lost) {
    facts.state = lost.denied() ? BusFacts::State::refused : BusFacts::State::no_bus;
    facts.error = lost.what();
  } catch (const TimedOut& late) {
    facts.state = BusFacts::State::silent;
    facts.error = late.what();
  }
  co_return nullptr;
}

void keep_adapters(const ObjectTree& tree, BusFacts& facts) {
  for (const auto& [index, adapter] : tree.adapters())
    facts.adapters.push_back({"hci" + std::to_string(index), adapter.powered, adapter.central, adapter.has_monitors});
}

}  // namespace

awaitable<BusFacts> ask_bus(Clock& clock, TimePoint deadline) {
  BusFacts facts;
  const std::unique_ptr<dbus::Bus> bus = co_await open_bus(clock, deadline, facts);
  if (bus == nullptr) co_return facts;
  try {
    const auto owner = co_await bus->owner_of("org.bluez", deadline);
    facts.bluetoothd_runs = owner.has_value();
    if (!owner) co_return facts;
    const dbus::Target objects{"org.bluez", "/", "org.freedesktop.DBus.ObjectManager"};
    // Earlier than the doctor's own bound, so that what is known by then is told.
    const TimePoint bound = deadline - question_bound / 4;
    const dbus::Message reply = co_await bus->call(bus->new_call(objects, "GetManagedObjects"), bound);
    ObjectTree tree;
    tree.set_objects(reply.read());
    keep_adapters(tree, facts);
  } catch (const dbus::CallFailed& refused) {
    facts.error = refused.what();
    facts.bluetoothd_denies = refused.name() == "org.freedesktop.DBus.Error.AccessDenied";
    facts.bluetoothd_silent = !facts.bluetoothd_denies;
  } catch (const TimedOut& late) {
    facts.error = late.what();
    facts.bluetoothd_silent = true;
  } catch (const dbus::BusLost& lost) {
    facts.error = lost.what();
    facts.state = BusFacts::State::no_bus;
  }
  co_return facts;
}

DoctorPorts machine_ports() {
  const char* told = std::getenv("DBUS_SYSTEM_BUS_ADDRESS");
  const std::string path = told != nullptr && *told != '\0' ? path_in(told) : "/run/dbus/system_bus_socket";
  return {.bus_path = path,
          .try_socket = try_socket,
          .ask_bus = ask_bus,
          .ask_version = ask_version,
          .ask_management = ask_management};
}

}  // namespace moor::bluez
