#pragma once
// What the server and the coroutines of its clients share.

#include "core/alarm.hpp"
#include "proxy/advertisement_batcher.hpp"
#include "proxy/client.hpp"
#include "proxy/scanner_machine.hpp"

namespace moor::proxy {

struct Server::State final : SightingSink, std::enable_shared_from_this<Server::State> {
  State(Clock& clock, boost::asio::any_io_executor executor, Radio& radio, Options options);

  // Clients: clients.cpp.
  static awaitable<void> serve(std::shared_ptr<State> self, Socket socket, std::string peer);
  [[nodiscard]] bool has_room_for_one();
  awaitable<void> converse(Client& client);
  awaitable<void> converse_until(Client& client, Event& ended);
  awaitable<void> take_leave(Client& client, Event& ended);
  void receive(Client& client, std::span<uint8_t> input);
  void perform(Client& client, const ClientMachine::Actions& actions, const esphome::Message& message);
  void subscribe(Client& client);
  void unsubscribe(Client& client);
  void set_mode(const Client& client, esphome::ScannerMode mode);
  void refuse_request(Client& client, const esphome::Message& message);
  void on_gone(Client& client);
  void close_all_clients();

  // The scanner: server.cpp.
  static awaitable<void> run(std::shared_ptr<State> self);
  awaitable<void> open_radio();
  awaitable<void> scan_when_wanted();
  awaitable<void> scan(bool active);
  awaitable<void> watch_scan();
  void on_sightings(std::span<const Sighting> batch) override;
  void send_batch();
  void flush();
  void on_batch_due();
  void on_failed(const Error& error, bool for_good);
  void tell_scanner();

  [[nodiscard]] bool can_connect() const { return options.active_connections && radio.info().can_connect; }
  [[nodiscard]] ServerFacts facts() const;
  [[nodiscard]] Status status() const;

  Clock& clock;
  boost::asio::any_io_executor executor;
  Radio& radio;
  Options options;
  Links links;

  std::vector<std::shared_ptr<Client>> clients;  // in the order of their coming
  std::shared_ptr<Client> subscriber;
  uint64_t refused = 0;
  std::vector<uint8_t> received;  // shared: whatever one client sends is looked at before the next one's

  ScannerMachine scanner;
  esphome::ScannerState told;
  std::string problem;  // of the radio, while it fails
  AdvertisementBatcher batcher;
  // While `run` runs.
  Event* changed = nullptr;  // somebody came, went, or wants another mode
  Alarm* batch_alarm = nullptr;
};

}  // namespace moor::proxy
