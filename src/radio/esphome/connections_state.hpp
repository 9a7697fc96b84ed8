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
struct Attempt {
  explicit Attempt(const boost::asio::any_io_executor& executor) : changed(executor) {}
  Event changed;
  std::optional<ConnectCause> failure{};
  LinkPtr link{};
};

struct Record {
  explicit Record(const Address& of) : device(of) {}
  Address device;
  ConnectingMachine machine{};
  Attempt* attempt = nullptr;
  std::string label{};
  bool use_cache = false;  ///< the attempt may use what is remembered
  bool from_cache = false;
  LinkPtr link{};  ///< until it is closed
  Bell changed{};
};
using RecordPtr = std::shared_ptr<Record>;

/// What was asked of the proxy about a device as a whole: to forget it, or its services.
struct Asked {
  Asked(std::vector<Asked*>& of, uint64_t to, std::vector<esphome::MessageType> by, const boost::asio::any_io_executor& executor);
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;
  ~Asked();
  /// @returns whether it is the answer.
  bool take(uint64_t from, const esphome::Message& message);

  std::vector<Asked*>& all;
  uint64_t device;
  std::vector<esphome::MessageType> answers;
  Event answered;
  bool success = false;
};

/// Makes a link, and gives back whatever was begun where that fails or is cancelled.
[[nodiscard]] awaitable<std::unique_ptr<Link>> make_connection(std::shared_ptr<Connections::State> self, Address device,
                                                               LinkOptions options);
/// Until the proxy has given back the slot of the device, at most to the moment. Cancellation: total.
[[nodiscard]] awaitable<void> wait_drained(Clock& clock, RecordPtr record, TimePoint until);
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
  [[nodiscard]] RecordPtr record_of(const Address& device);
  [[nodiscard]] Record* find(uint64_t bits) const;
  [[nodiscard]] const ProxyFacts* facts() const { return port == nullptr ? nullptr : port->facts(); }
  [[nodiscard]] bool has(esphome::Feature feature) const;

  void want(const RecordPtr& record, TimePoint deadline);
  void cancel(Record& record);
  void disconnect(Record& record);

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
  std::vector<Asked*> asked{};

private:
  [[nodiscard]] ConnectingMachine::Book book(const Record& record) const;
  void apply(Record& record, ConnectingMachine::Step step);
  void send(Record& record, ConnectingMachine::Send what);
  void connected(Record& record);
  void close(Record& record, CloseReason reason, const std::string& text);
  void fail(Record& record, ConnectCause cause);
  // Gives free slots to those that wait, in their order.
  void serve();
  void on_time();
  void rest();
  void changed(const Address& device);

  std::map<uint64_t, RecordPtr> records_{};
  std::deque<RecordPtr> waiting_{};
  uint32_t mtu_ = 0;  // of the message that is being handled
  Alarm alarm_;
};

}  // namespace moor::esphome_radio
