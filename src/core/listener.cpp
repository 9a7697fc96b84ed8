#include "core/listener.hpp"

#include "core/event.hpp"
#include "moor/error.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <list>

namespace moor {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// A process that is out of files would otherwise ask without pause.
constexpr Duration pause_after_failure = std::chrono::seconds(1);

// Clients come and go for months: what is kept of one goes with it.
class Crowd {
public:
  explicit Crowd(asio::any_io_executor executor) : executor_(std::move(executor)), empty_(executor_) {}

  void start(awaitable<void> work) {
    const auto place = signals_.emplace(signals_.end());
    asio::co_spawn(executor_, std::move(work),
                   asio::bind_cancellation_slot(place->slot(), [this, place](const std::exception_ptr&) {
                     asio::post(executor_, [this, place] {
                       signals_.erase(place);
                       if (signals_.empty()) empty_.set();
                     });
                   }));
  }
  [[nodiscard]] awaitable<void> stop() {
    for (auto& signal : signals_) signal.emit(asio::cancellation_type::all);
    if (signals_.empty()) co_return;
    empty_.reset();
    co_await empty_.wait();
  }

private:
  asio::any_io_executor executor_;
  std::list<asio::cancellation_signal> signals_;
  Event empty_;
};

// Messages are small and answers awaited: nothing is to wait for more to send. A peer whose host has gone is noticed.
void configure(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
}

awaitable<void> accept_clients(Clock& clock, tcp::acceptor& acceptor, const Listener::Serve& serve, Crowd& crowd) {
  while (true) {
    boost::system::error_code error;
    tcp::endpoint peer;
    tcp::socket socket(acceptor.get_executor());
    co_await acceptor.async_accept(socket, peer, asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error) {
      co_await clock.wait_for(pause_after_failure);
      continue;
    }
    configure(socket);
    crowd.start(serve(Listener::Socket(std::move(socket)), peer));
  }
}

std::string advice_for(const boost::system::error_code& error, const tcp::endpoint& endpoint) {
  if (error == asio::error::address_in_use)
    return "Another program has that port, perhaps this one a second time: end it, or listen at another port.";
  if (error == asio::error::access_denied) return "Ports below 1024 are not for every user: listen at another one.";
  if (error == boost::system::errc::address_not_available)
    return "This machine does not have " + endpoint.address().to_string() +
           ": listen at 0.0.0.0, or at an address that `ip address` shows.";
  if (error == asio::error::address_family_not_supported) return "This machine has no IPv6: listen at an IPv4 address.";
  return "See what is wrong with listen in the configuration.";
}

}  // namespace

Listener::Listener(Clock& clock, const asio::any_io_executor& executor, const tcp::endpoint& endpoint)
    : clock_(clock), acceptor_(executor) {
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    throw Error("cannot listen at " + to_string(endpoint) + ": " + error.message(),
                {.cause = error.message(), .advice = advice_for(error, endpoint)});
}

awaitable<void> Listener::run(Serve serve) {
  Crowd crowd(acceptor_.get_executor());
  std::exception_ptr ended;
  try {
    co_await accept_clients(clock_, acceptor_, serve, crowd);
  } catch (...) {
    ended = std::current_exception();
  }
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await crowd.stop();
  std::rethrow_exception(ended);
}

std::string to_string(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]:" : host + ":") + std::to_string(endpoint.port());
}

}  // namespace moor
