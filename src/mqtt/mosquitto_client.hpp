#pragma once
// The client over libmosquitto.

#include "mqtt/client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <optional>

namespace moor::mqtt {

struct MosquittoOptions {
  std::string host;
  int port = 0;  ///< 0: 1883, with TLS 8883
  bool v5 = true;
  std::string client_id;  ///< 1 to 23 letters and digits are taken by every broker
  std::string user{};
  std::string password{};
  bool tls = false;
  std::filesystem::path ca_file{};  ///< empty: the system's authorities
  std::filesystem::path cert_file{};
  std::filesystem::path key_file{};
  std::optional<Message> last_will{};  ///< the broker publishes it when the connection is lost; also published as a goodbye
  Duration keep_alive = std::chrono::seconds(30);  ///< 5 s to 65535 s
  Duration connect_timeout = std::chrono::seconds(30);
  Duration goodbye = std::chrono::seconds(1);      ///< for what is in flight, and the goodbye itself
  Duration first_pause = std::chrono::seconds(1);  ///< before the second attempt
  Duration longest_pause = std::chrono::minutes(1);
  size_t max_in_flight = 500;
  size_t max_received = 10'000;  ///< waiting to be looked at
  /// Throws what it wants if there is no such name. Called on the connection's thread, may block.
  std::function<void(const std::string& host, int port)> look_up = nullptr;  ///< null: the system's
};

class MosquittoClient final : public Client {
public:
  /// @throws ConfigError for files of TLS that cannot be read, UsageError for options that make no sense.
  MosquittoClient(boost::asio::any_io_executor executor, Clock& clock, MosquittoOptions options);
  MosquittoClient(const MosquittoClient&) = delete;
  MosquittoClient& operator=(const MosquittoClient&) = delete;
  ~MosquittoClient() override;

  [[nodiscard]] awaitable<void> run() override;
  using Client::publish;
  [[nodiscard]] bool publish(Message message, Done done) override;
  void subscribe(Subscription subscription) override;
  void on_message(std::function<void(const Message&)> call) override;
  void on_state(std::function<void(const State&)> call) override;
  [[nodiscard]] const State& state() const noexcept override;
  [[nodiscard]] Statistics statistics() const noexcept override;
  [[nodiscard]] size_t max_in_flight() const noexcept override;

private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace moor::mqtt
