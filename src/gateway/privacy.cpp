#include "gateway/privacy.hpp"

#include "moor/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

namespace moor {

namespace {

// Closes a file however the function ends.
struct File {
  int descriptor;
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

ConfigError refuse(const std::filesystem::path& path, const std::string& cause, const std::string& advice) {
  return ConfigError("key file '" + path.string() + "': " + cause, {.cause = cause, .advice = advice});
}

std::string last_system_error() {
  return std::generic_category().message(errno);
}

crypto::SecretKey make_key_file(const std::filesystem::path& path) {
  crypto::SecretKey key = crypto::SecretKey::random();
  const File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  const Bytes bytes = key.bytes();
  if (file.descriptor < 0 || ::write(file.descriptor, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
      ::fsync(file.descriptor) != 0)
    throw refuse(path, "cannot be made (" + last_system_error() + ")",
                 "Let moor's user write in its folder, or name another file.");
  return key;
}

crypto::SecretKey load_key_file(const std::filesystem::path& path) {
  const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.descriptor < 0 && errno == ENOENT) return make_key_file(path);
  struct stat status{};
  if (file.descriptor < 0 || ::fstat(file.descriptor, &status) != 0)
    throw refuse(path, "cannot be read (" + last_system_error() + ")", "Let moor's user read it.");
  if ((status.st_mode & 0077) != 0)
    throw refuse(path, "other users can read it", "Run 'chmod 600' on it, or delete it to have a new key made.");
  std::array<uint8_t, crypto::SecretKey::size + 1> bytes{};
  if (::read(file.descriptor, bytes.data(), bytes.size()) != static_cast<ssize_t>(crypto::SecretKey::size))
    throw refuse(path, "is not a key of 32 bytes",
                 "Restore it, or delete it to have a new key made; devices get new identities then.");
  crypto::SecretKey key{std::span(bytes).first<crypto::SecretKey::size>()};
  crypto::wipe(bytes);
  return key;
}

Identity hashed(char prefix, const crypto::SecretKey& key, const Address& address) {
  // The kind is part of what is hashed: a public and a random address of equal bits are two devices.
  std::array<uint8_t, 7> message{};
  address.to_le(message.data());
  message[6] = address.is_random() ? 1 : 0;
  const crypto::Digest digest = crypto::hmac_sha256(key.bytes(), message);
  // 64 of 256 bits: among a million devices in one period two are the same with a chance of 3 in 10^8.
  return {.text = std::string{prefix, '-'} + to_hex(Bytes(digest).first(8)), .address = {}};
}

}  // namespace

IdentityHasher::IdentityHasher(PrivacyOptions options)
    : options_(std::move(options)),
      lasting_(options_.key_file.empty() ? crypto::SecretKey::random() : load_key_file(options_.key_file)),
      rotating_(crypto::SecretKey::random()),
      period_(std::numeric_limits<int64_t>::min()) {}

Identity IdentityHasher::identify(const Address& address, TimePoint now) {
  if (keeps(address)) return {.text = address.to_string(), .address = address};
  if (!address.is_random()) return hashed('p', lasting_, address);
  const int64_t period = now.time_since_epoch() / std::max(options_.rotate_every, Duration(std::chrono::minutes(1)));
  if (period != period_) {
    rotating_ = crypto::SecretKey::random();
    period_ = period;
  }
  return hashed('r', rotating_, address);
}

bool IdentityHasher::keeps(const Address& address) const noexcept {
  if (options_.store_addresses == AddressStorage::all) return true;
  if (options_.store_addresses == AddressStorage::public_only && !address.is_random()) return true;
  return std::ranges::any_of(options_.known, [&](const Address& known) { return known.bits() == address.bits(); });
}

}  // namespace moor
