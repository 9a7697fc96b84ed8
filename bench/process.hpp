#pragma once
// A part of a benchmark in a process of its own, so that its processor time and its memory are its own. To be forked before there is a thread or an io_context.

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace moor::bench {

/// What a process says to the one that started it: values without pointers, in an order that both know.
class Teller {
public:
  explicit Teller(int pipe) noexcept : pipe_(pipe) {}
  template <typename Value>
  void tell(const Value& value) const {
    static_assert(std::is_trivially_copyable_v<Value>);
    if (::write(pipe_, &value, sizeof value) != static_cast<ssize_t>(sizeof value)) throw std::runtime_error("nobody listens");
  }

private:
  int pipe_;
};

class Process {
public:
  /// Ends with its work, or with the process that started it.
  explicit Process(const std::function<void(const Teller&)>& work) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process");
    if (pid_ == 0) {
      ::close(ends[0]);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(1);
      run(work, Teller(ends[1]));
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(pipe_);
  }

  /// Waits for what it tells. @throws std::runtime_error if it ends without.
  template <typename Value>
  [[nodiscard]] Value hear() const {
    Value value{};
    auto* at = reinterpret_cast<char*>(&value);
    for (size_t done = 0; done < sizeof value;) {
      const ssize_t count = ::read(pipe_, at + done, sizeof value - done);
      if (count <= 0) throw std::runtime_error("a part of the benchmark has failed");
      done += static_cast<size_t>(count);
    }
    return value;
  }
  [[nodiscard]] pid_t id() const noexcept { return pid_; }

private:
  // Nothing of the parent's is ended or written out here.
  [[noreturn]] static void run(const std::function<void(const Teller&)>& work, const Teller& teller) {
    int code = 0;
    try {
      work(teller);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "benchmark: %s\n", error.what());
      code = 1;
    }
    ::_exit(code);
  }

  pid_t pid_ = -1;
  int pipe_ = -1;
};

struct ProcessorTime {
  double user = 0;  // seconds
  double all = 0;   // with the kernel's part
  friend ProcessorTime operator-(const ProcessorTime& a, const ProcessorTime& b) { return {a.user - b.user, a.all - b.all}; }
};

/// Of this process, all its threads.
inline ProcessorTime processor_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return {seconds(usage.ru_utime), seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

/// Bytes of this process in memory, counted page by page (statm is some pages late).
inline double resident_bytes() {
  std::ifstream file("/proc/self/smaps_rollup");
  std::string word;
  double kib = 0;
  while (file >> word)
    if (word == "Rss:") {
      file >> kib;
      break;
    }
  return kib * 1024;
}

}  // namespace moor::bench
