#pragma once
// A real dbus-daemon of the test's own, with its socket in a temporary folder. It ends with this object, or with the test program.

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace moor::testing {

class DbusDaemon {
public:
  static constexpr const char* program = "/usr/bin/dbus-daemon";
  /// Lets everybody do everything.
  static constexpr const char* open_policy =
      "<policy context='default'><allow user='*'/><allow own='*'/><allow send_type='method_call'/><allow send_type='signal'/>"
      "<allow send_requested_reply='true'/><allow receive_type='method_call'/><allow receive_type='signal'/>"
      "<allow receive_type='method_return'/><allow receive_type='error'/><allow send_destination='*' eavesdrop='true'/></policy>";
  /// Lets nobody in.
  static constexpr const char* closed_policy = "<policy context='mandatory'><deny user='*'/></policy>";

  /// Where it is not installed, tests that want it are skipped.
  [[nodiscard]] static bool is_installed() { return ::access(program, X_OK) == 0; }

  explicit DbusDaemon(const std::string& policy = open_policy) {
    std::string folder = (std::filesystem::temp_directory_path() / "moor_bus_XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = folder;
    // Not of type "system": that one reads the machine's policy.
    std::ofstream(folder_ / "bus.conf") << "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' "
                                           "'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>"
                                        << "<busconfig><listen>unix:path=" << (folder_ / "socket").string()
                                        << "</listen><auth>EXTERNAL</auth>" << policy
                                        << "<limit name='max_replies_per_connection'>100000</limit><limit "
                                           "name='max_match_rules_per_connection'>10000</limit></busconfig>";
    start();
  }
  DbusDaemon(const DbusDaemon&) = delete;
  DbusDaemon& operator=(const DbusDaemon&) = delete;
  ~DbusDaemon() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// "unix:path=/tmp/moor_bus_abcdef/socket"; the same after a restart.
  [[nodiscard]] std::string address() const { return "unix:path=" + (folder_ / "socket").string(); }
  [[nodiscard]] pid_t process() const noexcept { return process_; }

  /// At once and without a word to its clients.
  void kill() {
    if (process_ == 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
    std::error_code ignored;
    std::filesystem::remove(folder_ / "socket", ignored);
  }
  /// Returns when it can be connected to.
  void start() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const std::string config = "--config-file=" + (folder_ / "bus.conf").string();
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(ends[1], 3);
      ::fcntl(3, F_SETFD, 0);
      ::execl(program, program, config.c_str(), "--nofork", "--nopidfile", "--print-address=3", nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    std::array<char, 256> address{};
    const bool said = process_ > 0 && ::read(ends[0], address.data(), address.size()) > 0;
    ::close(ends[0]);
    if (!said) throw std::runtime_error("dbus-daemon does not start");
  }

private:
  std::filesystem::path folder_;
  pid_t process_ = 0;
};

}  // namespace moor::testing
