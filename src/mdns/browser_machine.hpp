#pragma once
// Finds the services of a type (RFC 6763, 4 and 5), and the addresses of a host, without I/O: packets and times go in, questions and events come out.

#include "mdns/mdns.hpp"
#include "mdns/record_cache.hpp"

#include <map>
#include <optional>

namespace moor::mdns {

/// Asks for something again and again: after 1 s, 2 s, 4 s and so on, up to an hour (RFC 6762, 5.2).
class Asking {
public:
  [[nodiscard]] bool is_due(TimePoint now) const noexcept { return next_ <= now; }
  [[nodiscard]] TimePoint next() const noexcept { return next_; }
  [[nodiscard]] int times() const noexcept { return times_; }
  void asked(TimePoint now) noexcept;
  void begin_at(TimePoint t) noexcept { next_ = t; }

private:
  TimePoint next_{};
  int times_ = 0;
};

class BrowserMachine {
public:
  static constexpr size_t max_services = 1024;

  /// @param type  "_esphomelib._tcp"
  BrowserMachine(const std::string& type, TimePoint now);

  void on_packet(const Packet& packet, TimePoint now);
  /// Questions that are due now; nothing where none is. Called at `next` at the latest.
  [[nodiscard]] std::optional<Packet> on_time(TimePoint now);
  [[nodiscard]] TimePoint next() const;
  [[nodiscard]] std::vector<BrowseEvent> take_events() { return std::exchange(events_, {}); }

private:
  struct Instance {
    Service service{};  // as it was told; without a host before that
    bool told = false;
    Asking details{};        // location, text and addresses, where some are missing
    TimePoint last_heard{};  // its announcement was passed on
  };
  [[nodiscard]] bool is_wanted(const Record& record) const;
  [[nodiscard]] std::optional<Service> assemble(const std::string& full_name) const;
  void look(TimePoint now);
  void tell_announced(const Packet& packet, TimePoint now);
  void ask_for_details(const std::string& full_name, Packet& query) const;

  std::string name_;  // "_esphomelib._tcp.local"
  RecordCache cache_;
  Asking services_;
  TimePoint last_query_;
  std::map<std::string, Instance> instances_;  // by their folded full names
  std::map<std::string, std::string> names_;   // as they are written
  std::vector<BrowseEvent> events_;
};

/// The addresses of one host.
class HostMachine {
public:
  /// @param host  "kitchen.local"
  HostMachine(std::string host, TimePoint now);
  void on_packet(const Packet& packet, TimePoint now);
  [[nodiscard]] std::optional<Packet> on_time(TimePoint now);
  [[nodiscard]] TimePoint next() const;
  /// IPv4 first; nothing while there may be more. One kind alone is waited with for a quarter of a second.
  [[nodiscard]] std::optional<std::vector<std::string>> addresses(TimePoint now) const;

private:
  std::string host_;
  RecordCache cache_;
  Asking asking_;
  std::optional<TimePoint> first_heard_;
};

/// The addresses that the cache has of a host, IPv4 first.
[[nodiscard]] std::vector<std::string> addresses_in(const RecordCache& cache, std::string_view host);
[[nodiscard]] Attributes attributes_of(const Text& text);

}  // namespace moor::mdns
