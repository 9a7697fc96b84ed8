#pragma once
// What FakeBluez and its devices keep, shared by the files that act on it.

#include "support/bus_pair.hpp"
#include "support/fake_bluez.hpp"
#include "support/fake_bluez/objects.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <list>
#include <set>

namespace moor::testing {

inline constexpr const char* adapter_interface = "org.bluez.Adapter1";
inline constexpr const char* device_interface = "org.bluez.Device1";
inline constexpr const char* service_interface = "org.bluez.GattService1";
inline constexpr const char* characteristic_interface = "org.bluez.GattCharacteristic1";
inline constexpr const char* descriptor_interface = "org.bluez.GattDescriptor1";
inline constexpr const char* monitor_manager_interface = "org.bluez.AdvertisementMonitorManager1";

/// A call that is answered now or later.
struct BluezCall {
  dbus::Message message;
  dbus::Reply reply;
  std::string path;
  std::string interface;
  std::string member;
  std::string sender;  ///< unique name of the client

  BluezCall(dbus::Message its_message, dbus::Reply its_reply)
      : message(std::move(its_message)),
        reply(std::move(its_reply)),
        path(message.path()),
        interface(message.interface()),
        member(message.member()),
        sender(message.sender().empty() ? BusDriver::client_name : message.sender()) {
  }  // a pair's client has no bus that says who it is
  void refuse(const Reaction& why) { reply.refuse(why.error_name, why.error_text); }
};
using CallPointer = std::shared_ptr<BluezCall>;

struct BluezPattern {
  uint8_t start = 0;
  uint8_t type = 0;
  BluezBytes content{};
};
struct BluezMonitor {
  std::string path;
  std::vector<BluezPattern> patterns{};
  bool active = false;
  std::set<std::string> found{};  ///< paths of devices
};
struct BluezMonitors {  ///< what one application has registered
  std::string sender;
  std::string root;
  std::vector<BluezMonitor> monitors{};
};

struct BluezAdapter {
  unsigned index = 0;
  std::string path{};
  BluezInterfaces initial{};                         ///< as after bluetoothd has started
  std::map<std::string, BluezProperties> filters{};  ///< by sender
  std::set<std::string> discoverers{};               ///< senders
  std::vector<BluezMonitors> applications{};
};

struct BluezAgent {
  std::string sender;
  std::string path;
  std::string capability;
};

struct FakeBluez::State : std::enable_shared_from_this<FakeBluez::State> {
  State(boost::asio::any_io_executor its_executor, Clock& its_clock, dbus::Bus& its_bus, Own its_own)
      : executor(std::move(its_executor)), clock(its_clock), bus(its_bus), own(std::move(its_own)), objects(its_bus) {}

  boost::asio::any_io_executor executor;
  Clock& clock;
  dbus::Bus& bus;
  Own own;
  BluezObjects objects;
  bool alive = true;
  bool running = false;
  bool hanging = false;
  uint64_t life = 0;  ///< counts up whenever bluetoothd is gone
  Duration temporary_timeout = std::chrono::seconds(30);
  std::map<unsigned, BluezAdapter> adapters{};
  std::vector<std::unique_ptr<BluezDevice>> devices{};
  std::map<std::string, std::deque<Reaction>> reactions{};  ///< by path and method
  std::vector<std::string> calls{};
  std::vector<CallPointer> unanswered{};
  std::optional<BluezAgent> agent{};
  std::list<boost::asio::cancellation_signal> signals{};
  std::vector<dbus::Bus::Hold> holds{};

  // bluez.cpp
  /// Runs beside everything else until it ends or the fake does.
  void spawn(awaitable<void> work);
  void on_call(const dbus::Message& message, dbus::Reply reply);
  /// The next reaction to a call, if a test has said one.
  [[nodiscard]] std::optional<Reaction> next_reaction(const BluezCall& call);
  void perform(const CallPointer& call);
  void perform_root(const CallPointer& call);
  void perform_properties(const CallPointer& call);
  void set_property(const CallPointer& call);
  void perform_agent_manager(const CallPointer& call);
  void lose_everything();
  [[nodiscard]] BluezDevice* find_device(const std::string& path) const;  ///< of the device, or of an object below it

  // adapter.cpp, monitors.cpp
  [[nodiscard]] bool is_discovering(const BluezAdapter& adapter) const { return !adapter.discoverers.empty(); }
  /// Whether anything is listened to, by discovery or by a monitor.
  [[nodiscard]] bool is_listening(const BluezAdapter& adapter) const;
  [[nodiscard]] bool is_powered(const BluezAdapter& adapter) const;
  void perform_adapter(const CallPointer& call, BluezAdapter& adapter);
  void start_discovery(const CallPointer& call, BluezAdapter& adapter);
  void stop_discovery(const CallPointer& call, BluezAdapter& adapter);
  void remove_device(const CallPointer& call, BluezAdapter& adapter);
  void set_filter(const CallPointer& call, BluezAdapter& adapter);
  void end_discovery(BluezAdapter& adapter);
  void power(BluezAdapter& adapter, bool on);
  void look_for_devices(BluezAdapter& adapter);
  void perform_monitors(const CallPointer& call, BluezAdapter& adapter);
  static awaitable<void> register_monitors(std::shared_ptr<State> self, unsigned index, BluezMonitors application);

  /// Tells the monitors that match. @returns whether any does.
  bool tell_monitors(BluezAdapter& adapter, const BluezDevice::State& device);
  void call_client(const std::string& sender, const std::string& path, const char* method, const std::string& object = {});

  // connecting.cpp, gatt.cpp, pairing.cpp
  void perform_device(const CallPointer& call, BluezDevice& device);
  void perform_gatt(const CallPointer& call, BluezDevice& device);
};

/// A characteristic or a descriptor as an object.
struct BluezAttribute {
  std::string path;
  Uuid uuid;
  uint16_t handle = 0;
  std::vector<std::string> flags{};
  BluezBytes value{};
  bool is_descriptor = false;
  std::set<std::string> subscribers{};  ///< senders of StartNotify
  std::shared_ptr<boost::asio::posix::stream_descriptor> notify_socket{};
  std::shared_ptr<boost::asio::posix::stream_descriptor> write_socket{};

  [[nodiscard]] bool has_flag(std::string_view flag) const { return std::find(flags.begin(), flags.end(), flag) != flags.end(); }
};

struct BluezDevice::State : std::enable_shared_from_this<BluezDevice::State> {
  FakeBluez::State& bluez;
  unsigned adapter = 0;
  Address address{};
  std::string path{};

  std::string name{};
  int8_t rssi_dbm = -60;
  std::map<uint16_t, BluezBytes> manufacturer{};
  std::map<std::string, BluezBytes> service_data{};
  std::vector<std::string> uuids{};
  std::optional<int16_t> tx_power{};
  std::optional<uint8_t> flags{};
  Duration found_after = std::chrono::milliseconds(100);
  std::optional<Duration> interval{};
  bool hidden = false;
  std::vector<BluezService> services{};
  uint16_t mtu = 247;
  bool bonded = false;
  bool trusted = false;
  bool known = false;
  bool echoes_reads = true;
  Duration disconnection = std::chrono::seconds(2);
  BluezPairing pairing{};
  std::optional<std::vector<ConnectStep>> steps{};
  std::map<std::string, BluezValue> extra{};  ///< other properties that a test has set

  bool connected = false;
  uint64_t attempt = 0;      ///< counts connects and their ends: what belongs to another is out of date
  CallPointer connecting{};  ///< the call of Connect or Pair that is not answered
  bool is_pairing = false;
  std::list<BluezAttribute> attributes{};    ///< of the services whose objects are there
  std::map<uint16_t, BluezBytes> written{};  ///< by handle: outlives the link

  explicit State(FakeBluez::State& owner) : bluez(owner) {}

  // device.cpp
  [[nodiscard]] bool exists() const { return bluez.objects.has(path); }
  [[nodiscard]] BluezProperties properties() const;
  void appear();
  void remove();
  void heard(std::optional<int8_t> rssi);
  /// All that it advertises, as AD structures' type and content, for the patterns of monitors.
  [[nodiscard]] std::vector<std::pair<uint8_t, BluezBytes>> advertised() const;
  void expire_later();

  // connecting.cpp
  void set_connected(bool is);
  void lose_link();
  void answer_connecting(const std::function<void(BluezCall&)>& how);
  void begin_connect(const CallPointer& call);
  static awaitable<void> run_steps(std::shared_ptr<State> self, uint64_t attempt);
  /// @returns whether the steps go on.
  bool take_step(const ConnectStep& step);
  void begin_disconnect(const CallPointer& call);

  // gatt.cpp
  void add_services();
  void remove_services();
  void resolve(bool resolved);
  [[nodiscard]] BluezAttribute* find(const std::string& object_path);
  [[nodiscard]] BluezAttribute* find(const Uuid& characteristic);
  void notify(BluezAttribute& attribute, const BluezBytes& value);
  void read(const CallPointer& call, BluezAttribute& attribute);
  void write(const CallPointer& call, BluezAttribute& attribute);
  void start_notify(const CallPointer& call, BluezAttribute& attribute);
  void stop_notify(const CallPointer& call, BluezAttribute& attribute);
  void acquire(const CallPointer& call, BluezAttribute& attribute, bool to_write);
  static awaitable<void> receive_writes(std::shared_ptr<State> self, std::string object_path,
                                        std::shared_ptr<boost::asio::posix::stream_descriptor> socket);

  // pairing.cpp
  static awaitable<void> pair(std::shared_ptr<State> self, CallPointer call);
  static awaitable<bool> ask_agent(std::shared_ptr<State> self, BluezAgent agent);
};

/// What an option of "a{sv}" in the call has, such as "offset".
[[nodiscard]] std::optional<BluezValue> read_option(dbus::Reader reader, std::string_view name);

}  // namespace moor::testing
