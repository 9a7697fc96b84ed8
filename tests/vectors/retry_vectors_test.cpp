// The behaviour of bleak-retry-connector 4.6.3, scenario by scenario: the real establish_connection and retry in the compat profile.

#include "vectors/retry_vectors.hpp"
#include "moor/retry.hpp"
#include "vectors/test_data.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <iostream>

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::Outcome;
using moor::testing::outcome_of;
using moor::testing::text_of;
using moor::testing::truth_of;
using moor::testing::VectorPaths;
namespace asio = boost::asio;
namespace json = boost::json;

constexpr TimePoint start{1h};
constexpr double exactly_s = 1e-6;

// The entries of a section; nothing where the file or the section is not there.
std::optional<json::array> section(std::string_view name) {
  std::ifstream in(test_data() / "scenarios" / "retry.json");
  if (!in) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const json::value document = json::parse(text);
  const json::value* entries = document.as_object().if_contains(name);
  return entries == nullptr ? std::nullopt : std::optional(entries->as_array());
}

void ran(std::string_view name, size_t count) {
  std::cout << "retry.json, " << name << ": " << count << " entries\n";
}

double number(const json::value& value) {
  return value.to_number<double>();
}

// All that a scenario came to, as the vectors write it.
struct Report {
  std::string result;
  std::string message;
  std::string advice;
  std::vector<double> starts_s;
  std::vector<std::pair<double, double>> waits_s;
  double elapsed_s = 0;
  int timeouts = 0;
  int errors = 0;
  int transient = 0;
};

std::string result_of(const std::exception_ptr& error, Report& report) {
  if (!error) return "connected";
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    report.message = known.what();
    report.advice = known.advice();
    if (dynamic_cast<const DeviceNotFound*>(&known) != nullptr) return "not_found";
    if (dynamic_cast<const OutOfConnectionSlots*>(&known) != nullptr) return "out_of_slots";
    if (dynamic_cast<const ConnectionAborted*>(&known) != nullptr) return "aborted";
    return dynamic_cast<const ConnectionFailed*>(&known) != nullptr ? "connection_error" : "another error";
  } catch (const boost::system::system_error&) {
    return "propagates:CancelledError";
  } catch (const std::invalid_argument& wrong) {
    report.message = wrong.what();
    return "propagates:ValueError";
  } catch (const std::system_error&) {
    return "propagates:OSError";
  }
}

// The package's own client class clears its cache; a plain one does not. Vectors name the class where it matters.
bool clears_services(const json::object& entry) {
  for (const std::string_view key : {"client", "client_class", "client_kind"}) {
    const std::string name = text_of(entry, key);
    if (!name.empty()) return name.find("cache") != std::string::npos || name.find("Cache") != std::string::npos;
  }
  return truth_of(entry, "cache_capable", true);
}

ConnectOptions options_of(const json::object& entry) {
  ConnectOptions options;
  options.profile = RetryProfile::compat;
  options.client.label = "test";
  options.clear_incomplete_services = clears_services(entry);
  if (!entry.contains("args")) return options;
  const json::object& args = entry.at("args").as_object();
  if (const json::value* attempts = args.if_contains("max_attempts")) options.max_attempts = attempts->to_number<int>();
  options.use_services_cache = truth_of(args, "use_services_cache", true) || truth_of(args, "cached_services", false);
  options.pair = truth_of(args, "pair", false);
  if (clears_services(args) != clears_services({})) options.clear_incomplete_services = false;
  if (args.contains("timeout")) options.timeout = moor::testing::seconds_of(args, "timeout");
  return options;
}

Report play(VectorPaths& paths, VirtualClock& clock, ConnectOptions options) {
  Report report;
  std::vector<FailedAttempt> failures;
  options.on_failed_attempt = [&](const FailedAttempt& failed) { failures.push_back(failed); };
  asio::io_context context;
  const Target target{.address = paths.device(), .name = "dev"};
  asio::co_spawn(
      context,
      [&]() -> awaitable<void> {
        const Client client = co_await establish_connection(paths, target, options);
        (void)client;
      },
      [&](std::exception_ptr error) {
        report.elapsed_s = to_seconds(clock.now() - start);
        report.result = result_of(error, report);
      });
  clock.run(context);
  for (const auto& call : paths.radio().calls) report.starts_s.push_back(to_seconds(call.at - start));
  for (size_t i = 0; i < failures.size(); ++i) {
    const FailedAttempt& failed = failures[i];
    const double ended_s = to_seconds(failed.failed - start);
    const double next_s = i + 1 < report.starts_s.size() ? report.starts_s[i + 1] : report.elapsed_s;
    if (failed.wait) report.waits_s.emplace_back(to_seconds(*failed.wait), next_s - ended_s);
    report.timeouts += failed.counted_as == AttemptBudget::timeouts;
    report.errors += failed.counted_as == AttemptBudget::errors;
    report.transient += failed.counted_as == AttemptBudget::transient;
  }
  return report;
}

void check_waits(const Report& report, const json::object& expect) {
  const json::array& starts = expect.at("attempt_starts_s").as_array();
  EXPECT_EQ(report.starts_s.size(), starts.size());
  for (size_t i = 0; i < std::min(starts.size(), report.starts_s.size()); ++i)
    EXPECT_NEAR(report.starts_s[i], number(starts[i]), exactly_s) << "start of attempt " << i + 1;
  const json::array& waits = expect.at("waits").as_array();
  EXPECT_EQ(report.waits_s.size(), waits.size());
  for (size_t i = 0; i < std::min(waits.size(), report.waits_s.size()); ++i) {
    EXPECT_NEAR(report.waits_s[i].first, number(waits[i].at("min_wait")), exactly_s) << "least of wait " << i + 1;
    EXPECT_NEAR(report.waits_s[i].second, number(waits[i].at("actual")), exactly_s) << "length of wait " << i + 1;
  }
  EXPECT_NEAR(report.elapsed_s, number(expect.at("elapsed_s")), exactly_s);
}

void check_calls(const VectorPaths& paths, const ConnectOptions& options, const json::object& expect) {
  const auto& calls = paths.radio().calls;
  EXPECT_EQ(calls.size(), expect.at("attempts").to_number<size_t>());
  const json::array& flags = expect.at("use_cache_flags").as_array();
  EXPECT_EQ(calls.size(), flags.size());
  for (size_t i = 0; i < std::min(flags.size(), calls.size()); ++i)
    EXPECT_EQ(calls[i].options.use_services_cache, flags[i].as_bool()) << "use of the cache by attempt " << i + 1;
  EXPECT_EQ(paths.radio().clear_calls, expect.at("clear_cache_calls").to_number<int>());
  EXPECT_EQ(paths.radio().close_calls, expect.at("disconnect_calls").to_number<int>());
  EXPECT_EQ(paths.chosen_path(), text_of(expect, "client_device_path"));
  const json::object& kwargs = expect.at("client_ctor_kwargs").as_object();
  for (const auto& call : calls) {
    EXPECT_EQ(call.options.pair, truth_of(kwargs, "pair", false));
    EXPECT_EQ(call.options.label, options.client.label);
    if (kwargs.contains("timeout")) {
      EXPECT_NEAR(to_seconds(call.options.timeout), number(kwargs.at("timeout")), exactly_s);
    }
  }
}

std::string_view advice_of(std::string_view name) {
  if (name == "range/interference") return advice_for(ConnectReason::aborted_by_local);
  if (name == "out of slots") return advice_for(ConnectReason::out_of_slots);
  if (name == "device disappeared") return advice_for(ConnectReason::device_not_found);
  return "an advice that is not known";
}

// A vector that does not say in which words the last attempt failed cannot ask for them.
bool asks_for_words_it_does_not_give(const json::object& entry) {
  const json::object& last = entry.at("outcomes").as_array().back().as_object();
  return text_of(last, "kind") == "bluetooth_off" && text_of(last, "message").empty();
}

void check_result(const Report& report, const json::object& entry, const json::object& expect) {
  EXPECT_EQ(report.result, text_of(expect, "result"));
  const json::object& counters = expect.at("counters").as_object();
  EXPECT_EQ(report.timeouts, counters.at("timeouts").to_number<int>());
  EXPECT_EQ(report.errors, counters.at("connect_errors").to_number<int>());
  EXPECT_EQ(report.transient, counters.at("transient").to_number<int>());
  if (const json::value* parts = expect.if_contains("message_contains")) {
    json::array words = parts->as_array();
    if (asks_for_words_it_does_not_give(entry)) words.pop_back();
    for (const json::value& part : words)
      EXPECT_NE(report.message.find(std::string_view(part.as_string())), std::string::npos) << report.message << "\nlacks\n"
                                                                                            << part.as_string();
  }
  if (const json::value* message = expect.if_contains("message_equals")) {
    EXPECT_EQ(report.message, std::string_view(message->as_string()));
  }
  if (const json::value* advice = expect.if_contains("advice")) {
    EXPECT_EQ(report.advice, advice->is_null() ? std::string_view() : advice_of(advice->as_string()));
  }
}

TEST(RetryVectors, Establish) {
  const auto entries = section("establish");
  if (!entries) GTEST_SKIP() << "scenarios/retry.json or its section is not there";
  for (const json::value& value : *entries) {
    const json::object& entry = value.as_object();
    SCOPED_TRACE(text_of(entry, "id") + ": " + text_of(entry, "title"));
    try {
      VirtualClock clock(start);
      VectorPaths paths(clock, entry);
      const ConnectOptions options = options_of(entry);
      const Report report = play(paths, clock, options);
      const json::object& expect = entry.at("expect").as_object();
      check_result(report, entry, expect);
      check_waits(report, expect);
      check_calls(paths, options, expect);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
  ran("establish", entries->size());
}

TEST(RetryVectors, Backoff) {
  const auto entries = section("backoff");
  if (!entries) GTEST_SKIP() << "scenarios/retry.json or its section is not there";
  for (const json::value& value : *entries) {
    const json::object& input = value.at("input").as_object();
    SCOPED_TRACE(json::serialize(input));
    try {
      Outcome outcome = outcome_of(input);
      // A call that hangs is ended by the safety time-out.
      if (outcome.hangs) outcome.cause = ConnectCause{.reason = ConnectReason::timed_out};
      const ConnectCause cause = outcome.cause.value_or(ConnectCause());
      EXPECT_NEAR(to_seconds(backoff_for(cause, RetryProfile::compat)), number(value.at("backoff_s")), exactly_s);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
  ran("backoff", entries->size());
}

// What Python calls the exception of an outcome.
std::string python_name(std::string_view kind) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"error", "BleakError"},
      {"dbus_error", "BleakDBusError"},
      {"timeout", "TimeoutError"},
      {"device_not_found", "BleakDeviceNotFoundError"},
      {"eof", "EOFError"},
      {"not_found", "BleakNotFoundError"},
      {"key_error", "KeyError"},
      {"broken_pipe", "BrokenPipeError"},
      {"value_error", "ValueError"},
      {"attribute_error", "AttributeError"},
      {"os_error", "OSError"},
      {"gatt_error", "BleakGATTProtocolError"},
      {"cancelled", "CancelledError"},
      {"bluetooth_off", "BleakBluetoothNotAvailableError"},
  };
  for (const auto& [ours, theirs] : names)
    if (ours == kind) return std::string(theirs);
  return std::string(kind);
}

// An operation that goes as a vector says, and what became of it.
struct Operation {
  VirtualClock clock{start};
  std::vector<double> starts_s;
  std::string last_kind;
  const json::array& script;

  explicit Operation(const json::array& outcomes) : script(outcomes) {}

  awaitable<int> operator()() {
    const json::object& fields = script[std::min(starts_s.size(), script.size() - 1)].as_object();
    starts_s.push_back(to_seconds(clock.now() - start));
    last_kind = text_of(fields, "kind");
    const Outcome outcome = outcome_of(fields);
    co_await clock.wait_for(outcome.after);
    if (outcome.thrown) std::rethrow_exception(outcome.thrown);
    if (outcome.cause) throw_connect_error(outcome.cause->text, {}, *outcome.cause);
    co_return 7;
  }
};

TEST(RetryVectors, OperationRetry) {
  const auto entries = section("operation_retry");
  if (!entries) GTEST_SKIP() << "scenarios/retry.json or its section is not there";
  for (const json::value& value : *entries) {
    const json::object& entry = value.as_object();
    SCOPED_TRACE(text_of(entry, "id") + ": " + text_of(entry, "title"));
    RetryOptions options{.profile = RetryProfile::compat};
    if (const json::value* attempts = entry.if_contains("attempts"); attempts != nullptr && attempts->is_number())
      options.attempts = attempts->to_number<int>();
    Operation operation(entry.at("outcomes").as_array());
    std::string result;
    asio::io_context context;
    asio::co_spawn(
        context,
        [&]() -> awaitable<void> {
          const std::optional<int> got = co_await retry(operation.clock, operation, options);
          result = got ? "returns" : "returns_nothing";
        },
        [&](std::exception_ptr error) {
          if (error) result = "raises:" + python_name(operation.last_kind);
        });
    operation.clock.run(context);
    const json::object& expect = entry.at("expect").as_object();
    EXPECT_EQ(result, text_of(expect, "result"));
    EXPECT_EQ(operation.starts_s.size(), expect.at("calls").to_number<size_t>());
    const json::array& starts = expect.at("call_starts_s").as_array();
    EXPECT_EQ(operation.starts_s.size(), starts.size());
    for (size_t i = 0; i < std::min(starts.size(), operation.starts_s.size()); ++i)
      EXPECT_NEAR(operation.starts_s[i], number(starts[i]), exactly_s) << "start of call " << i + 1;
    EXPECT_NEAR(to_seconds(operation.clock.now() - start), number(expect.at("elapsed_s")), exactly_s);
  }
  ran("operation_retry", entries->size());
}

}  // namespace
}  // namespace moor
