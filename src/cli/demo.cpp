#include "cli/demo.hpp"

#include <cstdlib>
#include <filesystem>

namespace moor::cli {

namespace fs = std::filesystem;

namespace {

fs::path find_recording() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path recording = program.parent_path().parent_path() / "share" / "moor" / "demo-shop.btsnoop";
  if (error || !fs::exists(recording))
    throw Error("the demo's recording is not at '" + recording.string() + "'",
                {.advice = "build it with `make build`, or install moor again"});
  return recording;
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

GatewayConfig demo_config() {
  GatewayConfig config = parse_config("", "demo");
  config.gateway.name = "demo";
  config.radios = {{.spec = {.kind = RadioSpec::Kind::replay, .target = find_recording().string(), .speed = 1.0, .loop = true}}};
  config.store.path = state_folder() / "demo.db";
  return config;
}

}  // namespace moor::cli
