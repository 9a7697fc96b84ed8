#pragma once
// Announces one service and its host (RFC 6762, 8 to 10), without I/O: packets and times go in, packets that are to be sent come out. A name that somebody else has gets a
// number behind it.

#include "mdns/mdns.hpp"
#include "mdns/packet.hpp"
#include "moor/time.hpp"

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>

namespace moor::mdns {

/// What a packet came with: who asked, and over which interface.
struct Asker {
  unsigned interface = 0;  ///< index; 0 where it is not known
  bool legacy = false;     ///< not from port 5353: knows only unicast DNS (6.7)
};

class ResponderMachine {
public:
  enum class Part : uint8_t { types, pointer, location, text, addresses };

  /// A packet that is to be sent.
  struct Sending {
    Packet packet;                ///< without addresses: those are the interface's
    std::set<Part> parts{};       ///< whose records go into its answers, or authorities of a probe
    std::set<Part> additional{};  ///< and those that help whoever asked
    bool to_asker = false;        ///< unicast
    bool legacy = false;
    bool goodbye = false;                 ///< none of it is true any more
    std::optional<unsigned> interface{};  ///< over which; all where there is none
  };

  /// @param type     "_esphomelib._tcp"
  /// @param service  with its host; addresses where they are not those of this machine.
  ResponderMachine(const std::string& type, Service service, uint64_t seed, TimePoint now);

  /// @param is_ours  whether an address is one of this machine: such a record is no conflict.
  void on_packet(const Packet& packet, const Asker& asker, TimePoint now, const std::function<bool(const Record&)>& is_ours);
  /// What is to be sent now, in order. Called at `next` at the latest.
  [[nodiscard]] std::vector<Sending> on_time(TimePoint now);
  [[nodiscard]] TimePoint next() const;
  /// Nothing more of this is true: to be sent before it ends.
  [[nodiscard]] Sending goodbye() const;
  /// Whether the name is ours; then `instance` is final until a conflict.
  [[nodiscard]] bool is_claimed() const noexcept { return state_ == State::announcing || state_ == State::idle; }
  [[nodiscard]] const std::string& instance() const noexcept { return service_.instance; }

  /// The records of a part, as they go out over an interface with these addresses. @param ttl_zero  for a goodbye
  [[nodiscard]] std::vector<Record> records(Part part, const std::vector<std::string>& addresses, bool ttl_zero = false) const;
  /// The bytes of a sending. @param addresses  of the interface
  [[nodiscard]] std::vector<uint8_t> write(const Sending& sending, const std::vector<std::string>& addresses) const;

private:
  enum class State : uint8_t { probing, announcing, idle };
  struct Answer {
    TimePoint due;
    std::set<Part> parts;
    std::set<Part> additional;
    std::optional<unsigned> interface;
    Duration pause;  // at least, since it was last said
  };

  [[nodiscard]] std::string full_name() const;
  void begin_probing(TimePoint t);
  void rename(TimePoint now);
  void look_for_conflicts(const Packet& packet, TimePoint now, const std::function<bool(const Record&)>& is_ours);
  void settle_tie(const Packet& probe, TimePoint now, const std::function<bool(const Record&)>& is_ours);
  [[nodiscard]] bool conflicts(const Record& record, const std::function<bool(const Record&)>& is_ours) const;
  void answer(const Packet& query, const Asker& asker, TimePoint now);
  [[nodiscard]] std::set<Part> asked_for(const Question& question) const;
  [[nodiscard]] bool is_known(Part part, const Packet& query) const;
  [[nodiscard]] Sending probe() const;
  [[nodiscard]] Duration random(Duration from, Duration to);

  std::string type_;  // "_esphomelib._tcp.local"
  Service service_;
  std::string base_instance_;
  std::string base_host_;
  int number_ = 1;
  int conflicts_ = 0;
  std::mt19937_64 random_;
  State state_ = State::probing;
  int sent_ = 0;  // probes or announcements
  TimePoint next_step_;
  std::map<std::pair<Part, unsigned>, TimePoint> last_sent_;
  std::vector<Answer> answers_;
  std::vector<Sending> unicast_;
};

}  // namespace moor::mdns
