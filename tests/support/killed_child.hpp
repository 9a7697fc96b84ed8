#pragma once
// A program that writes numbers on its stdout, one a line, until it is killed.

#include <fcntl.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace moor::testing {

class KilledChild {
public:
  KilledChild(std::string program, std::vector<std::string> arguments) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<char*> pointers{program.data()};
    for (std::string& each : arguments) pointers.push_back(each.data());
    pointers.push_back(nullptr);
    const int failed = ::posix_spawn(&process_, program.c_str(), &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
    if (failed != 0) throw std::runtime_error("cannot start " + program);
  }
  ~KilledChild() {
    kill();
    std::fclose(output_);
  }
  KilledChild(const KilledChild&) = delete;
  KilledChild& operator=(const KilledChild&) = delete;

  /// The next number; nothing after the last.
  std::optional<long> acknowledged() {
    char line[32];
    if (std::fgets(line, sizeof line, output_) == nullptr || std::string_view(line).back() != '\n') return std::nullopt;
    return std::atol(line);
  }
  void kill() {
    if (process_ == 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

private:
  pid_t process_ = 0;
  std::FILE* output_ = nullptr;
};

}  // namespace moor::testing
