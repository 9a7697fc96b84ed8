// moor read: one value of a device.

#include "cli/commands.hpp"
#include "cli/device_session.hpp"
#include "cli/terminal.hpp"
#include "cli/value_text.hpp"
#include "core/json_text.hpp"
#include "report/attribute_value.hpp"

#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

class Read final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "read"; }
  [[nodiscard]] std::string summary() const override { return "Read a characteristic of a device"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    arguments_.add(options);
    add_characteristic(options, characteristic_, format_);
    return options;
  }

  [[nodiscard]] int run() override {
    const CharacteristicName characteristic = CharacteristicName::parse(characteristic_);
    const auto format = parse_format(format_);
    DeviceSession session(arguments_);
    const Outcome outcome = session.with_client([&](Client& client) -> awaitable<void> {
      const std::vector<uint8_t> value = co_await client.read(characteristic);
      const Uuid& uuid = characteristic.uuid;
      print_line(arguments_.common.json ? to_pretty(json::object{{"uuid", uuid.to_string()},
                                                                 {"value", to_hex(value)},
                                                                 {"decoded", decoded_json(meaning_of(uuid, value, format))}})
                                        : value_text(value, meaning_of(uuid, value, format)));
    });
    flush_output();
    return outcome.finish();
  }

private:
  DeviceArguments arguments_;
  std::string characteristic_;
  std::optional<std::string> format_;
};

}  // namespace

std::unique_ptr<Command> make_read() {
  return std::make_unique<Read>();
}

}  // namespace moor::cli
