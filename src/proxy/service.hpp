#pragma once
// A configured proxy as it runs: its key, its ports, its announcement, its server.

#include "mdns/mdns.hpp"
#include "proxy/config.hpp"
#include "proxy/proxy.hpp"

#include <functional>

namespace moor::proxy {

/// Something that people and their programs are told.
struct Happening {
  enum class Kind : uint8_t { key_made, listening, announced, client_came, client_went, warning };
  Kind kind{};
  std::string proxy;
  std::string what;                 ///< the file, the address, the name, the client's address, or the warning in words
  std::string advice{};             ///< what to do about a warning
  std::string key{};                ///< a new one, in base64: for the terminal, not for logs
  std::optional<Duration> after{};  ///< for how long a client was there
};

class Service {
public:
  using Tell = std::function<void(const Happening&)>;

  /// @param radio  outlives it. @param mdns  null where there is none.
  Service(Clock& clock, boost::asio::any_io_executor executor, Radio& radio, ProxyConfig config, std::shared_ptr<mdns::Mdns> mdns,
          Tell tell);

  /// Serves until it is cancelled; links of clients are closed before it completes. @throws ConfigError for its files, Error for its ports,
  /// RadioNotAvailable where the radio's address is needed and cannot be had.
  [[nodiscard]] awaitable<void> run();

private:
  struct Open;
  [[nodiscard]] awaitable<Identity> identify();
  [[nodiscard]] std::shared_ptr<const crypto::SecretKey> find_key() const;
  void listen(Open& open) const;
  [[nodiscard]] awaitable<void> serve(Server& server, Socket socket, std::string peer) const;
  [[nodiscard]] awaitable<void> announce(mdns::Service service) const;
  void tell(Happening::Kind kind, std::string what, std::string advice = "") const;

  Clock& clock_;
  boost::asio::any_io_executor executor_;
  Radio& radio_;
  ProxyConfig config_;
  std::shared_ptr<mdns::Mdns> mdns_;
  Tell tell_;
};

}  // namespace moor::proxy
