// What the HTTP server costs: requests a second of the list of 50 devices on one kept connection, beside a bare loop of Beast that answers the same bytes and
// decides nothing; and a stream of events to 500 clients. Clients have a thread of their own: only the server's processor time counts.

#include "http/server.hpp"

#include "bench/allocations.hpp"
#include "bench/arguments.hpp"
#include "bench/measure.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdio>
#include <thread>

namespace moor::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr size_t stream_clients = 500;
constexpr size_t stream_events = 200;

std::string fifty_devices() {
  std::string json = "{\"devices\":[";
  for (int i = 0; i < 50; ++i)
    json += std::string(i == 0 ? "" : ",") + "{\"id\":\"A4:CF:12:34:56:" + std::to_string(10 + i) + "\",\"name\":\"thermometer " +
            std::to_string(i) +
            "\",\"zone\":\"near\",\"rssi\":-61,\"smoothed\":-60.4,\"distance_m\":1.2,\"radio\":\"bluez:hci0\",\"first_seen\":"
            "\"2026-11-21T10:00:00.000Z\","
            "\"last_seen\":\"2026-11-21T10:00:00.000Z\",\"sightings\":12345,\"rate\":1.0,\"readings\":[],\"spark\":[-60,-61,-62,"
            "null,-60]}";
  return json + "],\"total\":50}";
}

const std::string request =
    "GET /api/v1/devices?min_rssi=-80 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nUser-Agent: bench\r\n\r\n";

/// Asks so many times over one connection, and waits for each answer.
void ask(uint16_t port, uint64_t times) {
  asio::io_context context;
  tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), port});
  socket.set_option(tcp::no_delay(true));
  std::vector<char> buffer(size_t{64} * 1024);
  size_t answer = 0;  // bytes of one
  for (uint64_t i = 0; i < times; ++i) {
    asio::write(socket, asio::buffer(request));
    if (answer == 0) {
      beast::flat_buffer first;
      beast::http::response<beast::http::string_body> response;
      answer = beast::http::read(socket, first, response);
      continue;
    }
    // The request's number in an answer grows by digits.
    size_t got = 0;
    while (got < answer) got += socket.read_some(asio::buffer(buffer));
    answer = std::max(answer, got);
  }
}

awaitable<void> bare_loop(tcp::acceptor& acceptor, const std::string& body) {
  tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
  socket.set_option(tcp::no_delay(true));
  beast::flat_buffer buffer;
  boost::system::error_code error;
  while (!error) {
    beast::http::request<beast::http::string_body> asked;
    co_await beast::http::async_read(socket, buffer, asked, asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    beast::http::response<beast::http::string_body> response(beast::http::status::ok, 11);
    response.set(beast::http::field::content_type, "application/json");
    response.body() = body;
    response.prepare_payload();
    co_await beast::http::async_write(socket, response, asio::redirect_error(asio::use_awaitable, error));
  }
}

/// Processor seconds of this thread while a client works.
template <typename Work>
double while_client(asio::io_context& context, Work work) {
  std::atomic<bool> done = false;
  std::thread client([&] {
    work();
    done = true;
  });
  const double begin = processor_seconds();
  while (!done) context.run_for(5ms);
  const double spent = processor_seconds() - begin;
  client.join();
  return spent;
}

double measure_floor(const std::string& body, uint64_t times) {
  asio::io_context context;
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  asio::co_spawn(context, bare_loop(acceptor, body), asio::detached);
  return while_client(context, [&] { ask(acceptor.local_endpoint().port(), times); });
}

struct Streams {
  double seconds = 0;
  uint64_t dropped = 0;
  size_t bytes = 0;  // of memory, a client
};

class Stage {
public:
  explicit Stage(const std::string& body) {
    router.get("/api/v1/devices",
               [&body](const http::Request&) -> awaitable<http::Response> { co_return http::json_response(body); });
    router.events("/api/v1/live", [this](const http::Request&, std::shared_ptr<http::EventStream> events) -> awaitable<void> {
      streams.push_back(events);
      co_await events->wait_closed();
    });
    http::ServerOptions options;
    options.port = 0;
    options.requests_per_s = 100'000'000;
    options.max_connections = stream_clients + 10;
    server.emplace(context.get_executor(), clock, options, router);
    asio::co_spawn(context, server->run(), asio::detached);
  }

  double requests(uint64_t times) {
    return while_client(context, [&] { ask(server->port(), times); });
  }
  Streams fan_out() {
    Streams result;
    asio::io_context others;
    std::vector<tcp::socket> clients;
    const size_t before = allocations().live_bytes;
    for (size_t i = 0; i < stream_clients; ++i) {
      auto& socket = clients.emplace_back(others);
      socket.connect({asio::ip::address_v4::loopback(), server->port()});
      asio::write(socket, asio::buffer(std::string("GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n")));
      while (streams.size() <= i) context.run_for(1ms);
    }
    result.bytes = (allocations().live_bytes - before) / stream_clients;
    std::atomic<bool> stop = false;
    std::thread readers([&] {
      std::vector<char> buffer(size_t{256} * 1024);
      for (auto& each : clients) each.non_blocking(true);
      while (!stop)
        for (auto& each : clients) {
          boost::system::error_code ignored;
          (void)each.read_some(asio::buffer(buffer), ignored);
        }
    });
    const std::string data(2000, 'x');
    const double begin = processor_seconds();
    for (size_t i = 0; i < stream_events; ++i) {
      const http::EventFrame frame = http::make_event("devices", data);
      for (const auto& each : streams) each->send(frame);
      while (std::any_of(streams.begin(), streams.end(), [](const auto& each) { return each->waiting() > 0; }))
        context.run_for(1ms);
    }
    result.seconds = processor_seconds() - begin;
    for (const auto& each : streams) result.dropped += each->dropped();
    stop = true;
    readers.join();
    return result;
  }

private:
  RealClock clock;
  asio::io_context context;
  http::Router router;
  std::optional<http::Server> server;
  std::vector<std::shared_ptr<http::EventStream>> streams;
};

int run(int argc, char** argv) {
  const Arguments arguments(argc, argv, "--requests", 20'000);
  const std::string body = fifty_devices();
  const auto times = arguments.number();
  Stage stage(body);
  (void)measure_floor(body, times / 10);
  (void)stage.requests(times / 10);
  std::array<double, 5> floor{};
  std::array<double, 5> served{};
  for (size_t i = 0; i < floor.size(); ++i) {
    floor[i] = measure_floor(body, times);
    served[i] = stage.requests(times);
  }
  std::nth_element(floor.begin(), floor.begin() + 2, floor.end());
  std::nth_element(served.begin(), served.begin() + 2, served.end());
  const double floor_us = floor[2] / static_cast<double>(times) * 1e6;
  const double served_us = served[2] / static_cast<double>(times) * 1e6;
  const Streams streams = stage.fan_out();
  const double event_us = streams.seconds / static_cast<double>(stream_events * stream_clients) * 1e6;
  if (arguments.json()) {
    std::printf("{\"floor_us\":%.2f,\"request_us\":%.2f,\"event_us\":%.2f,\"events_dropped\":%llu,\"body\":%zu}\n", floor_us,
                served_us, event_us, static_cast<unsigned long long>(streams.dropped), body.size());
    return 0;
  }
  std::printf("50 devices, %zu bytes, processor time of the server:\n", body.size());
  std::printf("  floor: a bare loop of Beast  %7.1f us a request, %8.0f a second\n", floor_us, 1e6 / floor_us);
  std::printf("  moor's server                %7.1f us a request, %8.0f a second, %.1f times the floor\n", served_us,
              1e6 / served_us, served_us / floor_us);
  std::printf("events of 2 kB to %zu clients: %.2f us an event and client, %llu dropped, %zu bytes a client\n", stream_clients,
              event_us, static_cast<unsigned long long>(streams.dropped), streams.bytes);
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::run(argc, argv);
}
