// moor pair: agree on keys with a device, and keep them.

#include "cli/commands.hpp"
#include "cli/device_session.hpp"
#include "cli/pairing_output.hpp"
#include "cli/pairing_person.hpp"
#include "cli/terminal.hpp"

namespace moor::cli {

namespace {

class Pair final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "pair"; }
  [[nodiscard]] std::string summary() const override { return "Pair with a device, so that it trusts this machine"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    arguments_.add(options);
    std::erase_if(options, [](const Option& option) { return option.name == "--pair"; });
    options.push_back({.name = "--passkey",
                       .value = "DIGITS",
                       .help = "The passkey that the device shows, 0 to 999999 (default: ask on the terminal)",
                       .target = &passkey_,
                       .least = 0,
                       .most = max_passkey});
    options.push_back(
        {.name = "--yes", .value = "", .help = "Numbers that are to be compared are taken as equal", .target = &yes_});
    return options;
  }

  [[nodiscard]] int run() override {
    DeviceSession session(arguments_);
    Person person(session.clock());
    std::optional<uint32_t> passkey;
    if (passkey_) passkey = static_cast<uint32_t>(*passkey_);
    PairingPerson agent(person, passkey, yes_);
    const Outcome outcome = session.with_client([&](Client& client) -> awaitable<void> {
      co_await client.pair(agent);
      const auto& radio = *session.radios().radios().at(client.link().info().radio);
      const auto known = radio.find_device(client.address());
      const bool bonded = known && known->bonded;
      print_pairing(arguments_.common.json, client.address(), true, bonded);
    });
    flush_output();
    return outcome.finish();
  }

private:
  DeviceArguments arguments_;
  std::optional<int> passkey_;
  bool yes_ = false;
};

}  // namespace

std::unique_ptr<Command> make_pair() {
  return std::make_unique<Pair>();
}

}  // namespace moor::cli
