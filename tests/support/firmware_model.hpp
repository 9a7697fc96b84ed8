#pragma once
// The connections of an ESPHome proxy's firmware as a model, with its own truth of slots: it takes requests, answers late, wrongly or not at all, by a seed. It is a
// Port itself: no sockets, no streams; messages take their time both ways and keep their order. One request costs well under a microsecond.

#include "core/alarm.hpp"
#include "radio/esphome/connections.hpp"

#include <algorithm>
#include <array>

namespace moor::esphome_radio {

struct FirmwareFaults {
  double ignored = 0;        ///< requests that are not taken at all
  double refused = 0;        ///< connects that fail, with a reason
  double slow = 0;           ///< connects that take 15 to 40 s
  double never = 0;          ///< connects that are not answered
  double dropped = 0;        ///< links that the device ends
  double vanished = 0;       ///< of those, the ones without message 69
  double stuck = 0;          ///< disconnects that take 10 s, as firmware frees them then
  double lying = 0;          ///< facts whose addresses are not as many as slots are taken
  double session_lost = 0;   ///< for each request
  double second_answer = 0;  ///< messages 69 that come twice
  double nobody = 0;         ///< messages 69 about address 0, before another one
  double old_unpairing = 0;  ///< UNPAIR that is answered with 85

  [[nodiscard]] static FirmwareFaults all() {
    return {.ignored = 0.01,
            .refused = 0.15,
            .slow = 0.03,
            .never = 0.02,
            .dropped = 0.1,
            .vanished = 0.1,
            .stuck = 0.02,
            .lying = 0.02,
            .session_lost = 0.0005,
            .second_answer = 0.02,
            .nobody = 0.01,
            .old_unpairing = 0.3};
  }
};

class FirmwareModel final : public Port {
public:
  static constexpr size_t max_slots = 9;  // of an ESP32 with IDF

  FirmwareModel(Clock& clock, const boost::asio::any_io_executor& executor, uint64_t seed, size_t slots, FirmwareFaults faults)
      : clock_(clock), random_(seed), limit_(slots), faults_(faults), alarm_(clock, executor, [this] { on_time(); }) {
    facts_.name = "model";
    facts_.features = 0xFF;
    info_.name = "esphome://model";
    info_.kind = "esphome";
    push();
  }

  void attach(Connections& connections) { connections_ = &connections; }
  /// From here on nothing goes wrong; what has gone wrong before is not undone.
  void heal() { faults_ = {}; }
  /// Tells its slots.
  void push() { tell({.type = esphome::MessageType::connections_free}); }

  /// Who has a slot, sorted.
  [[nodiscard]] std::vector<uint64_t> taken() const {
    std::vector<uint64_t> all;
    for (size_t i = 0; i < limit_; ++i)
      if (slots_[i].state != SlotState::free) all.push_back(slots_[i].device);
    std::ranges::sort(all);
    return all;
  }
  [[nodiscard]] size_t limit() const { return limit_; }
  [[nodiscard]] uint64_t violations() const { return violations_; }  ///< requests that firmware of today refuses
  [[nodiscard]] uint64_t sessions_lost() const { return sessions_lost_; }
  [[nodiscard]] bool is_up() const { return up_; }

  bool send(esphome::MessageType type, Bytes payload) override {
    if (!up_) return false;
    if (type != esphome::MessageType::device_request) {
      if (type == esphome::MessageType::subscribe_connections_free) push();
      return true;
    }
    const auto decoded = esphome::decode<esphome::DeviceRequest>(payload);
    if (decoded.error || !decoded.message.has_address_type) ++violations_;
    to_proxy_ = std::max(to_proxy_, clock_.now() + between(2, 40));
    add({.at = to_proxy_, .kind = Kind::request, .device = decoded.message.address, .request = decoded.message.request_type});
    if (chance(faults_.session_lost)) add({.at = clock_.now() + between(1, 2'000), .kind = Kind::session_lost});
    return true;
  }
  [[nodiscard]] const ProxyFacts* facts() const override { return up_ ? &facts_ : nullptr; }
  [[nodiscard]] Clock& clock() override { return clock_; }
  [[nodiscard]] const RadioInfo& info() const override { return info_; }
  void on_changed(const Address&) override {}

private:
  enum class SlotState : uint8_t { free, connecting, connected, disconnecting, closing };
  struct Slot {
    uint64_t device = 0;
    SlotState state = SlotState::free;
    bool unwanted = false;  // a disconnect came while it was connecting
    uint32_t step = 0;      // what was planned for an earlier one is void
  };
  enum class Kind : uint8_t { request, slot, told, session_lost, session_back };
  struct Told {
    esphome::MessageType type{};
    uint64_t device = 0;
    bool yes = false;
    int32_t error = 0;
    uint8_t free = 0;
    uint8_t count = 0;
    std::array<uint64_t, max_slots> allocated{};
  };
  struct Planned {
    TimePoint at{};
    uint64_t number = 0;  // equal moments in their order
    uint32_t session = 0;
    Kind kind{};
    uint64_t device = 0;
    esphome::DeviceRequestType request{};
    uint8_t slot = 0;
    uint32_t step = 0;
    int32_t error = 0;
    Told told{};
    [[nodiscard]] bool operator<(const Planned& other) const {
      return at != other.at ? at > other.at : number > other.number;  // the earliest is on top of the heap
    }
  };
  static constexpr std::array<int32_t, 6> reasons = {0x3E, 0x08, 0x13, 0x85, 0x100, 0x16};

  uint64_t next_random() {  // splitmix64
    uint64_t x = random_ += 0x9E3779B97F4A7C15U;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9U;
    x = (x ^ x >> 27) * 0x94D049BB133111EBU;
    return x ^ x >> 31;
  }
  bool chance(double probability) { return probability > 0 && static_cast<double>(next_random() >> 11) * 0x1p-53 < probability; }
  Duration between(uint64_t least_ms, uint64_t most_ms) {
    return std::chrono::milliseconds(least_ms + next_random() % (most_ms - least_ms + 1));
  }

  void add(Planned planned) {
    planned.number = ++planned_;
    planned.session = session_;
    queue_.push_back(planned);
    std::push_heap(queue_.begin(), queue_.end());
    alarm_.set(queue_.front().at);
  }
  void plan(size_t slot, Duration after, int32_t error = 0) {
    add({.at = clock_.now() + after,
         .kind = Kind::slot,
         .slot = static_cast<uint8_t>(slot),
         .step = ++slots_[slot].step,
         .error = error});
  }

  void tell(Told told) {
    if (told.type == esphome::MessageType::connections_free) {
      for (size_t i = 0; i < limit_; ++i)
        if (slots_[i].state != SlotState::free) told.allocated[told.count++] = slots_[i].device;
      told.free = static_cast<uint8_t>(limit_ - told.count);
      if (told.count > 0 && chance(faults_.lying)) --told.count;
    }
    to_client_ = std::max(to_client_, clock_.now() + between(2, 40));
    add({.at = to_client_, .kind = Kind::told, .told = told});
  }
  void tell_connection(uint64_t device, bool connected, int32_t error) {
    if (chance(faults_.nobody)) tell({.type = esphome::MessageType::device_connection});
    const Told told{.type = esphome::MessageType::device_connection, .device = device, .yes = connected, .error = error};
    tell(told);
    if (chance(faults_.second_answer)) tell(told);
  }

  void on_time() {
    while (!queue_.empty() && queue_.front().at <= clock_.now()) {
      std::pop_heap(queue_.begin(), queue_.end());
      const Planned planned = queue_.back();
      queue_.pop_back();
      // What belongs to a session that is gone, is gone with it.
      if (planned.kind != Kind::session_back && planned.session != session_) continue;
      switch (planned.kind) {
        case Kind::request: on_request(planned); break;
        case Kind::slot: on_slot(planned); break;
        case Kind::told: deliver(planned.told); break;
        case Kind::session_lost: lose_session(); break;
        case Kind::session_back:
          up_ = true;
          push();
          break;
      }
    }
    if (!queue_.empty()) alarm_.set(queue_.front().at);
  }

  // The proxy drops all links of a client that is gone.
  void lose_session() {
    up_ = false;
    ++session_;
    ++sessions_lost_;
    for (Slot& each : slots_) each = {.step = each.step + 1};
    connections_->on_session_lost("the proxy has closed the session");
    add({.at = clock_.now() + between(500, 5'000), .kind = Kind::session_back});
  }

  [[nodiscard]] size_t find(uint64_t device) const {
    size_t i = 0;
    while (i < limit_ && (slots_[i].state == SlotState::free || slots_[i].device != device)) ++i;
    return i;
  }

  void on_request(const Planned& asked) {
    using Type = esphome::DeviceRequestType;
    if (chance(faults_.ignored)) return;
    switch (asked.request) {
      case Type::connect_with_cache:
      case Type::connect_without_cache: return on_connect(asked.device);
      case Type::disconnect: return on_disconnect(asked.device);
      case Type::connect_v1: return tell_connection(asked.device, false, 0);
      case Type::pair: return tell({.type = esphome::MessageType::pairing, .device = asked.device, .yes = true});
      case Type::unpair: {
        const bool old = chance(faults_.old_unpairing);
        return tell(
            {.type = old ? esphome::MessageType::pairing : esphome::MessageType::unpairing, .device = asked.device, .yes = !old});
      }
      case Type::clear_cache: return tell({.type = esphome::MessageType::clear_cache, .device = asked.device, .yes = true});
    }
  }

  void on_connect(uint64_t device) {
    const size_t found = find(device);
    if (found < limit_) {
      Slot& slot = slots_[found];
      if (slot.state == SlotState::connected) {
        tell_connection(device, true, 0);
        push();
      } else if (slot.state == SlotState::connecting && slot.unwanted) {
        slot.unwanted = false;  // as firmware takes the disconnect back
        plan(found, between(50, 3'000));
      }
      return;
    }
    size_t free = 0;
    while (free < limit_ && slots_[free].state != SlotState::free) ++free;
    if (free == limit_) return tell_connection(device, false, 0);
    slots_[free] = {.device = device, .state = SlotState::connecting, .step = slots_[free].step};
    push();
    if (chance(faults_.never)) return;
    if (chance(faults_.refused)) return plan(free, between(100, 5'000), reasons[next_random() % reasons.size()]);
    plan(free, chance(faults_.slow) ? between(15'000, 40'000) : between(50, 3'000));
  }

  void on_disconnect(uint64_t device) {
    const size_t found = find(device);
    if (found == limit_) {
      tell_connection(device, false, 0);
      return push();
    }
    Slot& slot = slots_[found];
    if (slot.state == SlotState::connecting) {
      slot.unwanted = true;
      plan(found, between(10, 500));
    } else if (slot.state == SlotState::connected) {
      slot.state = SlotState::disconnecting;
      plan(found, chance(faults_.stuck) ? std::chrono::seconds(10) : between(5, 300), 0x16);
    }
  }

  void on_slot(const Planned& planned) {
    Slot& slot = slots_[planned.slot];
    if (planned.step != slot.step) return;
    if (slot.state == SlotState::closing) {
      slot.state = SlotState::free;
      return push();
    }
    if (slot.state == SlotState::connecting && planned.error == 0 && !slot.unwanted) {
      slot.state = SlotState::connected;
      tell_connection(slot.device, true, 0);
      if (chance(faults_.dropped)) plan(planned.slot, between(100, 10'000), 0x13);
      return;
    }
    const bool in_silence = slot.state == SlotState::connected && chance(faults_.vanished);
    if (!in_silence) tell_connection(slot.device, false, planned.error == 0 ? 0x16 : planned.error);
    slot.state = SlotState::closing;
    plan(planned.slot, between(0, 200));
  }

  void deliver(const Told& told) {
    using esphome::MessageType;
    scratch_.clear();
    switch (told.type) {
      case MessageType::connections_free:
        slots_told_.free = told.free;
        slots_told_.limit = static_cast<uint32_t>(limit_);
        slots_told_.allocated.assign(told.allocated.begin(), told.allocated.begin() + told.count);
        esphome::encode(slots_told_, scratch_);
        break;
      case MessageType::device_connection:
        esphome::encode(
            esphome::DeviceConnection{
                .address = told.device, .connected = told.yes, .mtu = told.yes ? 185U : 0U, .error = told.error},
            scratch_);
        break;
      case MessageType::pairing:
        esphome::encode(esphome::Pairing{.address = told.device, .paired = told.yes, .error = told.error}, scratch_);
        break;
      default:  // 86 and 88 have the same fields
        esphome::encode(esphome::Unpairing{.address = told.device, .success = told.yes, .error = told.error}, scratch_);
        break;
    }
    connections_->on_message({.type = told.type, .payload = scratch_});
  }

  Clock& clock_;
  uint64_t random_;
  size_t limit_;
  FirmwareFaults faults_;
  Connections* connections_ = nullptr;
  ProxyFacts facts_{};
  RadioInfo info_{};
  bool up_ = true;
  uint32_t session_ = 0;
  std::array<Slot, max_slots> slots_{};
  std::vector<Planned> queue_{};
  uint64_t planned_ = 0;
  TimePoint to_proxy_{};
  TimePoint to_client_{};
  uint64_t violations_ = 0;
  uint64_t sessions_lost_ = 0;
  std::vector<uint8_t> scratch_{};
  esphome::ConnectionsFree slots_told_{};
  Alarm alarm_;
};

}  // namespace moor::esphome_radio
