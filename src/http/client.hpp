#pragma once
// A small HTTP/1.1 client: one request a connection, http and https, bounded in time and size.

#include "http/message.hpp"
#include "moor/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>

namespace moor::http {

struct Url {
  bool tls = false;
  std::string host;  ///< name or address, without brackets
  uint16_t port = 0;
  std::string target;  ///< path and query, at least "/"

  /// What is shown in logs: without user, query and fragment.
  [[nodiscard]] std::string to_string() const;
};
/// @throws UsageError for what is no http:// or https:// URL, and for one with a user name or password in it (they belong into a header).
[[nodiscard]] Url parse_url(std::string_view text);

struct ClientResponse {
  unsigned status = 0;
  Headers headers;
  std::string body;
  std::optional<Duration> retry_after;  ///< of the header, in seconds or as a date; at most a day
};

/// Why there is no answer.
enum class HttpFailure : uint8_t {
  name_not_found,
  not_reachable,  ///< refused, no route, reset
  certificate,    ///< unknown authority, wrong name, out of date
  tls,            ///< no common protocol, or not TLS at all
  timed_out,
  bad_answer,  ///< not HTTP
  too_large,
};

class HttpError : public Error {
public:
  HttpError(HttpFailure reason, const std::string& what, std::string cause, std::string advice)
      : Error(what, {.cause = std::move(cause), .advice = std::move(advice)}), reason_(reason) {}
  [[nodiscard]] HttpFailure reason() const noexcept { return reason_; }

private:
  HttpFailure reason_;
};

/// Addresses of a host, as text, best first. Called on a thread of its own, may block; throws what it wants.
using Lookup = std::function<std::vector<std::string>(const std::string& host)>;
/// The system's.
[[nodiscard]] std::vector<std::string> look_up(const std::string& host);

struct ClientOptions {
  std::filesystem::path ca_file;  ///< empty: the system's authorities
  size_t max_body = size_t{64} * 1024;
  Lookup lookup = look_up;
};

/// All on one executor; the clock and this outlive the requests.
class Client {
public:
  Client(boost::asio::any_io_executor executor, Clock& clock, ClientOptions options = ClientOptions());
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  /// Host, Content-Length, User-Agent and Connection are set by itself. Redirects are answers like others.
  /// @throws HttpError, ConfigError for a `ca_file` that cannot be read. Cancellation: total, also of a name's look-up, whose thread is then left behind (at most
  /// 8 at a time).
  [[nodiscard]] awaitable<ClientResponse> post(Url url, Headers headers, std::string body, TimePoint deadline);
  [[nodiscard]] awaitable<ClientResponse> get(Url url, Headers headers, TimePoint deadline);

  struct State;

private:
  std::shared_ptr<State> state_;
};

}  // namespace moor::http
