#include "mdns/browser_machine.hpp"

#include <arpa/inet.h>
#include <algorithm>

namespace moor::mdns {
namespace {

constexpr Duration first_interval = std::chrono::seconds(1);
constexpr Duration longest_interval = std::chrono::hours(1);
constexpr int tries_for_details = 4;
// An answer that comes later than this after a question of ours is an announcement, or an answer to somebody else.
constexpr Duration longest_answer = std::chrono::seconds(3);
constexpr Duration between_announcements = std::chrono::seconds(5);
constexpr Duration for_the_other_kind = std::chrono::milliseconds(250);

template <typename Data>
const Data* first_of(const RecordCache& cache, std::string_view name, RecordType type) {
  const auto* const entries = cache.find(name, type);
  if (entries == nullptr) return nullptr;
  // The one that was heard last is right where a flush has not yet taken effect.
  const auto newest =
      std::max_element(entries->begin(), entries->end(), [](const auto& a, const auto& b) { return a.heard < b.heard; });
  return std::get_if<Data>(&newest->record.data);
}

void add_known_answers(const RecordCache& cache, std::string_view name, RecordType type, TimePoint now, Packet& query) {
  const auto* const entries = cache.find(name, type);
  if (entries == nullptr) return;
  for (const RecordCache::Entry& each : *entries) {
    const Duration left = each.expires - now;
    if (left * 2 < each.expires - each.heard) continue;  // RFC 6762, 7.1
    Record known = each.record;
    known.flush = false;
    known.ttl_s = static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(left).count());
    query.answers.push_back(std::move(known));
  }
}

void add_all(RecordCache& cache, const Packet& packet, TimePoint now) {
  for (const auto* const part : {&packet.answers, &packet.additionals})
    for (const Record& each : *part) (void)cache.add(each, now);
}

}  // namespace

void Asking::asked(TimePoint now) noexcept {
  const Duration interval = std::min<Duration>(first_interval * (1LL << std::min(times_, 12)), longest_interval);
  ++times_;
  next_ = now + interval;
}

std::vector<std::string> addresses_in(const RecordCache& cache, std::string_view host) {
  std::vector<std::string> result;
  const auto add = [&](RecordType type, int family) {
    const auto* const entries = cache.find(host, type);
    if (entries == nullptr) return;
    for (const RecordCache::Entry& each : *entries) {
      std::array<char, INET6_ADDRSTRLEN> text{};
      const void* bytes = nullptr;
      if (const auto* const v4 = std::get_if<Ipv4>(&each.record.data)) bytes = v4->data();
      if (const auto* const v6 = std::get_if<Ipv6>(&each.record.data)) bytes = v6->data();
      if (bytes != nullptr && ::inet_ntop(family, bytes, text.data(), text.size()) != nullptr) result.emplace_back(text.data());
    }
  };
  add(RecordType::a, AF_INET);
  add(RecordType::aaaa, AF_INET6);
  return result;
}

Attributes attributes_of(const Text& text) {
  Attributes result;
  for (const std::string& each : text.strings) {
    const size_t equals = each.find('=');
    if (equals == 0) continue;  // RFC 6763, 6.4
    const std::string value = equals == std::string::npos ? std::string() : each.substr(equals + 1);
    result.emplace(folded(std::string_view(each).substr(0, equals)), value);
  }
  return result;
}

BrowserMachine::BrowserMachine(const std::string& type, TimePoint now) : name_(type + ".local"), last_query_(now) {
  services_.begin_at(now);
}

bool BrowserMachine::is_wanted(const Record& record) const {
  if (record.type == RecordType::ptr) return same_name(record.name, name_);
  if (record.type == RecordType::srv || record.type == RecordType::txt) return instances_.contains(folded(record.name));
  return std::any_of(instances_.begin(), instances_.end(),
                     [&](const auto& each) { return each.second.told && same_name(each.second.service.host, record.name); });
}

std::optional<Service> BrowserMachine::assemble(const std::string& full_name) const {
  const auto* const location = first_of<ServiceLocation>(cache_, full_name, RecordType::srv);
  const auto* const text = first_of<Text>(cache_, full_name, RecordType::txt);
  if (location == nullptr || text == nullptr) return std::nullopt;
  Service service{.instance = first_label(full_name),
                  .host = location->target,
                  .port = location->port,
                  .addresses = addresses_in(cache_, location->target),
                  .attributes = attributes_of(*text)};
  if (service.addresses.empty()) return std::nullopt;
  return service;
}

void BrowserMachine::on_packet(const Packet& packet, TimePoint now) {
  if (!packet.response) return;
  add_all(cache_, packet, now);
  look(now);
  tell_announced(packet, now);
}

// Compares what is there with what was told.
void BrowserMachine::look(TimePoint now) {
  (void)cache_.expire(now);
  std::map<std::string, std::string> there;
  if (const auto* const pointers = cache_.find(name_, RecordType::ptr)) {
    for (const RecordCache::Entry& each : *pointers) {
      const auto* const pointer = std::get_if<Pointer>(&each.record.data);
      if (pointer != nullptr && there.size() < max_services) there.emplace(folded(pointer->target), pointer->target);
    }
  }
  for (auto at = instances_.begin(); at != instances_.end();) {
    if (there.contains(at->first)) {
      ++at;
      continue;
    }
    if (at->second.told) events_.push_back({BrowseEvent::Kind::gone, std::move(at->second.service)});
    names_.erase(at->first);
    at = instances_.erase(at);
  }
  for (const auto& [key, full_name] : there) {
    const auto [at, is_new] = instances_.try_emplace(key);
    Instance& instance = at->second;
    if (is_new) {
      names_[key] = full_name;
      instance.details.begin_at(now);
      instance.last_heard = now;
    }
    std::optional<Service> service = assemble(full_name);
    if (!service) {
      if (instance.told) {
        events_.push_back({BrowseEvent::Kind::gone, std::move(instance.service)});
        instance = Instance{};
        instance.details.begin_at(now);
      }
      continue;
    }
    if (instance.told && *service == instance.service) continue;
    events_.push_back({instance.told ? BrowseEvent::Kind::changed : BrowseEvent::Kind::found, *service});
    instance.service = std::move(*service);
    instance.told = true;
    instance.last_heard = now;
  }
}

void BrowserMachine::tell_announced(const Packet& packet, TimePoint now) {
  if (now - last_query_ < longest_answer) return;
  for (const Record& each : packet.answers) {
    if (each.ttl_s == 0) continue;
    const auto* const pointer = std::get_if<Pointer>(&each.data);
    const auto found = instances_.find(folded(pointer != nullptr && same_name(each.name, name_) ? pointer->target : each.name));
    if (found == instances_.end() || !found->second.told || now - found->second.last_heard < between_announcements) continue;
    found->second.last_heard = now;
    events_.push_back({BrowseEvent::Kind::changed, found->second.service});
  }
}

void BrowserMachine::ask_for_details(const std::string& full_name, Packet& query) const {
  const auto* const location = first_of<ServiceLocation>(cache_, full_name, RecordType::srv);
  if (location == nullptr) query.questions.push_back({.name = full_name, .type = RecordType::srv});
  if (cache_.find(full_name, RecordType::txt) == nullptr) query.questions.push_back({.name = full_name, .type = RecordType::txt});
  if (location != nullptr && addresses_in(cache_, location->target).empty()) {
    query.questions.push_back({.name = location->target, .type = RecordType::a});
    query.questions.push_back({.name = location->target, .type = RecordType::aaaa});
  }
}

std::optional<Packet> BrowserMachine::on_time(TimePoint now) {
  look(now);
  Packet query;
  if (services_.is_due(now)) {
    query.questions.push_back({.name = name_, .type = RecordType::ptr});
    add_known_answers(cache_, name_, RecordType::ptr, now, query);
    services_.asked(now);
  }
  for (auto& [key, instance] : instances_) {
    if (instance.told || !instance.details.is_due(now) || instance.details.times() >= tries_for_details) continue;
    ask_for_details(names_.at(key), query);
    instance.details.asked(now);
  }
  cache_.refresh(
      now, [this](const Record& record) { return is_wanted(record); },
      [&](const Record& record) { query.questions.push_back({.name = record.name, .type = record.type}); });
  if (query.questions.empty()) return std::nullopt;
  last_query_ = now;
  return query;
}

TimePoint BrowserMachine::next() const {
  TimePoint next = std::min(services_.next(), cache_.next_expiry());
  for (const auto& [key, instance] : instances_)
    if (!instance.told && instance.details.times() < tries_for_details) next = std::min(next, instance.details.next());
  return std::min(next, cache_.next_refresh([this](const Record& record) { return is_wanted(record); }));
}

HostMachine::HostMachine(std::string host, TimePoint now) : host_(std::move(host)) {
  asking_.begin_at(now);
}

void HostMachine::on_packet(const Packet& packet, TimePoint now) {
  if (!packet.response) return;
  add_all(cache_, packet, now);
  (void)cache_.expire(now);
  if (!first_heard_ && !addresses_in(cache_, host_).empty()) first_heard_ = now;
}

std::optional<Packet> HostMachine::on_time(TimePoint now) {
  if (!asking_.is_due(now)) return std::nullopt;
  asking_.asked(now);
  Packet query;
  query.questions.push_back({.name = host_, .type = RecordType::a});
  query.questions.push_back({.name = host_, .type = RecordType::aaaa});
  return query;
}

TimePoint HostMachine::next() const {
  return first_heard_ ? *first_heard_ + for_the_other_kind : asking_.next();
}

std::optional<std::vector<std::string>> HostMachine::addresses(TimePoint now) const {
  const bool both = cache_.find(host_, RecordType::a) != nullptr && cache_.find(host_, RecordType::aaaa) != nullptr;
  if (!both && (!first_heard_ || now - *first_heard_ < for_the_other_kind)) return std::nullopt;
  return addresses_in(cache_, host_);
}

}  // namespace moor::mdns
