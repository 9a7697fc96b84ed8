#include "mdns/responder_machine.hpp"

#include "mdns/mdns.hpp"

#include <arpa/inet.h>
#include <algorithm>

namespace moor::mdns {
namespace {

using Part = ResponderMachine::Part;

// RFC 6762, 8.1, 8.3, 6, 10.
constexpr Duration probe_interval = std::chrono::milliseconds(250);
constexpr int probes = 3;
constexpr int announcements = 2;
constexpr Duration announcement_interval = std::chrono::seconds(1);
constexpr Duration shortest_delay = std::chrono::milliseconds(20);
constexpr Duration longest_delay = std::chrono::milliseconds(120);
constexpr Duration delay_of_truncated = std::chrono::milliseconds(450);
constexpr Duration between_multicasts = std::chrono::seconds(1);
constexpr Duration between_defences = std::chrono::milliseconds(250);
constexpr Duration after_lost_tie = std::chrono::seconds(1);
constexpr int many_conflicts = 15;
constexpr Duration after_many_conflicts = std::chrono::seconds(5);
constexpr uint32_t host_ttl_s = 120;
constexpr uint32_t other_ttl_s = 4500;
constexpr uint32_t legacy_ttl_s = 10;
constexpr size_t max_waiting_answers = 64;
constexpr const char* enumeration = "_services._dns-sd._udp.local";

const std::set<Part> all_parts{Part::types, Part::pointer, Part::location, Part::text, Part::addresses};

Record address_record(const std::string& host, const std::string& address, uint32_t ttl_s) {
  Record record{.name = host, .type = RecordType::a, .flush = true, .ttl_s = ttl_s, .data = {}};
  Ipv4 v4{};
  Ipv6 v6{};
  if (::inet_pton(AF_INET, address.c_str(), v4.data()) == 1) {
    record.data = v4;
  } else if (::inet_pton(AF_INET6, address.c_str(), v6.data()) == 1) {
    record.type = RecordType::aaaa;
    record.data = v6;
  }
  return record;
}

bool asks_for(RecordType wanted, RecordType asked) {
  return asked == wanted || asked == RecordType::any;
}

// Class, type and data, as they are compared in a tie (8.2).
std::pair<uint16_t, std::vector<uint8_t>> weight_of(const Record& record) {
  return {static_cast<uint16_t>(record.type), plain_data(record)};
}

}  // namespace

ResponderMachine::ResponderMachine(const std::string& type, Service service, uint64_t seed, TimePoint now)
    : type_(type + ".local"), service_(std::move(service)), base_instance_(service_.instance), random_(seed) {
  if (service_.host.empty()) service_.host = escaped_label(service_.instance) + ".local";
  base_host_ = service_.host;
  begin_probing(now + random(Duration::zero(), probe_interval));
}

Duration ResponderMachine::random(Duration from, Duration to) {
  return Duration(std::uniform_int_distribution<Duration::rep>(from.count(), to.count())(random_));
}

std::string ResponderMachine::full_name() const {
  return escaped_label(service_.instance) + "." + type_;
}

void ResponderMachine::begin_probing(TimePoint t) {
  state_ = State::probing;
  sent_ = 0;
  next_step_ = t;
  answers_.clear();
}

void ResponderMachine::rename(TimePoint now) {
  ++number_;
  ++conflicts_;
  service_.instance = numbered(base_instance_, number_);
  const std::string domain(parent_name(base_host_));
  service_.host = escaped_label(numbered(first_label(base_host_), number_)) + (domain.empty() ? "" : "." + domain);
  last_sent_.clear();
  begin_probing(now + (conflicts_ >= many_conflicts ? after_many_conflicts : Duration::zero()));
}

std::vector<Record> ResponderMachine::records(Part part, const std::vector<std::string>& addresses, bool ttl_zero) const {
  const auto ttl = [&](uint32_t seconds) { return ttl_zero ? 0 : seconds; };
  switch (part) {
    case Part::types: return {{.name = enumeration, .type = RecordType::ptr, .ttl_s = ttl(other_ttl_s), .data = Pointer{type_}}};
    case Part::pointer:
      return {{.name = type_, .type = RecordType::ptr, .ttl_s = ttl(other_ttl_s), .data = Pointer{full_name()}}};
    case Part::location:
      return {{.name = full_name(),
               .type = RecordType::srv,
               .flush = true,
               .ttl_s = ttl(host_ttl_s),
               .data = ServiceLocation{0, 0, service_.port, service_.host}}};
    case Part::text: {
      Text text;
      for (const auto& [key, value] : service_.attributes) text.strings.push_back(attribute_text(key, value));
      return {{.name = full_name(), .type = RecordType::txt, .flush = true, .ttl_s = ttl(other_ttl_s), .data = std::move(text)}};
    }
    case Part::addresses: break;
  }
  std::vector<Record> result;
  for (const std::string& each : service_.addresses.empty() ? addresses : service_.addresses) {
    Record record = address_record(service_.host, each, ttl(host_ttl_s));
    if (!std::holds_alternative<OtherData>(record.data)) result.push_back(std::move(record));
  }
  return result;
}

std::vector<uint8_t> ResponderMachine::write(const Sending& sending, const std::vector<std::string>& addresses) const {
  Packet packet = sending.packet;
  const auto put = [&](const std::set<Part>& parts, std::vector<Record>& into) {
    for (const Part part : parts)
      for (Record& each : records(part, addresses, sending.goodbye)) {
        if (sending.legacy) {
          each.flush = false;
          each.ttl_s = std::min(each.ttl_s, legacy_ttl_s);
        }
        if (!packet.response) each.flush = false;
        into.push_back(std::move(each));
      }
  };
  put(sending.parts, packet.response ? packet.answers : packet.authorities);
  put(sending.additional, packet.additionals);
  if (packet.response && packet.answers.empty()) return {};
  return write_packet(packet);
}

ResponderMachine::Sending ResponderMachine::probe() const {
  Sending sending{.parts = {Part::location, Part::text, Part::addresses}};
  sending.packet.questions.push_back({.name = full_name(), .type = RecordType::any, .unicast = true});
  sending.packet.questions.push_back({.name = service_.host, .type = RecordType::any, .unicast = true});
  return sending;
}

ResponderMachine::Sending ResponderMachine::goodbye() const {
  Sending sending{.parts = {Part::pointer, Part::location, Part::text, Part::addresses}, .goodbye = true};
  sending.packet.response = true;
  return sending;
}

std::vector<ResponderMachine::Sending> ResponderMachine::on_time(TimePoint now) {
  std::vector<Sending> result = std::exchange(unicast_, {});
  if (state_ == State::probing && next_step_ <= now) {
    if (sent_ < probes) {
      result.push_back(probe());
      ++sent_;
      next_step_ = now + probe_interval;
    } else {
      state_ = State::announcing;
      sent_ = 0;
    }
  }
  if (state_ == State::announcing && next_step_ <= now) {
    Sending sending{.parts = all_parts};
    sending.packet.response = true;
    result.push_back(std::move(sending));
    next_step_ = now + announcement_interval;
    if (++sent_ == announcements) state_ = State::idle;
    conflicts_ = 0;
    for (const Part part : all_parts) last_sent_[{part, 0}] = now;
  }
  std::erase_if(answers_, [&](Answer& each) {
    if (each.due > now) return false;
    const unsigned interface = each.interface.value_or(0);
    std::erase_if(each.parts, [&](Part part) {
      for (const unsigned over : {0U, interface}) {
        const auto last = last_sent_.find({part, over});
        if (last != last_sent_.end() && now - last->second < each.pause) return true;
      }
      last_sent_[{part, interface}] = now;
      return false;
    });
    if (each.parts.empty()) return true;
    Sending sending{.parts = each.parts, .additional = each.additional, .interface = each.interface};
    for (const Part part : each.parts) sending.additional.erase(part);
    sending.packet.response = true;
    result.push_back(std::move(sending));
    return true;
  });
  return result;
}

TimePoint ResponderMachine::next() const {
  TimePoint next = state_ == State::idle ? TimePoint::max() : next_step_;
  for (const Answer& each : answers_) next = std::min(next, each.due);
  return unicast_.empty() ? next : TimePoint::min();
}

bool ResponderMachine::conflicts(const Record& record, const std::function<bool(const Record&)>& is_ours) const {
  if (record.ttl_s == 0) return false;
  if (same_name(record.name, full_name())) {
    if (record.type == RecordType::srv) return record.data != records(Part::location, {}).front().data;
    return record.type == RecordType::txt && record.data != records(Part::text, {}).front().data;
  }
  if (!same_name(record.name, service_.host)) return false;
  if (record.type != RecordType::a && record.type != RecordType::aaaa) return false;
  const auto own = records(Part::addresses, {});
  const auto same = [&](const Record& each) { return each.data == record.data; };
  return std::none_of(own.begin(), own.end(), same) && !is_ours(record);
}

void ResponderMachine::look_for_conflicts(const Packet& packet, TimePoint now,
                                          const std::function<bool(const Record&)>& is_ours) {
  for (const auto* const part : {&packet.answers, &packet.additionals}) {
    for (const Record& each : *part) {
      if (!conflicts(each, is_ours)) continue;
      // Who has a name already keeps it (9): we ask again, and whoever answers then has it.
      if (state_ == State::probing) return rename(now);
      return begin_probing(now);
    }
  }
}

void ResponderMachine::settle_tie(const Packet& packet, TimePoint now, const std::function<bool(const Record&)>& is_ours) {
  for (const std::string& name : {full_name(), service_.host}) {
    std::vector<std::pair<uint16_t, std::vector<uint8_t>>> theirs;
    for (const Record& each : packet.authorities)
      if (same_name(each.name, name) && !is_ours(each)) theirs.push_back(weight_of(each));
    if (theirs.empty()) continue;
    std::vector<std::pair<uint16_t, std::vector<uint8_t>>> ours;
    const bool of_host = name == service_.host;
    for (const Part part : of_host ? std::vector{Part::addresses} : std::vector{Part::location, Part::text})
      for (const Record& each : records(part, {})) ours.push_back(weight_of(each));
    if (of_host && ours.empty()) continue;  // this machine's, which only the interface knows: answers will tell
    std::sort(theirs.begin(), theirs.end());
    std::sort(ours.begin(), ours.end());
    if (ours < theirs) return begin_probing(now + after_lost_tie);
  }
}

void ResponderMachine::on_packet(const Packet& packet, const Asker& asker, TimePoint now,
                                 const std::function<bool(const Record&)>& is_ours) {
  if (packet.response) return look_for_conflicts(packet, now, is_ours);
  if (state_ == State::probing) {
    if (!packet.authorities.empty()) settle_tie(packet, now, is_ours);
    return;
  }
  answer(packet, asker, now);
}

std::set<Part> ResponderMachine::asked_for(const Question& question) const {
  std::set<Part> parts;
  const RecordType asked = question.type;
  if (same_name(question.name, enumeration) && asks_for(RecordType::ptr, asked)) parts.insert(Part::types);
  if (same_name(question.name, type_) && asks_for(RecordType::ptr, asked)) parts.insert(Part::pointer);
  if (same_name(question.name, full_name())) {
    if (asks_for(RecordType::srv, asked)) parts.insert(Part::location);
    if (asks_for(RecordType::txt, asked)) parts.insert(Part::text);
  }
  if (same_name(question.name, service_.host) && (asks_for(RecordType::a, asked) || asked == RecordType::aaaa))
    parts.insert(Part::addresses);
  return parts;
}

// Known-answer suppression (7.1).
bool ResponderMachine::is_known(Part part, const Packet& query) const {
  if (part == Part::addresses) return false;
  const Record own = records(part, {}).front();
  return std::any_of(query.answers.begin(), query.answers.end(), [&](const Record& each) {
    return each.type == own.type && same_name(each.name, own.name) && each.data == own.data && each.ttl_s >= own.ttl_s / 2;
  });
}

void ResponderMachine::answer(const Packet& query, const Asker& asker, TimePoint now) {
  // A probe is answered to all, at once: an answer to one alone may reach another program of that machine (8.1, 15).
  const bool is_probe = !query.authorities.empty();
  std::set<Part> multicast, unicast;
  for (const Question& each : query.questions)
    for (const Part part : asked_for(each))
      if (!is_known(part, query)) ((each.unicast && !is_probe) || asker.legacy ? unicast : multicast).insert(part);
  const auto helpful = [](const std::set<Part>& parts) {
    std::set<Part> result;
    if (parts.contains(Part::pointer)) result = {Part::location, Part::text, Part::addresses};
    if (parts.contains(Part::location)) result.insert(Part::addresses);
    for (const Part part : parts) result.erase(part);
    return result;
  };
  if (!unicast.empty() && unicast_.size() < max_waiting_answers) {
    Sending sending{
        .parts = unicast, .additional = helpful(unicast), .to_asker = true, .legacy = asker.legacy, .interface = asker.interface};
    sending.packet.response = true;
    if (asker.legacy) {
      sending.packet.id = query.id;
      sending.packet.questions = query.questions;
    }
    unicast_.push_back(std::move(sending));
  }
  if (multicast.empty() || answers_.size() >= max_waiting_answers) return;
  const bool shared = multicast.contains(Part::types) || multicast.contains(Part::pointer);
  TimePoint due = now;
  if (query.truncated)
    due = now + delay_of_truncated;
  else if (shared && !is_probe)
    due = now + random(shortest_delay, longest_delay);
  std::optional<unsigned> over;
  if (asker.interface != 0) over = asker.interface;
  answers_.push_back({.due = due,
                      .parts = multicast,
                      .additional = helpful(multicast),
                      .interface = over,
                      .pause = is_probe ? between_defences : between_multicasts});
}

}  // namespace moor::mdns
