// Whether the scripted bluetoothd is one to somebody who knows the real one: python3-bleak works with it over a real dbus-daemon.

#include "support/dbus_daemon.hpp"
#include "support/fake_bluez.hpp"
#include "support/fake_bluez_owner.hpp"

#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sstream>

namespace moor::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
namespace asio = boost::asio;

constexpr const char* python = "/usr/bin/python3";

/// A program with a system bus of its own; all that it prints, when it has ended. Killed where this ends before it.
class Program {
public:
  Program(asio::io_context& context, const std::vector<std::string>& words, const std::string& bus) : output_(context) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    output_.assign(ends[0]);
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::dup2(ends[1], STDERR_FILENO);
      ::setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.c_str(), 1);
      std::vector<char*> arguments;
      for (const std::string& each : words) arguments.push_back(const_cast<char*>(each.c_str()));
      arguments.push_back(nullptr);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(ends[1]);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  awaitable<std::string> read_all() {
    std::string text;
    boost::system::error_code ended;
    co_await asio::async_read(output_, asio::dynamic_buffer(text), asio::redirect_error(asio::use_awaitable, ended));
    co_return text;
  }

private:
  asio::readable_pipe output_;
  pid_t process_ = 0;
};

bool has_bleak() {
  return DbusDaemon::is_installed() &&
         std::system("/usr/bin/python3 -c 'import bleak' 2>/dev/null && bluetoothctl --version >/dev/null 2>&1") == 0;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

awaitable<void> let_bleak_visit(asio::io_context& context, Clock& clock, std::string address, std::string& output,
                                std::vector<std::string>& calls) {
  std::unique_ptr<dbus::Bus> bus = co_await dbus::Bus::open(address, clock, clock.now() + 60s);
  FakeBluez bluez(context.get_executor(), clock, *bus, owner_on(*bus, clock));
  bluez.add_adapter();
  const Uuid temperature(0x2A6E);
  const BluezCharacteristic characteristic{.uuid = temperature, .flags = {"read", "write", "notify"}, .value = {0x12, 0x34}};
  BluezDevice& sensor = bluez.add_device("A4:CF:12:34:56:78").name("Thermometer").rssi(-52).manufacturer(0x1234, {0x01, 0x02});
  sensor.services({{.uuid = Uuid(0x181A), .characteristics = {characteristic}}});
  co_await bluez.start();
  Program program(context, {python, MOOR_SOURCE_DIR "/tests/support/bleak_visits.py"}, address);
  const auto notify = [](Clock& time, BluezDevice& device, bool& ended) -> awaitable<void> {
    while (!ended) {
      co_await time.wait_for(1s);
      if (device.is_notifying(Uuid(0x2A6E))) device.notify(Uuid(0x2A6E), {0x77});
    }
  };
  bool ended = false;
  asio::co_spawn(context, notify(clock, sensor, ended), [](std::exception_ptr) {});
  output = co_await program.read_all();
  ended = true;
  co_await clock.wait_for(2s);
  EXPECT_EQ(sensor.value(temperature), (BluezBytes{0x0A, 0x0B}));
  calls = bluez.calls();
}

TEST(FakeBluezOnARealBus, IsBluetoothdToBleak) {
  if (!has_bleak()) GTEST_SKIP() << "there is no dbus-daemon, no bluetoothctl or no python3-bleak";
  DbusDaemon daemon;
  asio::io_context context;
  RealClock clock(10);
  std::string output;
  std::vector<std::string> calls;
  std::exception_ptr error;
  asio::co_spawn(context, let_bleak_visit(context, clock, daemon.address(), output, calls),
                 [&](std::exception_ptr thrown) { error = thrown; });
  clock.run(context);
  if (error) std::rethrow_exception(error);
  EXPECT_THAT(lines_of(output),
              ElementsAre("heard A4:CF:12:34:56:78 Thermometer -52 0102", "has 181a 2a6e 2 read,write,notify 2902", "read 1234",
                          "read again 0a0b", "echo 0a0b", "notified 77", "connected False"));
  EXPECT_THAT(calls,
              ElementsAre("/", "hci0 SetDiscoveryFilter", "hci0 StartDiscovery", "hci0 StopDiscovery", "hci0 SetDiscoveryFilter",
                          "dev_A4_CF_12_34_56_78 Connect", "char0002 ReadValue", "char0002 WriteValue", "char0002 StartNotify",
                          "char0002 ReadValue", "char0002 StopNotify", "dev_A4_CF_12_34_56_78 Disconnect"));
}

}  // namespace
}  // namespace moor::testing
