// moor record: keep what the radios hear in a file that Wireshark opens.

#include "cli/commands.hpp"
#include "cli/radio_session.hpp"
#include "cli/scan_arguments.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "moor/capture.hpp"
#include "moor/error.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>
#include <filesystem>

namespace moor::cli {

namespace json = boost::json;

namespace {

class Record final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "record"; }
  [[nodiscard]] std::string summary() const override {
    return "Write what the radios hear to a btsnoop file, which Wireshark opens";
  }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    options.push_back({.name = "FILE", .value = "", .help = "The file to make", .target = &file_, .required = true});
    arguments_.add_all(options);
    options.push_back({.name = "--force", .value = "", .help = "Replace the file if it exists", .target = &force_});
    options.push_back({.name = "--h4",
                       .value = "",
                       .help = "Plain HCI (H4) for tools that do not know the Linux monitor format",
                       .target = &h4_});
    return options;
  }

  [[nodiscard]] int run() override {
    const ScannerOptions options = arguments_.scanner_options();
    if (!force_ && std::filesystem::exists(file_))
      throw UsageError("'" + file_ + "' exists", {.advice = "give another name, or --force to replace it"});
    RadioSession session(arguments_.radios);
    BtsnoopWriter writer(file_, {.datalink = h4_ ? BtsnoopOptions::Datalink::h4 : BtsnoopOptions::Datalink::monitor});
    Scanner scanner(session.clock(), session.radios(), options);
    const auto duration = arguments_.duration();
    const TimePoint begin = session.clock().now();
    ProgressBar bar;
    std::exception_ptr failure;
    scanner.on_sighting([&](const Device&, const Discovery& discovery) {
      try {
        writer.write(discovery.sighting);
      } catch (...) {
        failure = std::current_exception();
        scanner.stop();
      }
      if (bar.due())
        bar.update(fraction_of(duration, session.clock().now() - begin), fmt::format("{} advertisements", writer.written()));
    });
    Outcome outcome = session.run(scanner.run(duration));
    bar.clear();
    if (failure) outcome.error = failure;
    if (!failure) writer.flush();
    print_report(writer, scanner, to_seconds(session.clock().now() - begin));
    flush_output();
    return outcome.finish();
  }

private:
  void print_report(const BtsnoopWriter& writer, const Scanner& scanner, double seconds) const {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(file_, error);
    const uint64_t size = error ? 0 : bytes;
    const uint64_t dropped = scanner.counters().passed - writer.written();
    if (!arguments_.json)
      return print_line(fmt::format("{}: {} advertisements in {:.1f} s, {} bytes", file_, writer.written(), seconds, size));
    print_line(to_pretty(json::object{{"file", file_},
                                      {"format", "btsnoop"},
                                      {"duration_s", rounded(seconds, 3)},
                                      {"adverts", writer.written()},
                                      {"bytes", size},
                                      {"dropped", dropped}}));
  }

  ScanArguments arguments_;
  std::string file_;
  bool force_ = false;
  bool h4_ = false;
};

}  // namespace

std::unique_ptr<Command> make_record() {
  return std::make_unique<Record>();
}

}  // namespace moor::cli
