#include "serve/process_facts.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <ctime>
#include <filesystem>
#include <fstream>

namespace moor::serve {

ProcessFacts read_process_facts() {
  ProcessFacts facts;
  timespec cpu{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
    facts.cpu_s = static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) * 1e-9;
  uint64_t total = 0;
  uint64_t resident = 0;
  if (std::ifstream("/proc/self/statm") >> total >> resident) {  // in pages, proc(5)
    const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    facts.virtual_bytes = total * page;
    facts.resident_bytes = resident * page;
  }
  std::error_code error;
  for (std::filesystem::directory_iterator each("/proc/self/fd", error), end; !error && each != end; each.increment(error))
    ++facts.open_files;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.max_files = limit.rlim_cur;
  return facts;
}

}  // namespace moor::serve
