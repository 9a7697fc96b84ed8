#include "gateway/privacy.hpp"

#include "core/files.hpp"
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

constexpr int64_t no_period = std::numeric_limits<int64_t>::min();

ConfigError refuse(const std::filesystem::path& path, const std::string& cause, const std::string& advice) {
  return ConfigError("key file '" + path.string() + "': " + cause, {.cause = cause, .advice = advice});
}

std::string last_system_error() {
  return std::generic_category().message(errno);
}

// The file is the lasting key, and after it may be the rotating one:
//
//   0             32      40             72            104
//   ┌─────────────┬───────┬──────────────┬─────────────┐
//   │ lasting key │ period│ rotating key │ HMAC        │     period: of `rotate_every` since 1970, little-endian
//   └─────────────┴───────┴──────────────┴─────────────┘     HMAC-SHA-256 under the lasting key, of period and rotating key
constexpr size_t key_size = crypto::SecretKey::size;
constexpr size_t period_size = 8;
constexpr size_t signed_size = period_size + key_size;
constexpr size_t tail_size = signed_size + key_size;

struct KeyFile {
  crypto::SecretKey lasting;
  std::optional<crypto::SecretKey> rotating{};
  int64_t period = no_period;
};

KeyFile make_key_file(const std::filesystem::path& path) {
  crypto::SecretKey key = crypto::SecretKey::random();
  const OwnedDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const Bytes bytes = key.bytes();
  if (!file || ::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) || ::fsync(file.get()) != 0)
    throw refuse(path, "cannot be made (" + last_system_error() + ")",
                 "Let moor's user write in its folder, or name another file.");
  return {.lasting = std::move(key)};
}

KeyFile load_key_file(const std::filesystem::path& path) {
  const OwnedDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return make_key_file(path);
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0)
    throw refuse(path, "cannot be read (" + last_system_error() + ")", "Let moor's user read it.");
  if ((status.st_mode & 0077) != 0)
    throw refuse(path, "other users can read it", "Run 'chmod 600' on it, or delete it to have a new key made.");
  std::array<uint8_t, key_size + tail_size + 1> bytes{};
  const ssize_t size = ::read(file.get(), bytes.data(), bytes.size());
  if (size != static_cast<ssize_t>(key_size) && size != static_cast<ssize_t>(key_size + tail_size))
    throw refuse(path, "is not a key of 32 bytes",
                 "Restore it, or delete it to have a new key made; devices get new identities then.");
  KeyFile keys{.lasting = crypto::SecretKey(std::span(bytes).first<key_size>())};
  const auto tail = std::span(bytes).subspan<key_size, tail_size>();
  const crypto::Digest tag = crypto::hmac_sha256(keys.lasting.bytes(), tail.first<signed_size>());
  if (std::ranges::equal(tag, tail.last<key_size>())) {  // not so where a power cut tore it
    keys.period = static_cast<int64_t>(load_le64(tail.data()));
    keys.rotating.emplace(tail.subspan<period_size, key_size>());
  }
  crypto::wipe(bytes);
  return keys;
}

void store_le64(uint8_t* bytes, uint64_t value) noexcept {
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
}

// In its place, so that the lasting key is never in danger. It is not waited for the disk: after a power cut devices are new, as after a day.
bool write_rotating(const std::filesystem::path& path, const crypto::SecretKey& lasting, int64_t period,
                    const crypto::SecretKey& rotating) {
  const OwnedDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return false;
  std::array<uint8_t, tail_size> tail{};
  store_le64(tail.data(), static_cast<uint64_t>(period));
  std::ranges::copy(rotating.bytes(), tail.begin() + period_size);
  const crypto::Digest tag = crypto::hmac_sha256(lasting.bytes(), std::span(tail).first<signed_size>());
  std::ranges::copy(tag, tail.begin() + signed_size);
  const bool written = ::pwrite(file.get(), tail.data(), tail.size(), key_size) == static_cast<ssize_t>(tail.size());
  crypto::wipe(tail);
  return written;
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
      lasting_(crypto::SecretKey::random()),
      rotating_(crypto::SecretKey::random()),
      period_(no_period) {
  if (options_.key_file.empty()) return;
  KeyFile keys = load_key_file(options_.key_file);
  lasting_ = std::move(keys.lasting);
  if (!keys.rotating) return;
  rotating_ = std::move(*keys.rotating);
  period_ = keys.period;
}

Identity IdentityHasher::identify(const Address& address, TimePoint now) {
  if (keeps(address)) return {.text = address.to_string(), .address = address};
  if (!address.is_random()) return hashed('p', lasting_, address);
  if (const int64_t period = period_of(now); period > period_)
    rotate(period);  // what was heard before it goes by the key that there is
  return hashed('r', rotating_, address);
}

void IdentityHasher::advance(TimePoint now) {
  if (const int64_t period = period_of(now); period_ != no_period && period > period_) rotate(period);
}

void IdentityHasher::take_keys(IdentityHasher&& other) noexcept {
  if (!options_.key_file.empty() || !other.options_.key_file.empty()) return;
  lasting_ = std::move(other.lasting_);
  if (options_.rotate_every != other.options_.rotate_every) return;
  rotating_ = std::move(other.rotating_);
  period_ = other.period_;
}

int64_t IdentityHasher::period_of(TimePoint t) const noexcept {
  return t.time_since_epoch() / std::max(options_.rotate_every, Duration(std::chrono::minutes(1)));
}

void IdentityHasher::rotate(int64_t period) {
  rotating_ = crypto::SecretKey::random();
  period_ = period;
  if (options_.key_file.empty()) return;
  const bool written = write_rotating(options_.key_file, lasting_, period_, rotating_);
  problem_ = written ? "" : "key file '" + options_.key_file.string() + "' cannot be written (" + last_system_error() + ")";
}

bool IdentityHasher::keeps(const Address& address) const noexcept {
  if (options_.store_addresses == AddressStorage::all) return true;
  if (options_.store_addresses == AddressStorage::public_only && !address.is_random()) return true;
  return std::ranges::any_of(options_.known, [&](const Address& known) { return known.bits() == address.bits(); });
}

}  // namespace moor
