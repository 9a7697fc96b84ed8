#pragma once
// One connection to a broker, on a thread of its own: the look-up of the name, connecting and TLS may block there for as long as they want. What comes of
// it is handed to the executor in order; what is asked of it waits in a bounded queue.

#include "mqtt/failures.hpp"
#include "mqtt/mosquitto_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace moor::mqtt {

class Link {
public:
  struct Connected {};
  struct Ended {
    std::optional<MqttError> why;  ///< none: it was asked to
  };
  struct Delivered {
    uint64_t token = 0;
    Delivery delivery{};
  };
  using Event = std::variant<Connected, Ended, Delivered, Message>;

  /// @param on_event  called on the executor until the Link is destroyed. Nothing comes after Ended.
  Link(boost::asio::any_io_executor executor, const MosquittoOptions& options, std::function<void(Event)> on_event);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  /// The thread is left to itself if it still runs: it ends as soon as what it waits for comes back.
  ~Link();

  void publish(Message message, uint64_t token);
  void subscribe(Subscription subscription);
  /// Says goodbye; Ended comes soon, unless the thread is still connecting.
  void stop();
  [[nodiscard]] uint64_t received_dropped() const;

  struct Shared;

private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace moor::mqtt
