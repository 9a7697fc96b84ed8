// moor query: what a store knows, as a table, CSV or JSON; all of it as files; a copy of it.

#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/terminal.hpp"
#include "core/duration_text.hpp"
#include "core/iso_time.hpp"
#include "core/json_text.hpp"
#include "gateway/config.hpp"
#include "moor/store.hpp"
#include "store/tables.hpp"

#include <fmt/format.h>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>

namespace moor::cli {

namespace {

using store::Cell;
using store::Column;
using store::ColumnKind;

// A field of CSV (RFC 4180): in quotes where a reader would take a part of it for something else.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string csv_titles(std::span<const Column> columns) {
  std::string line;
  for (const Column& column : columns) line += (line.empty() ? "" : ",") + std::string(column.name);
  return line;
}

std::string csv_line(std::span<const Column> columns, std::span<const Cell> row) {
  std::string line;
  for (size_t i = 0; i < columns.size(); ++i) line += (i == 0 ? "" : ",") + csv_field(store::text_of(columns[i], row[i]));
  return line;
}

std::string for_people(const Column& column, const Cell& cell) {
  const auto* integer = std::get_if<int64_t>(&cell);
  if (integer != nullptr && column.kind == ColumnKind::time) return time_text(WallTime(std::chrono::microseconds(*integer)));
  if (integer != nullptr && column.kind == ColumnKind::length) return elapsed_text(std::chrono::microseconds(*integer));
  if (const auto* real = std::get_if<double>(&cell)) return fmt::format("{:.4g}", *real);
  return store::text_of(column, cell);
}

std::string title_for_people(const Column& column) {
  const std::string_view name = column.name;
  return std::string(column.kind == ColumnKind::length ? name.substr(0, name.size() - 2) : name);  // without "_s"
}

// A moment, or how long ago it is.
std::optional<WallTime> moment(const std::string& option, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  if (const auto ago = parse_duration(*text)) return WallTime(std::chrono::system_clock::now()) - *ago;
  if (const auto time = parse_iso(*text)) return time;
  throw UsageError(
      option + " '" + *text + "' is no moment",
      {.advice = "give a day (2026-03-02), a moment in UTC (2026-03-02T09:00:00Z), or how long ago it is (24 h, 7 d)"});
}

std::chrono::minutes utc_offset(const std::string& text) {
  // An offset is what parse_iso takes behind any moment.
  const auto moment = parse_iso("2000-01-01T12:00" + text);
  if (!moment || text.empty())
    throw UsageError("--utc-offset '" + text + "' is no offset", {.advice = "give hours and minutes, such as +01:00 or -05:30"});
  return std::chrono::floor<std::chrono::minutes>(*parse_iso("2000-01-01T12:00Z") - *moment);
}

class Query final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "query"; }
  [[nodiscard]] std::string summary() const override {
    return "Ask a gateway's store: visits, dwell, foot traffic, readings; export and back it up";
  }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<std::string> what(store::table_names().begin(), store::table_names().end());
    what.emplace_back("export");
    return {
        {.name = "WHAT",
         .value = "",
         .help = "What to ask for; export writes all of it as files",
         .target = &what_,
         .choices = what},
        {.name = "--store", .value = "FILE", .help = "The store's file", .target = &store_},
        {.name = "--config", .value = "FILE", .help = "The gateway's configuration, which names the store", .target = &config_},
        {.name = "--from",
         .value = "TIME",
         .help = "From this moment on (2026-03-02, 2026-03-02T09:00Z), or so long ago (7 d)",
         .target = &from_},
        {.name = "--until", .value = "TIME", .help = "Before this moment", .target = &until_},
        {.name = "--device", .value = "ID", .help = "Only of this device or beacon", .target = &device_},
        {.name = "--zone", .value = "NAME", .help = "Only of this zone", .target = &zone_},
        {.name = "--quantity",
         .value = "NAME",
         .help = "Only readings of this quantity, such as temperature",
         .target = &quantity_},
        {.name = "--open", .value = "", .help = "Only visits that last", .target = &open_},
        {.name = "--by",
         .value = "UNIT",
         .help = "Sums of dwell (default: day) and traffic (default: as counted) by this and zone",
         .target = &by_,
         .choices = {"hour", "day", "zone"}},
        {.name = "--utc-offset",
         .value = "OFFSET",
         .help = "Where hours and days begin, such as +01:00 (default: UTC)",
         .target = &offset_},
        {.name = "--limit",
         .value = "N",
         .help = "The newest rows at most (default: 1000)",
         .target = &limit_,
         .least = 1,
         .most = 10'000'000},
        {.name = "--csv", .value = "", .help = "Print CSV", .target = &csv_},
        {.name = "--json", .value = "", .help = "Print JSON for programs", .target = &json_},
        {.name = "--format",
         .value = "FORMAT",
         .help = "Of export (default: csv)",
         .target = &format_,
         .choices = {"csv", "jsonl"}},
        {.name = "--out", .value = "DIR", .help = "Of export: the folder for a file of each kind", .target = &out_},
        {.name = "--backup",
         .value = "FILE",
         .help = "Copy the store, while a gateway may go on writing it",
         .target = &backup_}};
  }

  [[nodiscard]] int run() override {
    const std::filesystem::path path = store_path();
    if (backup_) return back_up(path, *backup_);
    if (what_.empty())
      throw UsageError("nothing is asked for", {.advice = "name what to ask for, such as visits, or --backup FILE"});
    if (csv_ && json_) throw UsageError("--csv and --json exclude each other", {.advice = "give one of them"});
    store::TableReader reader(path);
    if (what_ == "export") return export_all(reader);
    const store::Question question = about(what_);
    if (csv_)
      print_csv(reader, question);
    else if (json_)
      print_json(reader, question);
    else
      print_table(reader, question);
    flush_output();
    return exit_done;
  }

private:
  [[nodiscard]] std::filesystem::path store_path() const {
    if (store_ && config_) throw UsageError("--store and --config both name a store", {.advice = "give one of them"});
    if (store_) return *store_;
    if (!config_) throw UsageError("no store is named", {.advice = "give --store FILE, or --config FILE of the gateway"});
    const GatewayConfig config = load_config(*config_);
    if (config.store.path.empty())
      throw UsageError("'" + *config_ + "' names no store", {.advice = "set path in its section [store]"});
    return config.store.path;
  }

  [[nodiscard]] store::Question about(std::string_view table) const {
    StoreQuery query;
    query.from = moment("--from", from_);
    query.until = moment("--until", until_);
    query.device = device_;
    query.zone = zone_;
    query.quantity = quantity_;
    query.open_only = open_;
    if (offset_) query.utc_offset = utc_offset(*offset_);
    return store::about(table, query, store::group_named(by_));
  }
  [[nodiscard]] size_t limit() const { return static_cast<size_t>(limit_); }

  void print_csv(store::TableReader& reader, const store::Question& question) const {
    print_line(csv_titles(question.columns()));
    const bool more = reader.read(question, limit(), [&](std::span<const Cell> row) {
      print_line(csv_line(question.columns(), row));
      return true;
    });
    if (more) std::fprintf(stderr, "%s\n", more_words().c_str());
  }

  // A row a line, so that nothing is kept in memory.
  void print_json(store::TableReader& reader, const store::Question& question) const {
    print_line("{\"rows\": [");
    std::string previous;
    const bool more = reader.read(question, limit(), [&](std::span<const Cell> row) {
      if (!previous.empty()) print_line("  " + previous + ",");
      previous = store::json_of(question.columns(), row);
      return true;
    });
    if (!previous.empty()) print_line("  " + previous);
    print_line(fmt::format("], \"more\": {}}}", more));
  }

  void print_table(store::TableReader& reader, const store::Question& question) const {
    const auto columns = question.columns();
    std::vector<Table::Column> titles;
    for (const Column& column : columns) {
      const bool number =
          column.kind == ColumnKind::integer || column.kind == ColumnKind::real || column.kind == ColumnKind::length;
      titles.push_back({title_for_people(column), number ? Table::Align::right : Table::Align::left});
    }
    Table table(std::move(titles));
    const bool more = reader.read(question, limit(), [&](std::span<const Cell> row) {
      std::vector<Table::Cell> cells;
      for (size_t i = 0; i < columns.size(); ++i) cells.push_back({for_people(columns[i], row[i])});
      table.add(std::move(cells));
      return true;
    });
    if (table.empty())
      print_line("nothing fits");
    else
      table.print();
    if (more) print_line(more_words());
  }

  [[nodiscard]] std::string more_words() const { return fmt::format("there is more than these {} (--limit)", limit_); }

  [[nodiscard]] int export_all(store::TableReader& reader) const {
    if (!out_) throw UsageError("export needs a folder", {.advice = "add --out DIR"});
    std::error_code error;
    std::filesystem::create_directories(*out_, error);
    if (error)
      throw StoreError("export to '" + *out_ + "': " + error.message(),
                       {.cause = error.message(), .advice = "name a folder that you may write"});
    reader.stand_still();  // all files are of one moment
    for (const std::string_view table : store::table_names())
      if (table != "dwell") export_one(reader, table);  // which is made of visits
    flush_output();
    return exit_done;
  }

  void export_one(store::TableReader& reader, std::string_view table) const {
    const bool lines = format_ == "jsonl";
    const std::filesystem::path path = std::filesystem::path(*out_) / (std::string(table) + (lines ? ".jsonl" : ".csv"));
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    const store::Question question = about(table);
    size_t rows = 0;
    if (!lines) file << csv_titles(question.columns()) << "\r\n";
    (void)reader.read(question, SIZE_MAX, [&](std::span<const Cell> row) {
      if (lines)
        file << store::json_of(question.columns(), row) << '\n';
      else
        file << csv_line(question.columns(), row) << "\r\n";
      ++rows;
      return file.good();
    });
    file.close();
    if (!file)
      throw StoreError("export: '" + path.string() + "' cannot be written",
                       {.cause = "the file system refused it", .advice = "make room there, or name another folder"});
    print_line(fmt::format("{}  {} rows", path.string(), rows));
  }

  [[nodiscard]] int back_up(const std::filesystem::path& path, const std::filesystem::path& target) const {
    if (!what_.empty()) throw UsageError("--backup copies all", {.advice = "ask for '" + what_ + "' in a call of its own"});
    backup_store(path, target);
    print_line(fmt::format("{}  {} bytes", target.string(), std::filesystem::file_size(target)));
    flush_output();
    return exit_done;
  }

  std::string what_;
  std::optional<std::string> store_;
  std::optional<std::string> config_;
  std::optional<std::string> from_;
  std::optional<std::string> until_;
  std::string device_;
  std::string zone_;
  std::string quantity_;
  bool open_ = false;
  std::string by_;
  std::optional<std::string> offset_;
  int limit_ = 1000;
  bool csv_ = false;
  bool json_ = false;
  std::string format_ = "csv";
  std::optional<std::string> out_;
  std::optional<std::string> backup_;
};

}  // namespace

std::unique_ptr<Command> make_query() {
  return std::make_unique<Query>();
}

}  // namespace moor::cli
