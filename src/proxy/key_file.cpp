#include "proxy/key_file.hpp"

#include "core/files.hpp"
#include "esphome/stream.hpp"
#include "moor/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace moor::proxy {

namespace {

namespace fs = std::filesystem;

constexpr size_t max_size = 256;  // bytes of such a file, with room for white space

// A text that leaves no trace in memory.
struct SecretText {
  std::string text{};
  ~SecretText() { crypto::wipe({reinterpret_cast<uint8_t*>(text.data()), text.size()}); }
};

ConfigError refuse(const fs::path& path, const std::string& cause, const std::string& advice) {
  return ConfigError("'" + path.string() + "' " + cause, {.cause = cause, .advice = advice});
}

std::string last_system_error() {
  return std::generic_category().message(errno);
}

// Nothing where there is no file.
std::optional<std::string> read_small(const fs::path& path, bool secret) {
  const OwnedDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe in its place must not hang us
  if (!file && errno == ENOENT) return std::nullopt;
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0)
    throw refuse(path, "cannot be read (" + last_system_error() + ")", "Let moor's user read it.");
  if (!S_ISREG(status.st_mode)) throw refuse(path, "is no file", "Name a file in key_file.");
  if (secret && (status.st_mode & 0077) != 0)
    throw refuse(
        path, "can be read by other users, and has the key to the devices around",
        "Run: chmod 600 '" + path.string() + "'; whoever may have read it has the key: delete the file to have a new one made.");
  std::string text(max_size + 1, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) throw refuse(path, "cannot be read (" + last_system_error() + ")", "Let moor's user read it.");
  text.resize(static_cast<size_t>(size));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ' || text.back() == '\t'))
    text.pop_back();
  return text;
}

void write_new(const fs::path& path, std::string_view text) {
  try {
    write_whole_file(path, text);
  } catch (const std::system_error& error) {
    throw refuse(path, "cannot be made (" + error.code().message() + ")",
                 "Let moor's user write in its folder, or name another file in key_file.");
  }
}

Address random_mac() {
  std::array<uint8_t, 6> bytes{};
  crypto::fill_random(bytes);
  uint64_t bits = 0;
  for (const uint8_t byte : bytes) bits = bits << 8 | byte;
  constexpr uint64_t group = uint64_t{1} << 40;  // IEEE 802, 8.2: locally administered, of one machine
  constexpr uint64_t local = uint64_t{1} << 41;
  return Address((bits & ~group) | local, false);
}

}  // namespace

KeptKey keep_key(const fs::path& path) {
  if (auto found = read_small(path, true)) {
    const SecretText text{std::move(*found)};
    try {
      return {.key = esphome::parse_key(text.text)};
    } catch (const UsageError&) {
      throw refuse(path, "is not a key of 32 bytes in base64",
                   "Restore it, or delete it to have a new key made; clients need the new one then.");
    }
  }
  KeptKey kept{.key = crypto::SecretKey::random(), .made = true};
  SecretText text{esphome::to_base64(kept.key)};
  text.text.push_back('\n');
  write_new(path, text.text);
  return kept;
}

std::optional<Address> find_mac(const fs::path& path) {
  const auto text = read_small(path, false);
  if (!text) return std::nullopt;
  const auto mac = Address::parse(*text);
  if (!mac)
    throw refuse(path, "is not an address",
                 "Restore it, or delete it to have a new one made; to Home Assistant that is another proxy.");
  return mac;
}

Address keep_mac(const fs::path& path, std::optional<Address> first) {
  if (const auto kept = find_mac(path)) return *kept;
  const Address mac = first.value_or(random_mac());
  write_new(path, mac.to_string() + "\n");
  return mac;
}

}  // namespace moor::proxy
