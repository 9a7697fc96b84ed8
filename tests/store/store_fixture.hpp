#pragma once
// A store in virtual time, and rows to put into it.

#include "gateway/temporary_folder.hpp"
#include "moor/store.hpp"
#include "moor/store_reader.hpp"

#include <gmock/gmock.h>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace moor {

class StoreInVirtualTime : public testing::Test {
protected:
  static constexpr TimePoint start{std::chrono::seconds(1'700'000'000)};

  std::unique_ptr<Store> open_store() { return open_store(options_); }
  std::unique_ptr<Store> open_store(const StoreOptions& options) {
    return std::make_unique<Store>(context_.get_executor(), clock_, options);
  }

  /// Runs a test's coroutine and all that it started, to the end.
  template <typename Coroutine>
  void run(Coroutine coroutine) {
    boost::asio::co_spawn(context_, std::move(coroutine), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    clock_.run(context_);
  }
  void close(Store& store) {
    run([&]() -> awaitable<> { co_await store.close(); });
  }
  [[nodiscard]] StoreReader read() const { return StoreReader(options_.path); }

  static ReadingRow reading(const std::string& device, double value, TimePoint time = start) {
    return {.time = time, .device = device, .quantity = "temperature", .value = value, .unit = "°C"};
  }
  static VisitRow visit(const std::string& device, TimePoint entered, std::optional<TimePoint> left = std::nullopt) {
    return {.device = device, .zone = "near", .entered = entered, .left = left};
  }
  /// The place of a kind of rows in the statistics.
  static size_t kind(std::string_view name) {
    return static_cast<size_t>(std::ranges::find(store_row_names, name) - store_row_names.begin());
  }
  static WallTime wall(TimePoint time) { return WallTime(time.time_since_epoch()); }

  TemporaryFolder folder_;
  StoreOptions options_{.path = folder_ / "moor.db"};
  VirtualClock clock_{start};
  boost::asio::io_context context_;
};

}  // namespace moor
