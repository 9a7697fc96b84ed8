#include "cli/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <sys/stat.h>
#include <cstdlib>

namespace moor::cli {

namespace {

// $JOURNAL_STREAM names the journal's end of the stream; stderr may have been sent elsewhere since (systemd.exec(5)).
bool stderr_is_the_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat file{};
  return stream != nullptr && fstat(STDERR_FILENO, &file) == 0 && stream == fmt::format("{}:{}", file.st_dev, file.st_ino);
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return spdlog::level::trace;
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

}  // namespace

spdlog::logger make_log(LogLevel level) {
  const bool journal = stderr_is_the_journal();
  spdlog::sink_ptr sink;
  if (journal)
    sink = std::make_shared<spdlog::sinks::systemd_sink_st>();
  else
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_st>();
  spdlog::logger log("moor", std::move(sink));
  log.set_level(level_of(level));
  log.set_pattern(journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  return log;
}

}  // namespace moor::cli
