#include "cli/demo.hpp"

#include <cstdlib>
#include <filesystem>

namespace moor::cli {

namespace fs = std::filesystem;

namespace {

fs::path recording_beside_program() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : program.parent_path().parent_path() / "share" / "moor" / "demo-shop.btsnoop";
}

fs::path get_recording() {
  if (const auto recording = find_demo_recording()) return *recording;
  throw Error("the demo's recording is not at '" + recording_beside_program().string() + "'",
              {.advice = "build it with `make build`, or install moor again"});
}

// Where a user's programs keep their state (XDG Base Directory Specification); the temporary folder for a user without a home.
fs::path state_folder() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder = state != nullptr && *state == '/' ? fs::path(state)
                    : home != nullptr && *home == '/' ? fs::path(home) / ".local" / "state"
                                                      : fs::temp_directory_path();
  folder /= "moor";
  std::error_code ignored;  // the store says it where the folder cannot be used
  fs::create_directories(folder, ignored);
  return folder;
}

}  // namespace

std::optional<fs::path> find_demo_recording() {
  std::error_code error;
  const fs::path recording = recording_beside_program();
  return !recording.empty() && fs::exists(recording, error) ? std::optional(recording) : std::nullopt;
}

GatewayConfig demo_config() {
  GatewayConfig config = parse_config("", "demo");
  config.gateway.name = "demo";
  config.radios = {{.spec = {.kind = RadioSpec::Kind::replay, .target = get_recording().string(), .speed = 1.0, .loop = true}}};
  config.store.path = state_folder() / "demo.db";
  return config;
}

}  // namespace moor::cli
