#include "moor/doctor.hpp"

#include "moor/error.hpp"
#include "radio/bluez/doctor_facts.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace moor::bluez {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uint64_t net_admin = uint64_t{1} << 12;

// A machine where all is well.
Facts healthy() {
  Facts facts;
  facts.has_class = true;
  facts.adapters = {{"hci0", "usb"}};
  facts.capabilities = net_admin;
  facts.uid = 0;
  facts.outside_uid = 0;
  facts.bus_path = "/run/dbus/system_bus_socket";
  facts.bus_path_exists = true;
  facts.bus.state = BusFacts::State::reached;
  facts.bus.bluetoothd_runs = true;
  facts.bus.adapters = {{.name = "hci0", .powered = true, .has_monitors = true}};
  facts.bluetoothd_version = "5.66";
  facts.management = {.asked = true, .permitted = true};
  facts.has_vhci = true;
  return facts;
}

Check check_named(const std::vector<Check>& checks, const std::string& name) {
  const auto at = std::find_if(checks.begin(), checks.end(), [&](const Check& check) { return check.name == name; });
  return at == checks.end() ? Check{} : *at;
}

struct Trouble {
  const char* what;
  void (*happens)(Facts&);
  const char* check;
  bool needed;
  const char* says;
  const char* remedy;
};

const Trouble troubles[] = {
    {"NoBluetooth",
     [](Facts& facts) {
       facts = {};
       facts.socket_error = EAFNOSUPPORT;
     },
     "kernel", true, "no Bluetooth", "modprobe bluetooth"},
    {"NoAdapter",
     [](Facts& facts) {
       facts.adapters.clear();
       facts.bus.adapters.clear();
     },
     "adapter", true, "no Bluetooth adapter", "esphome://"},
    {"DongleWithoutDriver",
     [](Facts& facts) {
       facts.adapters.clear();
       facts.bus.adapters.clear();
       facts.dongles = {{"0a12:0001", "CSR8510 A10", false}};
     },
     "adapter", true, "CSR8510 A10 (0a12:0001)", "modprobe btusb"},
    {"DongleWithoutFirmware",
     [](Facts& facts) {
       facts.adapters.clear();
       facts.bus.adapters.clear();
       facts.dongles = {{"0bda:8771", "", true}};
     },
     "adapter", true, "firmware", "firmware-realtek"},
    {"PeripheralOnly", [](Facts& facts) { facts.bus.adapters[0].central = false; }, "adapter", true, "peripheral only",
     "ControllerMode = dual"},
    {"BlockedBySoftware", [](Facts& facts) { facts.adapters[0].soft_blocked = true; }, "rfkill", true, "rfkill blocks hci0",
     "rfkill unblock bluetooth"},
    {"BlockedBySwitch", [](Facts& facts) { facts.adapters[0].soft_blocked = facts.adapters[0].hard_blocked = true; }, "rfkill",
     true, "switch", "switch or key"},
    {"OneOfTwoBlocked", [](Facts& facts) { facts.adapters.push_back({"hci1", "usb", true}); }, "rfkill", false,
     "rfkill blocks hci1", "rfkill unblock bluetooth"},
    {"NoBus",
     [](Facts& facts) {
       facts.bus = {.state = BusFacts::State::no_bus};
       facts.bus_path_exists = false;
     },
     "bus", true, "no system bus at /run/dbus/system_bus_socket", "apt install dbus"},
    {"NoBusInAContainer",
     [](Facts& facts) {
       facts.bus = {.state = BusFacts::State::no_bus};
       facts.bus_path_exists = false;
       facts.in_container = true;
     },
     "bus", true, "container", "-v /run/dbus:/run/dbus:ro"},
    {"NobodyServesTheBus", [](Facts& facts) { facts.bus = {.state = BusFacts::State::no_bus, .error = "Connection refused"}; },
     "bus", true, "Connection refused", "systemctl restart dbus"},
    {"BusRefusesAMappedUser",
     [](Facts& facts) {
       facts.bus = {.state = BusFacts::State::refused};
       facts.first_namespace = false;
       facts.outside_uid = 100000;
     },
     "bus", true, "100000 outside", "user 100000"},
    {"BusRefuses",
     [](Facts& facts) {
       facts.bus = {.state = BusFacts::State::refused, .error = "Permission denied"};
       facts.uid = facts.outside_uid = 1000;
     },
     "bus", true, "user 1000 in: Permission denied", "root"},
    {"BusIsSilent", [](Facts& facts) { facts.bus = {.state = BusFacts::State::silent}; }, "bus", true, "does not answer",
     "systemctl restart dbus"},
    {"NoBluetoothd", [](Facts& facts) { facts.bus = {.state = BusFacts::State::reached}; }, "bluetoothd", true, "does not run",
     "systemctl enable --now bluetooth"},
    {"NoBlueZ",
     [](Facts& facts) {
       facts.bus = {.state = BusFacts::State::reached};
       facts.bluetoothd_version.clear();
     },
     "bluetoothd", true, "nor installed", "apt install bluez && systemctl enable --now bluetooth"},
    {"NoBluetoothdOnTheHost",
     [](Facts& facts) {
       facts.bus = {.state = BusFacts::State::reached};
       facts.in_container = true;
     },
     "bluetoothd", true, "does not run", "on the host: systemctl enable"},
    {"BluetoothdHangs", [](Facts& facts) { facts.bus.bluetoothd_silent = true; }, "bluetoothd", true, "does not answer",
     "systemctl restart bluetooth"},
    {"OldBlueZ", [](Facts& facts) { facts.bluetoothd_version = "5.50"; }, "version", false, "5.50 is older than 5.55",
     "apt install bluez"},
    {"PolicyForbids",
     [](Facts& facts) {
       facts.bus.bluetoothd_denies = true;
       facts.bus.adapters.clear();
     },
     "permission", true, "does not let this user", "usermod -aG bluetooth"},
    {"Off", [](Facts& facts) { facts.bus.adapters[0].powered = false; }, "power", false, "hci0 is off", "bluetoothctl power on"},
    {"BluetoothdHasNoAdapter", [](Facts& facts) { facts.bus.adapters.clear(); }, "power", true, "does not show it",
     "systemctl restart bluetooth"},
    {"NoMonitors", [](Facts& facts) { facts.bus.adapters[0].has_monitors = false; }, "passive scans", false,
     "no advertisement monitors", "Experimental = true"},
    {"NoCapability",
     [](Facts& facts) {
       facts.management.permitted = false;
       facts.capabilities = 0;
     },
     "management socket", false, "CAP_NET_ADMIN is missing", "setcap cap_net_admin+ep"},
    {"NoCapabilityInAContainer",
     [](Facts& facts) {
       facts.management.permitted = false;
       facts.capabilities = 0;
       facts.in_container = true;
     },
     "management socket", false, "CAP_NET_ADMIN is missing", "--cap-add NET_ADMIN --network host"},
    {"UserNamespace",
     [](Facts& facts) {
       facts.management.permitted = false;
       facts.first_namespace = false;
     },
     "management socket", false, "user namespace", "rootless"},
    {"OtherNetwork",
     [](Facts& facts) {
       facts.management = {.asked = true};
       facts.socket_error = EAFNOSUPPORT;
     },
     "management socket", false, "network namespace", "--network host"},
    {"NoVhci", [](Facts& facts) { facts.has_vhci = false; }, "vhci", false, "only moor sim", "modprobe hci_vhci"},
};

TEST(Doctor, IsContentWithAMachineWhereAllIsWell) {
  for (const Check& check : judge(healthy())) {
    EXPECT_TRUE(check.ok) << check.name << ": " << check.what;
    EXPECT_EQ(check.remedy, "") << check.name;
    EXPECT_NE(check.what, "") << check.name;
  }
}

TEST(Doctor, NamesEachTroubleWithTheCommandThatMendsIt) {
  for (const Trouble& trouble : troubles) {
    SCOPED_TRACE(trouble.what);
    Facts facts = healthy();
    trouble.happens(facts);
    const Check found = check_named(judge(facts), trouble.check);
    EXPECT_FALSE(found.ok);
    EXPECT_EQ(found.needed, trouble.needed);
    EXPECT_THAT(found.what, HasSubstr(trouble.says));
    EXPECT_THAT(found.remedy, HasSubstr(trouble.remedy));
  }
}

TEST(Doctor, OneTroubleIsNotToldAsMany) {
  // Without bluetoothd nothing is said against permissions, power and features.
  Facts facts = healthy();
  facts.bus = {.state = BusFacts::State::reached};
  const std::vector<Check> checks = judge(facts);
  EXPECT_EQ(std::count_if(checks.begin(), checks.end(), [](const Check& check) { return !check.ok; }), 1);
}

TEST(Doctor, LaterVersionsOfBlueZAreWelcome) {
  for (const char* version : {"5.55", "5.100", "6.0", "10.1", ""}) {
    Facts facts = healthy();
    facts.bluetoothd_version = version;
    EXPECT_TRUE(check_named(judge(facts), "version").ok) << version;
  }
}

class DoctorFiles : public ::testing::Test {
protected:
  DoctorFiles() : root_(fs::path(::testing::TempDir()) / ("moor-doctor-" + std::to_string(::getpid()))) {
    ports_.root = root_.string();
    ports_.bus_path = "/run/dbus/system_bus_socket";
    ports_.try_socket = [] { return 0; };
  }
  ~DoctorFiles() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  // As sysfs has it: a link into the tree of devices.
  void adapter(const std::string& name, const std::string& place, bool soft, bool hard) {
    write(place + "/" + name + "/rfkill3/soft", soft ? "1\n" : "0\n");
    write(place + "/" + name + "/rfkill3/hard", hard ? "1\n" : "0\n");
    fs::create_directories(root_ / "sys/class/bluetooth");
    fs::create_directory_symlink(root_ / place / name, root_ / "sys/class/bluetooth" / name);
  }

  fs::path root_;
  DoctorPorts ports_;
};

TEST_F(DoctorFiles, ReadsAdaptersInTheOrderOfTheirNumbers) {
  adapter("hci10", "sys/devices/pci0/usb1/1-2/1-2:1.0/bluetooth", false, true);
  adapter("hci2", "sys/devices/virtual/bluetooth", true, false);
  adapter("hci2:64", "sys/devices/virtual/bluetooth", false, false);  // a connection
  const Facts facts = read_files(ports_);
  ASSERT_EQ(facts.adapters.size(), 2U);
  EXPECT_EQ(facts.adapters[0].name, "hci2");
  EXPECT_EQ(facts.adapters[0].bus, "virtual");
  EXPECT_TRUE(facts.adapters[0].soft_blocked);
  EXPECT_EQ(facts.adapters[1].name, "hci10");
  EXPECT_EQ(facts.adapters[1].bus, "usb");
  EXPECT_TRUE(facts.adapters[1].hard_blocked);
}

TEST_F(DoctorFiles, FindsDonglesOfWhichNothingBecame) {
  for (const auto& [place, number] : {std::pair{"1-2:1.0", "00"}, {"1-2:1.1", "01"}, {"1-3:1.0", "00"}}) {
    const std::string folder = std::string("sys/bus/usb/devices/") + place + "/";
    write(folder + "bInterfaceClass", "e0\n");
    write(folder + "bInterfaceSubClass", "01\n");
    write(folder + "bInterfaceProtocol", "01\n");
    write(folder + "bInterfaceNumber", std::string(number) + "\n");
  }
  write("sys/bus/usb/devices/1-3:1.0/bluetooth/hci0/address", "");
  write("sys/bus/usb/devices/1-2/idVendor", "0a12\n");
  write("sys/bus/usb/devices/1-2/idProduct", "0001\n");
  write("sys/bus/usb/devices/1-2/product", "CSR8510 A10\n");
  const Facts facts = read_files(ports_);
  ASSERT_EQ(facts.dongles.size(), 1U);
  EXPECT_EQ(facts.dongles[0].id, "0a12:0001");
  EXPECT_EQ(facts.dongles[0].name, "CSR8510 A10");
  EXPECT_FALSE(facts.dongles[0].has_driver);
}

TEST_F(DoctorFiles, ReadsWhoItIs) {
  write("proc/self/status", "Name:\tmoor\nUid:\t0\t5\t0\t0\nCapEff:\t00000000a80435fb\n");
  write("proc/self/uid_map", "         0     100000      65536\n");
  write("run/.containerenv", "");
  write("dev/vhci", "");
  write("run/dbus/system_bus_socket", "");
  const Facts facts = read_files(ports_);
  EXPECT_EQ(facts.uid, 5U);
  EXPECT_EQ(facts.outside_uid, 100005U);
  EXPECT_FALSE(facts.first_namespace);
  EXPECT_EQ(facts.capabilities, 0xa80435fbU);
  EXPECT_TRUE(facts.in_container);
  EXPECT_TRUE(facts.has_vhci);
  EXPECT_TRUE(facts.bus_path_exists);
}

TEST_F(DoctorFiles, AnEmptyMachineIsReadWithoutComplaint) {
  const Facts facts = read_files(ports_);
  EXPECT_FALSE(facts.has_class);
  EXPECT_TRUE(facts.first_namespace);
  EXPECT_FALSE(facts.uid);
}

TEST_F(DoctorFiles, NoQuestionHoldsItUp) {
  ports_.ask_bus = [](Clock& clock, TimePoint) -> awaitable<BusFacts> {
    co_await clock.wait_for(std::chrono::hours(24));
    co_return BusFacts{};
  };
  ports_.ask_version = [](Clock& clock, TimePoint) -> awaitable<std::string> {
    co_await clock.wait_for(std::chrono::hours(24));
    co_return "5.66";
  };
  ports_.ask_management = [](Clock&, TimePoint) -> awaitable<ManagementFacts> {
    throw TimedOut("the kernel does not answer");
    co_return ManagementFacts{};
  };
  VirtualClock clock;
  boost::asio::io_context context;
  Facts facts;
  const TimePoint begin = clock.now();
  auto work = [&]() -> awaitable<void> { facts = co_await gather(clock, ports_); };
  testing::play(clock, context, work());
  EXPECT_EQ(clock.now() - begin, 2 * question_bound);
  EXPECT_EQ(facts.bus.state, BusFacts::State::silent);
  EXPECT_EQ(facts.bluetoothd_version, "");
  EXPECT_FALSE(facts.management.asked);
}

}  // namespace
}  // namespace moor::bluez
