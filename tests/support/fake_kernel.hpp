#pragma once
// The kernel at the other end of a management socket: it does what Linux 6.1 does (seen in the lab), unless a test tells it what to answer.

#include "hci/management_events.hpp"
#include "radio/bluez/management.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <map>
#include <set>

namespace moor::testing {

class FakeKernel {
public:
  struct Command {
    hci::ManagementCommand code;
    uint16_t controller;
    std::vector<uint8_t> parameters;
    TimePoint at;
  };
  /// Instead of what the kernel would do.
  struct Answer {
    uint8_t status = 0;
    std::vector<uint8_t> data{};
    Duration after{};      ///< Duration::max(): never
    bool complete = true;  ///< with Command Complete, else with Command Status
  };

  FakeKernel(boost::asio::any_io_executor executor, Clock& clock);
  ~FakeKernel() { close(); }
  /// The end for `Management::over`, once.
  [[nodiscard]] int take_socket() noexcept { return std::exchange(other_end_, -1); }

  /// What the next command of that kind is answered.
  void next(hci::ManagementCommand command, Answer answer) { scripted_[command].push_back(std::move(answer)); }
  void send(uint16_t code, uint16_t controller, Bytes parameters);
  void send_raw(Bytes datagram);
  void discovering(bool on, uint16_t controller = 0);
  void settings(uint32_t current, uint16_t controller = 0);
  /// A Device Found, or where `monitor` is given the event of a monitor.
  void found(std::string_view address, int8_t rssi_dbm, Bytes data, uint32_t flags = 0, std::optional<uint16_t> monitor = {},
             uint16_t controller = 0);
  void monitors_removed(uint16_t handle = 0);
  /// As it is unplugged.
  void remove_controller(uint16_t controller = 0);
  void close();

  std::vector<Command> commands{};  ///< all that came
  [[nodiscard]] std::vector<hci::ManagementCommand> codes() const;
  [[nodiscard]] size_t count(hci::ManagementCommand code) const;

  std::map<uint16_t, std::string> controllers{{0, "00:BB:AA:03:02:01"}};  ///< number and address
  bool powered = true;
  bool can_power = true;  ///< what switches it on has an effect
  bool has_monitors = true;
  bool compares_patterns = false;
  std::set<uint16_t> monitors{};
  [[nodiscard]] bool is_discovering() const noexcept { return discovering_; }

private:
  void wait();
  void on_command(Bytes frame);
  void answer(const Command& command, const Answer& answer);
  awaitable<void> answer_later(Command command, Answer answer);
  [[nodiscard]] Answer act(const Command& command);
  [[nodiscard]] std::vector<uint8_t> info(uint16_t controller) const;

  Clock& clock_;
  boost::asio::posix::stream_descriptor descriptor_;
  int other_end_ = -1;
  std::map<hci::ManagementCommand, std::deque<Answer>> scripted_{};
  std::vector<std::function<void()>> after_{};  // events that follow the answer
  bool discovering_ = false;
  uint16_t last_monitor_ = 0;
};

}  // namespace moor::testing
