// moor notify: the values that a device sends by itself, as they come.

#include "cli/commands.hpp"
#include "cli/device_session.hpp"
#include "cli/terminal.hpp"
#include "cli/value_text.hpp"
#include "core/json_text.hpp"
#include "core/within.hpp"
#include "report/attribute_value.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

class Notify final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "notify"; }
  [[nodiscard]] std::string summary() const override { return "Print what a device notifies or indicates, as it comes"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    arguments_.add(options);
    add_characteristic(options, characteristic_, format_text_);
    options.push_back({.name = "--duration",
                       .value = "S",
                       .help = "Seconds to listen, from the subscription on (default: until interrupted)",
                       .target = &duration_s_,
                       .least = 0.001,
                       .most = 1e9});
    options.push_back(
        {.name = "--count", .value = "N", .help = "End after so many values", .target = &count_, .least = 1, .most = 1e9});
    return options;
  }

  [[nodiscard]] int run() override {
    name_ = CharacteristicName::parse(characteristic_);
    format_ = parse_format(format_text_);
    DeviceSession session(arguments_);
    const Outcome outcome = session.with_client([&](Client& client) -> awaitable<void> {
      Notifications values = co_await client.subscribe(name_);
      if (duration_s_) {
        const TimePoint end = session.clock().now() + from_seconds(*duration_s_);
        if (!co_await within(session.clock(), end, print_all(values, session))) co_return;
      } else {
        co_await print_all(values, session);
      }
      if (client.closed() && !is_counted_out())
        throw LinkClosed("the link to " + client.description() + " closed: " + std::string(to_string(client.closed()->reason)),
                         *client.closed(),
                         {.device = client.address(), .advice = "`moor monitor` stays connected through failures."});
    });
    flush_output();
    return outcome.finish();
  }

private:
  [[nodiscard]] bool is_counted_out() const { return count_ && printed_ >= *count_; }

  awaitable<void> print_all(Notifications& values, DeviceSession& session) {
    while (!is_counted_out()) {
      const auto value = co_await values.next();
      if (!value) co_return;
      print(*value, session);
      ++printed_;
    }
  }

  void print(const Notification& value, DeviceSession& session) {
    const WallTime t = session.clock().to_wall(value.time);
    if (arguments_.common.json)
      print_line(to_line(json::object{{"t", rounded(to_seconds(t), 6)},
                                      {"uuid", name_.uuid.to_string()},
                                      {"value", to_hex(value.value)},
                                      {"decoded", decoded_json(meaning_of(name_.uuid, value.value, format_))},
                                      {"dropped", value.dropped}}));
    else
      print_line(fmt::format("{}  {}", time_text(t), value_text(value.value, meaning_of(name_.uuid, value.value, format_))));
    if (session.radios().is_live()) flush_output();
  }

  DeviceArguments arguments_;
  std::string characteristic_;
  std::optional<std::string> format_text_;
  std::optional<double> duration_s_;
  std::optional<int> count_;
  CharacteristicName name_;
  std::optional<ValueFormat> format_;
  int printed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_notify() {
  return std::make_unique<Notify>();
}

}  // namespace moor::cli
