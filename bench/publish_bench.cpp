// From an advertisement to a subscriber: gateway, store, outbox and a real mosquitto over loopback, at 1,000 zone events a second.

#include "bench/arguments.hpp"
#include "core/iso_time.hpp"
#include "gateway/gateway.hpp"
#include "mqtt/broker.hpp"
#include "mqtt/mosquitto_client.hpp"
#include "publish/publisher.hpp"

#include <fmt/format.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

namespace moor::bench {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

// Devices that jump between near and far: each reading is a zone event. Ten of them each 10 ms.
class Jumpers final : public Radio {
public:
  Jumpers(Clock& clock, uint64_t seconds) : clock_(clock), seconds_(seconds) {}
  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return {}; }
  [[nodiscard]] awaitable<void> scan(ScanOptions, SightingSink& sink) override {
    co_await clock_.wait_for(1s);
    const TimePoint begin = clock_.now();
    constexpr uint64_t devices = 1000;
    constexpr uint64_t together = 10;
    for (uint64_t step = 0; step < seconds_ * 100; ++step) {
      co_await clock_.wait_until(begin + step * 10ms);
      std::vector<Sighting> batch(together);
      for (uint64_t i = 0; i < together; ++i) {
        const uint64_t number = step * together + i;
        Sighting& sighting = batch[i];
        sighting.address = Address(0xA4CF00000000 + number % devices, false);
        sighting.rssi_dbm = number / devices % 2 == 0 ? int8_t{-60} : int8_t{-90};
        sighting.properties = AdvertisingProperties::legacy;
        const uint8_t payload[] = {0x02, 0x01, 0x06};
        sighting.set_legacy_payload(payload);
        sighting.time = clock_.now();
      }
      sink.on_sightings(batch);
    }
    co_await clock_.wait_for(2s);
  }

private:
  Clock& clock_;
  uint64_t seconds_;
  RadioInfo info_{.id = 0, .name = "jumpers", .kind = "bench", .detail = {}, .can_connect = false};
};

int run(const Arguments& arguments) {
  if (access(moor::testing::mosquitto_path, X_OK) != 0) {
    fmt::print("publish: skipped, mosquitto is not installed\n");
    return 0;
  }
  moor::testing::Broker broker("allow_anonymous true\nmax_queued_messages 0\n");
  GatewayConfig config = parse_config(fmt::format("[gateway]\nname=\"bench\"\n[presence]\nreading_interval_s=0\nmin_samples="
                                                  "1\nalpha=1.0\n[store]\npath=\"{}\"\n[mqtt]\nhost=\"127.0.0.1\"\nport={}\n",
                                                  (broker.folder() / "bench.db").string(), broker.port()),
                                      "bench");
  RealClock clock;
  asio::io_context context;
  Gateway::Radios radios;
  radios.push_back(std::make_unique<Jumpers>(clock, arguments.number()));
  Gateway gateway(context.get_executor(), clock, config, radios);
  const auto publisher = publish::make_publisher(gateway, context.get_executor(), {});
  mqtt::MosquittoClient subscriber(
      context.get_executor(), clock,
      {.host = "127.0.0.1", .port = broker.port(), .client_id = "subscriber", .max_received = 1'000'000});
  subscriber.subscribe({.filter = "moor/bench/event/zone"});
  std::vector<double> delays_ms;
  subscriber.on_message([&](const mqtt::Message& message) {
    const auto happened = parse_iso(std::string(boost::json::parse(message.payload).at("t").as_string()));
    delays_ms.push_back(to_seconds(std::chrono::duration_cast<Duration>(clock.to_wall(clock.now()) - *happened)) * 1000);
  });
  asio::cancellation_signal cancel[2];
  asio::co_spawn(context, publisher->run(), asio::bind_cancellation_slot(cancel[0].slot(), [](const std::exception_ptr&) {}));
  asio::co_spawn(context, subscriber.run(), asio::bind_cancellation_slot(cancel[1].slot(), [](const std::exception_ptr&) {}));
  asio::co_spawn(context, gateway.run(), [&](const std::exception_ptr&) {
    for (auto& signal : cancel) signal.emit(asio::cancellation_type::all);
  });
  clock.run(context);
  if (delays_ms.empty()) return 1;
  std::sort(delays_ms.begin(), delays_ms.end());
  const auto at = [&](double part) { return delays_ms[static_cast<size_t>(part * static_cast<double>(delays_ms.size() - 1))]; };
  if (arguments.json())
    fmt::print("{{\"events\":{},\"p50_ms\":{:.1f},\"p99_ms\":{:.1f},\"max_ms\":{:.1f}}}\n", delays_ms.size(), at(0.5), at(0.99),
               at(1));
  else
    fmt::print("{} events at 1,000 a second, from advertisement to subscriber: p50 {:.1f} ms, p99 {:.1f} ms, max {:.1f} ms\n",
               delays_ms.size(), at(0.5), at(0.99), at(1));
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::run(moor::bench::Arguments(argc, argv, "--seconds", 10));
}
