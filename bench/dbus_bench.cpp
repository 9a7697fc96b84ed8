// What a signal costs whom it is for: PropertiesChanged of an advertisement, as bluetoothd sends it, RSSI and payload read. moor's bus beside a bare loop
// over sd-bus, on a socket pair that is full each time the reader begins, and on a real dbus-daemon. Only the reader's processor time is counted.

#include "bench/arguments.hpp"
#include "bench/measure.hpp"
#include "dbus/bus.hpp"
#include "tests/support/bus_bytes.hpp"
#include "tests/support/dbus_daemon.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

namespace moor::bench {
namespace {

constexpr size_t signals_in_a_round = 1000;
constexpr const char* rule =
    "type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',path_namespace='/org/bluez'";

void check(int result) {
  if (result < 0) throw std::runtime_error(std::string("sd-bus: ") + strerror(-result));
}

struct Seen {
  size_t signals = 0;
  int64_t sum = 0;  // of what was read, so that it is read
};

class Receiver {
public:
  virtual ~Receiver() = default;
  /// Until so many signals have come in all.
  virtual void receive(size_t signals) = 0;
  [[nodiscard]] int64_t sum() const noexcept { return seen_.sum; }

protected:
  Seen seen_;
};

/// The floor: sd-bus waits and reads, C takes the values.
class BareReceiver final : public Receiver {
public:
  /// @param answer_match  called when the match has been asked for.
  BareReceiver(int socket, const std::string& address, const std::function<void()>& answer_match) {
    sd_bus* bus = nullptr;
    check(sd_bus_new(&bus));
    bus_.reset(bus, [](sd_bus* each) { sd_bus_close_unref(each); });
    check(socket < 0 ? sd_bus_set_address(bus, address.c_str()) : sd_bus_set_fd(bus, socket, socket));
    check(sd_bus_set_bus_client(bus, 1));
    check(sd_bus_start(bus));
    while (sd_bus_is_ready(bus) <= 0) step();
    check(sd_bus_add_match_async(bus, nullptr, rule, on_signal, on_added, this));
    answer_match();
    while (!added_) step();
  }
  void receive(size_t signals) override {
    while (seen_.signals < signals) step();
  }

private:
  void step() {
    const int result = sd_bus_process(bus_.get(), nullptr);
    check(result);
    if (result == 0) check(sd_bus_wait(bus_.get(), UINT64_MAX));
  }
  static int on_added(sd_bus_message*, void* self, sd_bus_error*) {
    static_cast<BareReceiver*>(self)->added_ = true;
    return 1;
  }
  static int on_signal(sd_bus_message* m, void* self, sd_bus_error*) {
    Seen& seen = static_cast<BareReceiver*>(self)->seen_;
    check(sd_bus_message_skip(m, "s"));
    check(sd_bus_message_enter_container(m, 'a', "{sv}"));
    while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
      const char* key = nullptr;
      check(sd_bus_message_read_basic(m, 's', &key));
      if (strcmp(key, "RSSI") == 0) {
        int16_t rssi = 0;
        check(sd_bus_message_enter_container(m, 'v', "n"));
        check(sd_bus_message_read_basic(m, 'n', &rssi));
        check(sd_bus_message_exit_container(m));
        seen.sum += rssi;
      } else if (strcmp(key, "ManufacturerData") == 0) {
        read_data(m, seen);
      } else {
        check(sd_bus_message_skip(m, "v"));
      }
      check(sd_bus_message_exit_container(m));
    }
    ++seen.signals;
    return 0;
  }
  static void read_data(sd_bus_message* m, Seen& seen) {
    check(sd_bus_message_enter_container(m, 'v', "a{qv}"));
    check(sd_bus_message_enter_container(m, 'a', "{qv}"));
    while (sd_bus_message_enter_container(m, 'e', "qv") > 0) {
      uint16_t company = 0;
      const void* data = nullptr;
      size_t size = 0;
      check(sd_bus_message_read_basic(m, 'q', &company));
      check(sd_bus_message_enter_container(m, 'v', "ay"));
      check(sd_bus_message_read_array(m, 'y', &data, &size));
      check(sd_bus_message_exit_container(m));
      check(sd_bus_message_exit_container(m));
      seen.sum += company + static_cast<const uint8_t*>(data)[size - 1];
    }
    check(sd_bus_message_exit_container(m));
    check(sd_bus_message_exit_container(m));
  }

  std::shared_ptr<sd_bus> bus_;
  bool added_ = false;
};

class MoorReceiver final : public Receiver {
public:
  MoorReceiver(int socket, const std::string& address, const std::function<void()>& answer_match) {
    const TimePoint deadline = clock_.now() + std::chrono::seconds(10);
    boost::asio::co_spawn(context_, begin(socket, address, deadline), [this](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
      begun_ = true;
    });
    while (bus_ == nullptr) context_.run_one();
    answer_match();
    while (!begun_) context_.run_one();
  }
  void receive(size_t signals) override {
    while (seen_.signals < signals) context_.run_one();
  }

private:
  awaitable<void> begin(int socket, std::string address, TimePoint deadline) {
    if (socket < 0)
      bus_ = co_await dbus::Bus::open(std::move(address), clock_, deadline);
    else
      bus_ = co_await dbus::Bus::over(socket, false, clock_, deadline);
    const dbus::Bus::OnSignal read = [this](const dbus::Message& signal) { on_signal(signal); };
    hold_ = co_await bus_->match(rule, read, deadline);
  }
  void on_signal(const dbus::Message& signal) {
    dbus::Reader reader = signal.read();
    reader.skip("s");
    reader.enter_array("{sv}");
    while (reader.enter_dict_entry("sv")) {
      const std::string_view key = reader.read_string();
      if (key == "RSSI") {
        reader.enter_variant("n");
        seen_.sum += reader.read_i16();
        reader.leave();
      } else if (key == "ManufacturerData") {
        read_data(reader);
      } else {
        reader.skip("v");
      }
      reader.leave();
    }
    ++seen_.signals;
  }
  void read_data(dbus::Reader& reader) {
    reader.enter_variant("a{qv}");
    reader.enter_array("{qv}");
    while (reader.enter_dict_entry("qv")) {
      seen_.sum += reader.read_u16();
      reader.enter_variant("ay");
      seen_.sum += reader.read_bytes().back();
      reader.leave();
      reader.leave();
    }
    reader.leave();
    reader.leave();
  }

  boost::asio::io_context context_;
  RealClock clock_;
  std::unique_ptr<dbus::Bus> bus_;
  dbus::Bus::Hold hold_;
  bool begun_ = false;
};

/// A round is written to the socket as a whole.
class SaturatedPair {
public:
  SaturatedPair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("no socket pair");
    reader = ends[0];
    writer_ = ends[1];
    const int size = 4 << 20;
    setsockopt(writer_, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    write(testing::bus_greeting());
    const std::vector<uint8_t> one = testing::advertisement_bytes(-60);
    for (size_t i = 0; i < signals_in_a_round; ++i) round_.insert(round_.end(), one.begin(), one.end());
  }
  ~SaturatedPair() { close(writer_); }
  SaturatedPair(const SaturatedPair&) = delete;
  SaturatedPair& operator=(const SaturatedPair&) = delete;
  void send_round() { write(round_); }
  void answer_match() { write(testing::match_added()); }

  int reader;

private:
  void write(const std::vector<uint8_t>& bytes) {
    if (send(writer_, bytes.data(), bytes.size(), MSG_DONTWAIT) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("the socket does not take a round");
  }
  int writer_;
  std::vector<uint8_t> round_;
};

/// Sends rounds of signals over a dbus-daemon.
class Emitter {
public:
  explicit Emitter(const std::string& address) {
    sd_bus* bus = nullptr;
    check(sd_bus_new(&bus));
    bus_.reset(bus, [](sd_bus* each) { sd_bus_close_unref(each); });
    check(sd_bus_set_address(bus, address.c_str()));
    check(sd_bus_set_bus_client(bus, 1));
    check(sd_bus_start(bus));
    sd_bus_message* signal = nullptr;
    check(sd_bus_message_new_signal(bus, &signal, "/org/bluez/hci0/dev_A4_CF_12_34_56_78", "org.freedesktop.DBus.Properties",
                                    "PropertiesChanged"));
    signal_.reset(signal, [](sd_bus_message* each) { sd_bus_message_unref(each); });
    write_advertisement(signal);
  }
  void send_round() {
    for (size_t i = 0; i < signals_in_a_round; ++i) check(sd_bus_send(bus_.get(), signal_.get(), nullptr));
    check(sd_bus_flush(bus_.get()));
  }

private:
  // What testing::write_advertisement writes.
  static void write_advertisement(sd_bus_message* m) {
    const std::array<uint8_t, 23> data{2, 21, 1, 2, 3, 4};
    check(sd_bus_message_append(m, "s", "org.bluez.Device1"));
    check(sd_bus_message_open_container(m, 'a', "{sv}"));
    check(sd_bus_message_append(m, "{sv}", "RSSI", "n", -60));
    check(sd_bus_message_open_container(m, 'e', "sv"));
    check(sd_bus_message_append(m, "s", "ManufacturerData"));
    check(sd_bus_message_open_container(m, 'v', "a{qv}"));
    check(sd_bus_message_open_container(m, 'a', "{qv}"));
    check(sd_bus_message_open_container(m, 'e', "qv"));
    check(sd_bus_message_append(m, "q", 0x004C));
    check(sd_bus_message_open_container(m, 'v', "ay"));
    check(sd_bus_message_append_array(m, 'y', data.data(), data.size()));
    for (int i = 0; i < 6; ++i) check(sd_bus_message_close_container(m));
    check(sd_bus_message_append(m, "as", 0));
  }

  std::shared_ptr<sd_bus> bus_;
  std::shared_ptr<sd_bus_message> signal_;
};

template <typename Source>
Measure measure(const char* name, uint64_t rounds, Source& source, Receiver& receiver) {
  Measure result{name, {}};
  for (uint64_t round = 1; round <= rounds + 1; ++round) {
    source.send_round();
    if (round == 1)
      receiver.receive(signals_in_a_round);  // warm
    else
      result.take([&] { receiver.receive(round * signals_in_a_round); });
  }
  // RSSI, company and the last byte of each payload.
  if (receiver.sum() != static_cast<int64_t>((rounds + 1) * signals_in_a_round) * (-60 + 0x004C))
    throw std::runtime_error("signals were misread");
  return result;
}

void print(const Measure& each, double floor, bool json) {
  const double microseconds = each.median() / signals_in_a_round * 1e6;
  const double per_signal = static_cast<double>(each.allocated) / static_cast<double>(each.seconds.size() * signals_in_a_round);
  const double ratio = each.median() / floor;
  if (json)
    fmt::print(
        "{{\"bench\":\"dbus\",\"what\":\"{}\",\"us_per_signal\":{:.2f},\"ratio\":{:.2f},\"allocations_per_signal\":{:.3f}}}\n",
        each.name, microseconds, ratio, per_signal);
  else
    fmt::print("{:<28} {:>7.2f} us a signal {:>6.2f} times the floor {:>7.3f} allocations\n", each.name, microseconds, ratio,
               per_signal);
}

template <typename Kind>
Measure on_pair(const char* name, uint64_t rounds) {
  SaturatedPair pair;
  Kind receiver(pair.reader, "", [&] { pair.answer_match(); });
  return measure(name, rounds, pair, receiver);
}

template <typename Kind>
Measure on_daemon(const char* name, uint64_t rounds, const testing::DbusDaemon& daemon) {
  Emitter emitter(daemon.address());
  Kind receiver(-1, daemon.address(), [] {});
  return measure(name, rounds, emitter, receiver);
}

int run(const Arguments& arguments) {
  const uint64_t rounds = arguments.number();
  const Measure pair_floor = on_pair<BareReceiver>("socket pair, floor: sd-bus", rounds);
  print(pair_floor, pair_floor.median(), arguments.json());
  print(on_pair<MoorReceiver>("socket pair, moor", rounds), pair_floor.median(), arguments.json());
  if (!testing::DbusDaemon::is_installed()) {
    fmt::print(stderr, "dbus_bench: there is no dbus-daemon, so nothing over one\n");
    return 0;
  }
  const testing::DbusDaemon daemon;
  const Measure daemon_floor = on_daemon<BareReceiver>("dbus-daemon, floor: sd-bus", rounds, daemon);
  print(daemon_floor, daemon_floor.median(), arguments.json());
  print(on_daemon<MoorReceiver>("dbus-daemon, moor", rounds, daemon), daemon_floor.median(), arguments.json());
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::run(moor::bench::Arguments(argc, argv, "--rounds", 51));
}
