// moor write: one value to a device.

#include "cli/commands.hpp"
#include "cli/device_session.hpp"
#include "cli/terminal.hpp"
#include "cli/value_text.hpp"
#include "core/json_text.hpp"
#include "report/attribute_value.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

class Write final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "write"; }
  [[nodiscard]] std::string summary() const override { return "Write a characteristic of a device"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    arguments_.add(options);
    add_characteristic(options, characteristic_, format_);
    options.push_back({.name = "VALUE",
                       .value = "",
                       .help = "Bytes as hexadecimal digits; with --as a number or a text",
                       .target = &value_,
                       .required = true});
    options.push_back(
        {.name = "--without-response", .value = "", .help = "Do not ask the device to confirm it", .target = &without_response_});
    return options;
  }

  [[nodiscard]] int run() override {
    const CharacteristicName characteristic = CharacteristicName::parse(characteristic_);
    const auto format = parse_format(format_);
    const std::vector<uint8_t> bytes = parse_value(value_, format);
    const std::optional<WriteKind> kind = without_response_ ? std::optional(WriteKind::without_response) : std::nullopt;
    DeviceSession session(arguments_);
    const Outcome outcome = session.with_client([&](Client& client) -> awaitable<void> {
      co_await client.write(characteristic, bytes, kind);
      const Uuid& uuid = characteristic.uuid;
      print_line(arguments_.common.json ? to_pretty(json::object{{"uuid", uuid.to_string()},
                                                                 {"value", to_hex(bytes)},
                                                                 {"decoded", decoded_json(meaning_of(uuid, bytes, format))}})
                                        : fmt::format("wrote {}", value_text(bytes, meaning_of(uuid, bytes, format))));
    });
    flush_output();
    return outcome.finish();
  }

private:
  DeviceArguments arguments_;
  std::string characteristic_;
  std::optional<std::string> format_;
  std::string value_;
  bool without_response_ = false;
};

}  // namespace

std::unique_ptr<Command> make_write() {
  return std::make_unique<Write>();
}

}  // namespace moor::cli
