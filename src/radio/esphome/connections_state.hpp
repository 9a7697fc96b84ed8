#pragma once
// What the connections through one proxy share: the ledger, a machine for each device that has or wants a link, and who waits for them. What is under way
// holds it; once the connections are gone it has no port any more.

#include "core/alarm.hpp"
#include "core/bell.hpp"
#include "radio/esphome/connecting_machine.hpp"
#include "radio/esphome/connections.hpp"
#include "radio/esphome/link_state.hpp"

#include <deque>

namespace moor::esphome_radio {

using LinkPtr = std::shared_ptr<LinkState>;

/// Somebody who waits for a link.
struct ConnectAttempt {
  explicit ConnectAttempt(const boost::asio::any_io_executor& executor) : changed(executor) {}
  Event changed;
  std::optional<ConnectCause> failure{};
  LinkPtr link{};
};

struct DeviceRecord {
  explicit DeviceRecord(const Address& of) : device(of) {}
  Address device;
  ConnectingMachine machine{};
  ConnectAttempt* attempt = nullptr;
  std::string label{};
  bool use_cache = false;  ///< the attempt may use what is remembered
  bool from_cache = false;
  LinkPtr link{};  ///< until it is closed
  Bell changed{};
};
using DeviceRecordPtr = std::shared_ptr<DeviceRecord>;

/// What was asked of the proxy about a device as a whole: to forget it, or its services.
struct DeviceQuestion {
  DeviceQuestion(std::vector<DeviceQuestion*>& of, uint64_t to, std::vector<esphome::MessageType> by,
                 const boost::asio::any_io_executor& executor);
  DeviceQuestion(const DeviceQuestion&) = delete;
  DeviceQuestion& operator=(const DeviceQuestion&) = delete;
  ~DeviceQuestion();
  /// @returns whether it is the answer.
  bool take(uint64_t from, const esphome::Message& message);

  std::vector<DeviceQuestion*>& all;
  uint64_t device;
  std::vector<esphome::MessageType> answers;
  Event answered;
  bool success = false;
};

/// Makes a link, and gives back whatever was begun where that fails or is cancelled.
[[nodiscard]] awaitable<std::unique_ptr<Link>> make_connection(std::shared_ptr<Connections::State> self, Address device,
                                                               LinkOptions options);
/// Until the proxy has given back the slot of the device, at most to the moment. Cancellation: total.
[[nodiscard]] awaitable<void> wait_drained(Clock& clock, DeviceRecordPtr record, TimePoint until);
[[nodiscard]] awaitable<void> end_connection(std::shared_ptr<Connections::State> self, Address device, TimePoint deadline);
[[nodiscard]] awaitable<bool> forget_device(std::shared_ptr<Connections::State> self, Address device, bool bond_too,
                                            TimePoint deadline);
[[nodiscard]] awaitable<bool> forget_services(std::shared_ptr<Connections::State> self, Address device, TimePoint deadline);

struct Connections::State : LinkOwner {
  State(Port& port, boost::asio::any_io_executor executor);

  /// Nothing is sent, and nothing rings, any more.
  void shut();
  void release(const Address& device) override;

  [[nodiscard]] TimePoint now() const { return clock.now(); }
  /// Made where there is none.
  [[nodiscard]] DeviceRecordPtr record_of(const Address& device);
  [[nodiscard]] DeviceRecord* find(uint64_t bits) const;
  [[nodiscard]] const ProxyFacts* facts() const { return port == nullptr ? nullptr : port->facts(); }
  [[nodiscard]] bool has(esphome::Feature feature) const;

  void want(const DeviceRecordPtr& record, TimePoint deadline);
  void cancel(DeviceRecord& record);
  void disconnect(DeviceRecord& record);

  void on_connections_free(const esphome::ConnectionsFree& fact);
  void on_connection(const esphome::DeviceConnection& message);
  void on_session_lost(const std::string& why);
  bool on_device_message(const esphome::Message& message);

  bool request(const Address& device, esphome::DeviceRequestType type);

  Port* port;
  Clock& clock;
  boost::asio::any_io_executor executor;
  SlotLedger ledger{};
  DeviceMemory memory{};
  Counts counts{};
  std::vector<DeviceQuestion*> questions{};

private:
  [[nodiscard]] ConnectingMachine::Book book(const DeviceRecord& record) const;
  void apply(DeviceRecord& record, ConnectingMachine::Step step);
  void send(DeviceRecord& record, ConnectingMachine::Send what);
  void connected(DeviceRecord& record);
  void close(DeviceRecord& record, CloseReason reason, const std::string& text);
  void fail(DeviceRecord& record, ConnectCause cause);
  // Gives free slots to those that wait, in their order.
  void serve();
  void on_time();
  void rest();
  void changed(const Address& device);

  std::map<uint64_t, DeviceRecordPtr> records_{};
  std::deque<DeviceRecordPtr> waiting_{};
  uint32_t mtu_ = 0;  // of the message that is being handled
  Alarm alarm_;
};

}  // namespace moor::esphome_radio
