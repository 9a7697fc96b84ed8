#pragma once
// mosquitto as a child of the test, on a port of loopback that the system chose.

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace moor::testing {

inline constexpr const char* mosquitto_path = "/usr/sbin/mosquitto";

/// A port of loopback that nobody has now.
[[nodiscard]] inline int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  close(socket);
  return ntohs(address.sin_port);
}

class Broker {
public:
  /// @param lines  of its configuration beside the listener.
  explicit Broker(const std::string& lines = "allow_anonymous true\n") : port_(free_port()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "moor-broker-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = pattern;
    std::ofstream(folder_ / "mosquitto.conf") << "listener " << port_ << " 127.0.0.1\n" << lines;
    start();
  }
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  ~Broker() {
    kill();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    pid_ = fork();
    if (pid_ == 0) {
      const int nowhere = open("/dev/null", O_RDWR);
      dup2(nowhere, 1);
      dup2(nowhere, 2);
      const std::string file = (folder_ / "mosquitto.conf").string();
      execl(mosquitto_path, "mosquitto", "-c", file.c_str(), nullptr);
      _exit(127);
    }
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] int port() const noexcept { return port_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

private:
  int port_;
  std::filesystem::path folder_;
  pid_t pid_ = 0;
};

}  // namespace moor::testing
