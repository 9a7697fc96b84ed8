#pragma once
// One device that a proxy's client asked to connect to: the attempt, the link, the requests to it and their answers. Requests to one handle are done in their
// order, all others side by side as far as the link does. Every request is answered once, except for services that cannot be told whole.

#include "core/turns.hpp"
#include "proxy/links.hpp"

#include <deque>
#include <map>

namespace moor::proxy {

/// A request to a link.
struct GattRequest {
  enum class Kind : uint8_t {
    services,
    read,
    write,
    read_descriptor,
    write_descriptor,
    notify,
    pair,
    unpair,
    clear_cache,
    parameters,
  };
  Kind kind{};
  uint64_t address = 0;  ///< of the device, for the answers
  uint32_t handle = 0;
  bool flag = false;                  ///< write: with response; notify: enable
  std::vector<uint8_t> value{};       ///< of writes
  ConnectionParameters parameters{};  ///< of parameters
};

/// The message that says that a request has failed: 82, 85, 86, 88 or 146.
void send_refusal(Answers& client, const GattRequest& request, int32_t code);
/// The message that says how a request of one of the device's own kind (85, 86, 88 or 146) went well.
void send_done(Answers& client, const GattRequest& request);
/// Message 69.
void send_connection(Answers& client, uint64_t address, bool connected, uint32_t mtu, int32_t code);

class DeviceConnection : public std::enable_shared_from_this<DeviceConnection> {
public:
  /// Requests under way and waiting; one more is answered "busy".
  static constexpr size_t max_requests = 64;
  static constexpr size_t max_value = 512;                               ///< bytes (Core 5.4, Vol 3, Part F, 3.2.9)
  static constexpr Duration request_limit = std::chrono::seconds(30);    ///< as long as clients wait
  static constexpr Duration connect_limit = std::chrono::seconds(20);    ///< of the link
  static constexpr Duration establish_limit = std::chrono::seconds(30);  ///< of the link and, without cache, its services

  /// Who keeps the book. Called on the executor.
  class Owner {
  public:
    virtual ~Owner() = default;
    virtual void on_up(DeviceConnection& connection) = 0;
    virtual void on_closing(DeviceConnection& connection) = 0;
    /// The link is gone, or never came. @param code  of message 69
    virtual void on_closed(DeviceConnection& connection, int32_t code) = 0;
  };

  struct Order {
    Address device;
    bool from_cache = false;
    uint64_t ticket = 0;
    std::string label{};
  };
  DeviceConnection(Clock& clock, boost::asio::any_io_executor executor, Radio& radio, Order order, std::weak_ptr<Owner> owner,
                   std::shared_ptr<Answers> client);
  DeviceConnection(const DeviceConnection&) = delete;
  DeviceConnection& operator=(const DeviceConnection&) = delete;
  ~DeviceConnection() = default;

  /// Connects, and stays until the link is gone. It keeps itself alive for so long.
  void start();
  /// Ends it, in whatever state it is.
  void close();
  /// Lets the link go at once, without waiting for its end.
  void drop();
  /// Nothing is sent any more. @param tell  what waits for an answer is refused before
  void leave_client(bool tell);
  void request(GattRequest request);
  /// Of the link that is up; both may end it. @throws as Link
  [[nodiscard]] static awaitable<void> unpair(std::shared_ptr<DeviceConnection> self, TimePoint deadline);
  [[nodiscard]] static awaitable<void> clear_cache(std::shared_ptr<DeviceConnection> self, TimePoint deadline);

  [[nodiscard]] const Address& device() const noexcept { return order_.device; }
  [[nodiscard]] uint64_t ticket() const noexcept { return order_.ticket; }
  [[nodiscard]] bool is_up() const noexcept { return up_ && !stopping_; }
  [[nodiscard]] uint16_t mtu() const noexcept { return link_ == nullptr ? uint16_t{0} : link_->mtu(); }
  [[nodiscard]] const std::shared_ptr<Answers>& client() const noexcept { return client_; }  ///< null once it was left

private:
  using Self = std::shared_ptr<DeviceConnection>;
  struct Pending {
    GattRequest request;
    TimePoint deadline{};
    [[nodiscard]] uint16_t handle() const noexcept { return static_cast<uint16_t>(request.handle); }
  };
  using PendingPtr = std::shared_ptr<Pending>;
  struct Lane {  // those to one handle
    Turns turns;
    int users = 0;
  };
  class LaneUse;

  [[nodiscard]] static awaitable<void> run(Self self);
  [[nodiscard]] static awaitable<void> live(Self self, Event& stop, int32_t& code);
  [[nodiscard]] static awaitable<void> establish(Self self);
  [[nodiscard]] static awaitable<void> until_given_up(Self self, Event& stop, TimePoint deadline);
  [[nodiscard]] static awaitable<void> until_closed(Self self);
  [[nodiscard]] static awaitable<void> disconnect(Self self);
  void begin_closing();
  void on_services_changed();

  [[nodiscard]] static awaitable<void> serve(Self self, PendingPtr pending);
  [[nodiscard]] static awaitable<void> perform(Self self, PendingPtr pending);
  [[nodiscard]] static awaitable<void> dispatch(Self self, PendingPtr pending);
  [[nodiscard]] static awaitable<void> tell_services(Self self, PendingPtr pending);
  [[nodiscard]] static awaitable<void> read(Self self, PendingPtr pending);
  [[nodiscard]] static awaitable<void> write(Self self, PendingPtr pending);
  [[nodiscard]] static awaitable<void> write_descriptor(Self self, PendingPtr pending);
  [[nodiscard]] static awaitable<void> notify(Self self, PendingPtr pending);
  [[nodiscard]] static awaitable<void> pair(Self self, PendingPtr pending);
  [[nodiscard]] static awaitable<void> set_parameters(Self self, PendingPtr pending);
  [[nodiscard]] static awaitable<void> know_services(Self self, TimePoint deadline);
  [[nodiscard]] Link::ValueCallback values_of(uint16_t handle);
  [[nodiscard]] uint32_t lane_of(const GattRequest& request) const;
  [[nodiscard]] Link& link() const;

  /// The client, where it still waits for this answer, which is then the only one; else null.
  [[nodiscard]] std::shared_ptr<Answers> take(const PendingPtr& pending);
  void done(const PendingPtr& pending);

  Clock& clock_;
  boost::asio::any_io_executor executor_;
  Radio& radio_;
  Order order_;
  std::weak_ptr<Owner> owner_;
  std::shared_ptr<Answers> client_;
  bool muted_ = false;
  std::unique_ptr<Link> link_;
  std::optional<GattServices> services_;  // once somebody needed them
  Turns discovering_;
  std::map<uint32_t, Lane> lanes_;
  std::deque<PendingPtr> pending_;  // in the order of asking
  Event* stop_ = nullptr;           // of `run`
  bool stopping_ = false;
  bool closing_ = false;  // the owner knows
  bool up_ = false;
};

}  // namespace moor::proxy
