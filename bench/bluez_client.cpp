// What moor costs in bluez_bench: one process that scans or uses a device as a program that links the library does, told what to do on its stdin, a
// command a line.
//
//   bluez_client                  over the bus at DBUS_SYSTEM_BUS_ADDRESS: scan | count | connect N | link | read N | write N | subscribe | unlink
//   bluez_client --frames SOCKET  advertisements as the kernel's management socket gives them: count

#include "moor/advertisement.hpp"
#include "moor/connect.hpp"
#include "moor/path_source.hpp"
#include "radio/bluez/bluez_radio.hpp"
#include "radio/bluez/management.hpp"
#include "radio/bluez/scans.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace moor::bench {
namespace {

namespace asio = boost::asio;

/// Counts, and walks the AD structures of each, as whoever wants to know what it says must.
struct Counter final : SightingSink {
  uint64_t count = 0;
  uint64_t bytes = 0;
  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& sighting : batch) add(sighting.payload());
  }
  void add(Bytes payload) {
    ++count;
    for (const AdStructure& each : AdvertisementData(payload)) bytes += each.data.size();
  }
};

void say(const std::string& text) {
  std::puts(text.c_str());
  std::fflush(stdout);
}

class Program {
public:
  Program(asio::io_context& context, Clock& clock) : context_(context), clock_(clock), input_(context, ::dup(STDIN_FILENO)) {
    bluez::Ports ports = bluez::system_ports();
    ports.open_management = nullptr;
    system_ = std::make_shared<bluez::System>(clock, ports);
    radio_ = bluez::make_radio(system_, "hci0", 0);
    paths_ = std::make_unique<RadioPaths>(clock_, std::vector<Radio*>{radio_.get()});
  }

  awaitable<void> run() {
    std::string text;
    say("done");
    while (true) {
      const size_t size = co_await asio::async_read_until(input_, asio::dynamic_buffer(text), '\n', asio::use_awaitable);
      std::istringstream words(text.substr(0, size));
      text.erase(0, size);
      std::string what;
      size_t count = 0;
      words >> what >> count;
      if (what == "scan")
        asio::co_spawn(context_, scan(), [](std::exception_ptr error) {
          if (error) std::rethrow_exception(error);
        });
      else
        co_await obey(what, count);
      say(what == "count" ? std::to_string(counter_.count) : "done");
    }
  }
  void watch_frames(int socket) {
    management_ = bluez::Management::over(socket, context_.get_executor(), clock_);
    watch_ = management_->watch_found(0, [this](std::span<const hci::DeviceFound> batch) {
      for (const hci::DeviceFound& each : batch) {
        Sighting sighting;
        sighting.address = each.address;
        sighting.rssi_dbm = each.rssi_dbm;
        sighting.set_legacy_payload(each.data);
        counter_.add(sighting.payload());
      }
    });
  }

private:
  awaitable<void> scan() {
    const ScanOptions options;
    co_await radio_->scan(options, counter_);
  }
  awaitable<void> link() {
    const Target target{.address = Address(0xA4CF12000000, false)};
    client_ = std::make_unique<Client>(co_await establish_connection(*paths_, target));
  }
  awaitable<void> obey(std::string what, size_t count) {
    if (what == "link") co_await link();
    if (what == "unlink") co_await client_->disconnect();
    if (what == "subscribe") {
      const std::function<void(const Notification&)> on_value = [this](const Notification&) { ++counter_.count; };
      co_await client_->subscribe(characteristic_, on_value);
    }
    for (size_t i = 0; i < count; ++i) {
      if (what == "connect") {
        co_await link();
        co_await client_->disconnect();
      }
      if (what == "read") (void)co_await client_->read(characteristic_);
      if (what == "write") co_await client_->write(characteristic_, value_, WriteKind::with_response);
    }
  }

  asio::io_context& context_;
  Clock& clock_;
  asio::posix::stream_descriptor input_;
  std::shared_ptr<bluez::System> system_;
  std::unique_ptr<Radio> radio_;
  Counter counter_;
  std::unique_ptr<RadioPaths> paths_;
  std::unique_ptr<Client> client_;
  const CharacteristicName characteristic_ = CharacteristicName(Uuid(0x2A60));
  const std::vector<uint8_t> value_ = std::vector<uint8_t>(20, 0x42);
  std::unique_ptr<bluez::Management> management_;
  std::unique_ptr<bluez::Management::Watch> watch_;
};

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  boost::asio::io_context context;
  moor::RealClock clock;
  moor::bench::Program client(context, clock);
  if (argc == 3 && std::string_view(argv[1]) == "--frames") client.watch_frames(std::atoi(argv[2]));
  boost::asio::co_spawn(context, client.run(), [](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const boost::system::system_error&) {
      std::_Exit(0);  // the other end has closed: nothing more is wanted
    }
  });
  context.run();
}
