#pragma once
// What the tests of the suite share: bluez:hci0 in real time, and the devices of tests/lab/worlds/suite.toml. Everything that waits has a bound.

#include "moor/connect.hpp"
#include "moor/scanner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

namespace moor::lab {

using namespace std::chrono_literals;

struct Devices {
  Address sensor, old, quitter, deaf, unwilling, simple, complex, extended, errors;
};
[[nodiscard]] const Devices& devices();

/// One for the whole program, since a radio of BlueZ watches its system from the first use on.
class Bench {
public:
  static Bench& get();
  /// To the work's end; it fails, and is cancelled, after `patience`. What it throws goes on to the test.
  void run(awaitable<void> work, Duration patience = 30s);

  [[nodiscard]] Clock& clock() noexcept { return clock_; }
  [[nodiscard]] Radio& radio() noexcept { return *radio_; }
  /// Hears the device, so that bluetoothd knows it, and connects.
  [[nodiscard]] awaitable<Client> connect(Address device);
  [[nodiscard]] awaitable<Client> connect(Address device, ConnectOptions options);

private:
  Bench();

  boost::asio::io_context context_;
  RealClock clock_;
  std::unique_ptr<Radio> radio_;
  RadioPaths paths_;
};

}  // namespace moor::lab
