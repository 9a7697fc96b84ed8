// moor unpair: forget a device and its keys.

#include "cli/commands.hpp"
#include "cli/pairing_output.hpp"
#include "cli/radio_session.hpp"
#include "cli/scan_arguments.hpp"
#include "cli/terminal.hpp"
#include "moor/connect_cause.hpp"

#include <fmt/format.h>

namespace moor::cli {

namespace {

class Unpair final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "unpair"; }
  [[nodiscard]] std::string summary() const override { return "Forget a device and the keys that it was paired with"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    options.push_back(
        {.name = "ADDRESS", .value = "", .help = "The device, such as A4:CF:12:34:56:78", .target = &address_, .required = true});
    arguments_.add_common(options);
    return options;
  }

  [[nodiscard]] int run() override {
    const Address wanted = parse_address(address_);
    RadioSession session(arguments_.radios);
    const Outcome outcome = session.run(forget(session, wanted));
    flush_output();
    return outcome.finish();
  }

private:
  // A user rarely knows of which kind an address is.
  static std::optional<KnownDevice> find_known(const Radio& radio, const Address& wanted) {
    for (const bool random : {false, true})
      if (auto known = radio.find_device(Address(wanted.bits(), random))) return known;
    return std::nullopt;
  }

  awaitable<void> forget(RadioSession& session, Address wanted) {
    const TimePoint deadline = session.clock().now() + std::chrono::seconds(10);
    bool forgotten = false;
    for (const auto& radio : session.radios()) {
      co_await radio->open(deadline);
      if (const auto known = find_known(*radio, wanted))
        forgotten = co_await radio->forget(known->address, true, deadline) || forgotten;
    }
    if (!forgotten)
      throw DeviceNotFound(fmt::format("no radio knows {}", wanted.to_string()),
                           {.device = wanted, .advice = "It is not paired with this machine; there is nothing to forget."});
    print_pairing(arguments_.json, wanted, false, false);
  }

  ScanArguments arguments_;
  std::string address_;
};

}  // namespace

std::unique_ptr<Command> make_unpair() {
  return std::make_unique<Unpair>();
}

}  // namespace moor::cli
