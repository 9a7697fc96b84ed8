#include "connect/service_cache_files.hpp"

#include "core/files.hpp"
#include "gatt/services_json.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <system_error>

namespace moor {

namespace {

namespace json = boost::json;

constexpr int format_version = 1;
constexpr size_t max_file_bytes = 1 << 20;  // a table of 1000 characteristics takes a quarter of it

std::string entry_text(const Address& device, const ServiceCache::Entry& entry) {
  json::object object;
  object["moor_services"] = format_version;
  object["address"] = device.to_string();
  object["random"] = device.is_random();
  object["hash"] = to_hex(entry.hash);
  object["services"] = services_to_json(entry.services);
  return json::serialize(object);
}

std::optional<ServiceCache::Entry> parse_entry(const Address& device, std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  const auto has = [&](const char* key, const json::value& wanted) {
    const json::value* const found = object.if_contains(key);
    return found != nullptr && *found == wanted;
  };
  const json::value* const hash = object.if_contains("hash");
  const json::value* const services = object.if_contains("services");
  if (!has("moor_services", format_version) || !has("address", json::string(device.to_string())) ||
      !has("random", device.is_random()) || hash == nullptr || !hash->is_string() || services == nullptr)
    return std::nullopt;
  const auto hash_bytes = from_hex(std::string_view(hash->get_string()));
  auto table = services_from_json(*services);
  if (!hash_bytes || !table || table->empty()) return std::nullopt;
  return ServiceCache::Entry{std::move(*table), *hash_bytes};
}

// The whole of a regular file; nothing where it is anything else or too large.
std::optional<std::string> content_of(const OwnedDescriptor& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > static_cast<off_t>(max_file_bytes))
    return std::nullopt;
  std::string content(static_cast<size_t>(status.st_size), '\0');
  size_t have = 0;
  while (have < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    have += static_cast<size_t>(got);
  }
  return content;
}

bool is_entry_name(std::string_view name) {
  return name.size() > 17 && name[12] == '-' && name.ends_with(".json");
}

// "a4cf12345678-public.json.4711.tmp" of a process that is no more.
bool is_leftover(std::string_view name) {
  constexpr std::string_view middle = ".json.";
  constexpr std::string_view end = ".tmp";
  const size_t place = name.find(middle);
  if (place == std::string_view::npos || !name.ends_with(end)) return false;
  pid_t process = 0;
  const char* const last = name.data() + name.size() - end.size();
  const auto [stop, error] = std::from_chars(name.data() + place + middle.size(), last, process);
  if (error != std::errc() || stop != last || process <= 0) return false;
  return process == ::getpid() || (::kill(process, 0) != 0 && errno == ESRCH);
}

}  // namespace

ServiceCacheFiles::ServiceCacheFiles(std::filesystem::path folder, size_t max_files)
    : folder_(std::move(folder)), max_files_(max_files) {
  try {
    std::filesystem::create_directories(folder_);
    remove_leftovers();
  } catch (const std::filesystem::filesystem_error& e) {
    count_error(e.what());
  }
}

bool ServiceCacheFiles::keeps(const Address& device) noexcept {
  return device.kind() == AddressKind::public_ || device.kind() == AddressKind::random_static;
}

std::filesystem::path ServiceCacheFiles::path_of(const Address& device) const {
  return folder_ / fmt::format("{:012x}-{}.json", device.bits(), device.is_random() ? "static" : "public");
}

void ServiceCacheFiles::remove_leftovers() {
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    std::error_code ignored;
    if (is_leftover(name)) std::filesystem::remove(entry.path(), ignored);
    if (is_entry_name(name)) ++files_;
  }
}

bool ServiceCacheFiles::has(const Address& device) const {
  std::error_code ignored;
  return keeps(device) && std::filesystem::exists(path_of(device), ignored);
}

std::optional<ServiceCache::Entry> ServiceCacheFiles::read(const Address& device) {
  if (!keeps(device)) return std::nullopt;
  const std::filesystem::path path = path_of(device);
  const OwnedDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT) return std::nullopt;
  const auto content = file ? content_of(file) : std::nullopt;
  auto entry = content ? parse_entry(device, *content) : std::nullopt;
  if (!entry) {
    const std::lock_guard lock(mutex_);
    ++counters_.bad_files;
    (void)::unlink(path.c_str());
  }
  return entry;
}

void ServiceCacheFiles::write(const Address& device, const ServiceCache::Entry& entry) {
  try {
    const bool is_new = !has(device);
    write_whole_file(path_of(device), entry_text(device, entry));
    if (is_new && ++files_ > max_files_) make_room();
    const std::lock_guard lock(mutex_);
    problem_.clear();
  } catch (const std::exception& e) {
    count_error(e.what());
  }
}

bool ServiceCacheFiles::remove(const Address& device) {
  if (!keeps(device)) return false;
  const std::filesystem::path path = path_of(device);
  if (::unlink(path.c_str()) == 0) {
    if (files_ > 0) --files_;
    return true;
  }
  if (errno != ENOENT) count_error(fmt::format("cannot remove {}: {}", path.string(), std::generic_category().message(errno)));
  return false;
}

void ServiceCacheFiles::make_room() {
  std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::error_code gone;
    const auto written = entry.last_write_time(gone);
    if (!gone && is_entry_name(entry.path().filename().string())) files.emplace_back(written, entry.path());
  }
  files_ = files.size();
  std::ranges::sort(files);
  // A tenth more than needed, so that the folder is not listed for each new device.
  const size_t wanted = max_files_ - max_files_ / 10;
  for (const auto& [written, path] : files) {
    if (files_ <= wanted) break;
    std::error_code failed;
    if (!std::filesystem::remove(path, failed)) continue;
    --files_;
    const std::lock_guard lock(mutex_);
    ++counters_.files_removed;
  }
}

void ServiceCacheFiles::count_error(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  ++counters_.file_errors;
  problem_ = problem;
}

ServiceCacheCounters ServiceCacheFiles::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

std::string ServiceCacheFiles::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace moor
