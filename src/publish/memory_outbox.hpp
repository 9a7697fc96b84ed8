#pragma once
// The outbox of a gateway without a store: bounded, and gone with the process.

#include "moor/clock.hpp"
#include "moor/outbox.hpp"

#include <deque>

namespace moor::publish {

class MemoryOutbox final : public Outbox {
public:
  /// @param clock  outlives it.
  explicit MemoryOutbox(Clock& clock);

  /// @param message  a JSON object; the id is put in front of its members.
  void put(std::string kind, TimePoint time, std::string_view message);

  void on_committed(std::function<void()> call) override { calls_.push_back(std::move(call)); }
  void register_sink(std::string sink, size_t bound) override;
  void remove_sink(const std::string& sink) override;
  using Outbox::read;
  [[nodiscard]] boost::asio::awaitable<std::vector<OutboxMessage>> read(std::string sink, size_t limit, uint64_t after) override;
  void acknowledge(std::string sink, uint64_t through) override;
  [[nodiscard]] OutboxStatistics statistics() const override;

private:
  struct Sink {
    size_t bound = 0;
    uint64_t cursor = 0;
    uint64_t dropped = 0;
  };
  void forget_passed();

  Clock& clock_;
  std::map<std::string, Sink> sinks_;
  std::deque<OutboxMessage> messages_;
  uint64_t last_ = 0;
  uint64_t first_event_;  // events of two runs have different ids
  std::vector<std::function<void()>> calls_;
};

}  // namespace moor::publish
