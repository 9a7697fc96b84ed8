#pragma once
// All that a proxy's radio holds: its session, for as long as somebody uses it, its scans and its connections. Operations that are under way hold it, so that the
// radio may be destroyed meanwhile.

#include "core/alarm.hpp"
#include "core/bell.hpp"
#include "radio/esphome/connections.hpp"
#include "radio/esphome/scanning_machine.hpp"
#include "radio/esphome/sightings.hpp"
#include "radio/esphome/silence.hpp"

#include <boost/asio/cancellation_signal.hpp>

namespace moor::esphome_radio {

class ProxyState final : public Port, private SightingSink, public std::enable_shared_from_this<ProxyState> {
public:
  /// A session that nobody uses is let go after this, so that a program which looks again soon finds it. One with a permanent problem stays longer than the
  /// ten minutes after which it tries again: begun anew it would try at once.
  static constexpr Duration idle_time = std::chrono::seconds(30);
  static constexpr Duration idle_time_of_permanent = std::chrono::minutes(11);

  ProxyState(Clock& clock, RadioInfo info, std::unique_ptr<Connector> connector, SessionOptions options);
  ProxyState(const ProxyState&) = delete;
  ProxyState& operator=(const ProxyState&) = delete;
  ~ProxyState() override = default;

  /// Ends the session without a word; nothing happens any more.
  void shut_down();

  // Operations of the radio.
  [[nodiscard]] awaitable<void> open(TimePoint deadline);
  [[nodiscard]] awaitable<void> scan(ScanOptions options, SightingSink& sink);
  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options);
  [[nodiscard]] awaitable<void> close_connection(Address device, TimePoint deadline);
  [[nodiscard]] awaitable<bool> forget(Address device, bool bond_too, TimePoint deadline);
  [[nodiscard]] awaitable<bool> clear_services(Address device, TimePoint deadline);
  [[nodiscard]] awaitable<void> recover(bool hard, TimePoint deadline);
  [[nodiscard]] awaitable<void> device_changed();
  [[nodiscard]] RadioHealth health() const;
  /// As the proxy said when it was last logged in to; before that, none.
  [[nodiscard]] LinkAbilities abilities() const;
  [[nodiscard]] Slots slots() const { return connections_ ? connections_->slots() : Slots(); }
  [[nodiscard]] bool is_connected(const Address& device) const { return connections_ && connections_->is_connected(device); }
  [[nodiscard]] bool has_services(const Address& device) const { return connections_ && connections_->has_services(device); }
  [[nodiscard]] const ScanStatistics& statistics() const noexcept { return statistics_; }

  // For the connections.
  bool send(esphome::MessageType type, Bytes payload) override { return session_ && session_->send(type, payload); }
  [[nodiscard]] const ProxyFacts* facts() const override;
  [[nodiscard]] Clock& clock() override { return clock_; }
  [[nodiscard]] const RadioInfo& info() const override { return info_; }
  void on_changed(const Address& device) override;

private:
  struct Scan {
    esphome::ScannerMode mode;
    SightingSink* sink;
    std::exception_ptr thrown{};  // by the sink; ends the scan, not the session
  };
  // While one lives there is a session, or one is tried for. What it is for is wanted of the proxy.
  class Use {
  public:
    explicit Use(ProxyState& state, Scan* scan = nullptr, bool link = false);
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use();

  private:
    ProxyState& state_;
    Scan* scan_;
    bool link_;
  };

  void begin(const boost::asio::any_io_executor& executor);
  void start();
  void on_ended();
  void on_ready(const ProxyFacts& facts);
  void on_lost(const std::string& why);
  void on_message(const esphome::Message& message);
  void on_sightings(std::span<const Sighting> batch) override;
  void on_time();

  void pump();
  void watch_silence();
  void look_for_links();
  void let_go_if_unused();
  [[nodiscard]] bool is_ready() const noexcept { return session_ && session_->is_ready(); }
  [[nodiscard]] bool is_used() const noexcept { return uses_ > 0 || linked_; }
  [[nodiscard]] bool has_permanent_problem() const noexcept;
  [[nodiscard]] Duration patience() const noexcept;

  [[nodiscard]] awaitable<void> wait_login(uint64_t after, TimePoint deadline);
  [[nodiscard]] awaitable<void> wait_ready(TimePoint deadline);
  [[nodiscard]] awaitable<void> wait_subscribed(TimePoint deadline);
  [[nodiscard]] std::string proxy_name() const;
  [[nodiscard]] std::string no_session_yet() const;
  [[nodiscard]] std::string problem() const;
  [[nodiscard]] RadioNotAvailable unavailable() const;
  [[nodiscard]] RadioNotAvailable held() const;

  Clock& clock_;
  RadioInfo info_;
  std::unique_ptr<Connector> connector_;  // until the session has it
  SessionOptions options_;
  std::optional<boost::asio::any_io_executor> executor_{};  // since the first use
  std::unique_ptr<Session> session_{};
  std::unique_ptr<Connections> connections_{};
  std::unique_ptr<Alarm> alarm_{};
  std::shared_ptr<boost::asio::cancellation_signal> stop_{};  // while the session runs
  bool stopping_ = false;
  bool shut_down_ = false;
  uint64_t logins_ = 0;
  int uses_ = 0;
  int link_uses_ = 0;
  bool linked_ = false;  // there is a link
  std::optional<TimePoint> unused_since_{};

  Bell state_changed_{};   // of the session, the subscription, the slots
  Bell device_changed_{};  // links
  std::vector<Scan*> scans_{};
  ScanningMachine machine_{};
  Silence silence_{};
  bool should_hear_ = false;
  ScanStatistics statistics_{};
  Sightings sightings_;
  std::optional<TimePoint> last_heard_{};
};

/// What is known of a proxy, for people: who it is, and what it cannot do and why.
[[nodiscard]] std::string describe(const ProxyFacts& facts);
[[nodiscard]] std::string limits_of(const ProxyFacts& facts);
[[nodiscard]] bool can_connect(uint32_t features) noexcept;
[[nodiscard]] LinkAbilities link_abilities(uint32_t features) noexcept;
[[nodiscard]] std::string held_by_another(const std::string& proxy);
inline constexpr std::string_view advice_of_held =
    "Close the other one (Home Assistant, another moor), or give each a proxy of its own: a proxy serves one program at a time.";

}  // namespace moor::esphome_radio
