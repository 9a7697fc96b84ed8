#pragma once
// What there is of a link through a proxy: who waits for which answer, who gets its values, its table and MTU, whether it is closed and why. Operations that are
// under way hold it. It does not wait: messages are told to it. Of port, owner and memory it knows nothing any more once it is closed.

#include "core/bell.hpp"
#include "core/turns.hpp"
#include "radio/esphome/link_state.hpp"
#include "radio/esphome/pending.hpp"
#include "radio/esphome/services_assembly.hpp"

namespace moor::esphome_radio {

/// What a request came to: `error` as 82, 83, 85, 86, 88 or 146 give it, 0 where all is well.
struct Answer {
  int32_t error = 0;
  bool success = true;  ///< as 85, 86 and 88 say
  std::vector<uint8_t> data{};
};

class LinkCore : public std::enable_shared_from_this<LinkCore> {
public:
  LinkCore(Port& port, LinkOwner& owner, DeviceMemory& memory, boost::asio::any_io_executor executor, Address device,
           std::string name, uint16_t mtu, bool from_cache);

  [[nodiscard]] const LinkInfo& info() const noexcept { return info_; }
  [[nodiscard]] uint64_t address() const noexcept { return info_.device.bits(); }
  [[nodiscard]] Clock& clock() noexcept { return clock_; }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
  [[nodiscard]] ErrorContext error_context() const;
  [[nodiscard]] uint16_t mtu() const noexcept { return mtu_; }
  void on_mtu(uint16_t mtu);

  [[nodiscard]] const std::optional<Closed>& closed() const noexcept { return closed_; }
  /// @throws LinkClosed
  void check_open() const;
  [[noreturn]] void throw_timed_out() const;
  /// Nothing happens where it is closed.
  void close(CloseReason reason, std::string text);
  /// Asks the owner for the end of the connection, once.
  void release();
  [[nodiscard]] bool is_releasing() const noexcept { return releasing_; }
  /// Rings when it closes, and when an answer came that nobody waited for.
  [[nodiscard]] Bell& bell() noexcept { return bell_; }

  bool on_message(const esphome::Message& message);
  /// @throws LinkClosed where there is no session any more; then it closes.
  template <typename Message>
  void send(const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    send(Message::type, payload);
  }
  /// The proxy's feature bits; 0 where there is no session.
  [[nodiscard]] uint32_t features() const;

  [[nodiscard]] Pending& pending() noexcept { return pending_; }
  /// One operation of a handle at a time. Those of the device as a whole have turns of their own: kind, handle 0.
  [[nodiscard]] Turns& turns(Pending::Key key);
  /// A subscription is made or ended in several steps.
  [[nodiscard]] Turns& subscription_turns(uint16_t handle) { return subscription_turns_[handle]; }

  /// Nothing where it has to be asked for.
  [[nodiscard]] const std::optional<GattServices>& table() const noexcept { return table_; }
  void set_table(GattServices table);
  /// Here and in the memory. @returns whether there was one.
  bool forget_table();
  void on_services_changed(std::function<void()> callback) { services_changed_ = std::move(callback); }

  struct Subscription {
    Link::ValueCallback on_value;
    SubscribeKind kind{};
    uint16_t configuration = 0;  ///< handle of its descriptor
    bool active = false;         ///< the device has been told
    bool muted = false;          ///< it is being ended, perhaps by its own callback
  };
  using SubscriptionPtr = std::shared_ptr<Subscription>;
  [[nodiscard]] SubscriptionPtr find_subscription(uint16_t handle) const;
  /// Null removes it.
  void set_subscription(uint16_t handle, SubscriptionPtr subscription);

private:
  friend class Call;
  class Arrival;
  void send(esphome::MessageType type, Bytes payload);
  bool resolve(std::optional<Pending::Ticket> ticket, Answer answer);
  template <typename Message>
  bool resolve_as(Bytes payload, RequestKind kind);
  bool on_read(Bytes payload);
  bool on_written(Bytes payload);
  bool on_error(uint32_t handle, int32_t error);
  bool on_value(Bytes payload);
  bool on_services_part(Bytes payload);
  bool look_for_change(uint16_t handle);

  Port* port_;
  LinkOwner* owner_;
  DeviceMemory* memory_;
  Clock& clock_;
  boost::asio::any_io_executor executor_;
  LinkInfo info_;
  uint16_t mtu_;
  std::optional<Closed> closed_;
  bool releasing_ = false;
  Bell bell_;
  Pending pending_;
  std::map<Pending::Ticket, class Call*> calls_;
  std::map<Pending::Key, Turns> turns_;
  std::map<uint16_t, Turns> subscription_turns_;
  std::optional<GattServices> table_;
  std::function<void()> services_changed_;
  std::map<uint16_t, SubscriptionPtr> subscriptions_;
};

using CorePtr = std::shared_ptr<LinkCore>;

/// A request from the moment in which it is sent. Its end without an answer leaves the answer owed.
class Call {
public:
  Call(CorePtr link, Pending::Key key);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call();

  /// Cancellation: total. @throws LinkClosed
  [[nodiscard]] awaitable<Answer> answer();
  /// Of a request for services: what has come.
  [[nodiscard]] ServicesAssembly& assembly() noexcept { return assembly_; }

private:
  friend class LinkCore;
  CorePtr link_;
  Event ended_;
  Pending::Ticket ticket_;
  std::optional<Answer> answer_;
  ServicesAssembly assembly_;
};

}  // namespace moor::esphome_radio
