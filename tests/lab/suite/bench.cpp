#include "lab/suite/bench.hpp"

#include "core/within.hpp"

#include <boost/asio/co_spawn.hpp>

namespace moor::lab {

namespace asio = boost::asio;

const Devices& devices() {
  const auto address = [](const char* text, bool random = false) { return Address::parse(text, random).value(); };
  static const Devices all{.sensor = address("A4:CF:12:00:06:01"),
                           .old = address("A4:CF:12:00:06:02"),
                           .quitter = address("A4:CF:12:00:06:03"),
                           .deaf = address("A4:CF:12:00:06:04"),
                           .unwilling = address("A4:CF:12:00:06:05"),
                           .simple = address("A4:CF:12:00:06:06"),
                           .complex = address("A4:CF:12:00:06:07"),
                           .extended = address("C4:CF:12:00:06:08", true),
                           .errors = address("A4:CF:12:00:06:09")};
  return all;
}

Bench& Bench::get() {
  static Bench bench;
  return bench;
}

Bench::Bench() : radio_(open_radio(RadioSpec::parse("bluez:hci0"), 0, clock_)), paths_(clock_, {radio_.get()}) {}

void Bench::run(awaitable<void> work, Duration patience) {
  bool ended_in_time = true;
  std::exception_ptr failure;
  auto bounded = [](Clock& clock, Duration limit, awaitable<void> inner, bool& in_time) -> awaitable<void> {
    in_time = co_await within(clock, clock.now() + limit, std::move(inner));
  };
  asio::co_spawn(context_, bounded(clock_, patience, std::move(work), ended_in_time), [&](std::exception_ptr error) {
    failure = error;
    context_.stop();  // the radio goes on watching its system
  });
  context_.restart();
  clock_.run(context_);
  if (failure) std::rethrow_exception(failure);
  EXPECT_TRUE(ended_in_time) << "cancelled after " << std::chrono::duration_cast<std::chrono::seconds>(patience).count() << " s";
}

awaitable<Client> Bench::connect(Address device) {
  const ConnectOptions options;
  co_return co_await connect(device, options);
}

awaitable<Client> Bench::connect(Address device, ConnectOptions options) {
  const std::optional<Device> heard = co_await find_device_by_address(clock_, *radio_, device, 10s);
  if (!heard) throw DeviceNotFound(device.to_string() + " was not heard");
  const Target target{.address = heard->address, .name = heard->data.name().value_or("")};
  co_return co_await establish_connection(paths_, target, options);
}

}  // namespace moor::lab
