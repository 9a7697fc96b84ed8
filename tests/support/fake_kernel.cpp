#include "support/fake_kernel.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace moor::testing {

namespace asio = boost::asio;
using hci::ManagementCommand;
namespace event = hci::management_event;
namespace status = hci::management_status;

namespace {

void put_le16(std::vector<uint8_t>& out, size_t value) {
  out.push_back(static_cast<uint8_t>(value));
  out.push_back(static_cast<uint8_t>(value >> 8));
}

void put_le32(std::vector<uint8_t>& out, uint32_t value) {
  put_le16(out, value & 0xFFFFU);
  put_le16(out, value >> 16U);
}

void put_address(std::vector<uint8_t>& out, std::string_view text) {
  out.resize(out.size() + 6);
  Address::parse(text)->to_le(out.data() + out.size() - 6);
}

}  // namespace

FakeKernel::FakeKernel(asio::any_io_executor executor, Clock& clock) : clock_(clock), descriptor_(std::move(executor)) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::bad_alloc();
  descriptor_.assign(ends[0]);
  other_end_ = ends[1];
  wait();
}

void FakeKernel::close() {
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  if (other_end_ >= 0) ::close(std::exchange(other_end_, -1));
}

void FakeKernel::wait() {
  descriptor_.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    std::array<uint8_t, 4096> frame{};
    for (;;) {
      const ssize_t size = recv(descriptor_.native_handle(), frame.data(), frame.size(), MSG_DONTWAIT);
      if (size == 0) return close();
      if (size < 0) break;
      on_command(Bytes(frame).first(static_cast<size_t>(size)));
    }
    wait();
  });
}

void FakeKernel::send(uint16_t code, uint16_t controller, Bytes parameters) {
  std::vector<uint8_t> frame;
  put_le16(frame, code);
  put_le16(frame, controller);
  put_le16(frame, parameters.size());
  frame.insert(frame.end(), parameters.begin(), parameters.end());
  send_raw(frame);
}

void FakeKernel::send_raw(Bytes datagram) {
  (void)::send(descriptor_.native_handle(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
}

void FakeKernel::discovering(bool on, uint16_t controller) {
  discovering_ = on;
  send(event::discovering, controller, std::array<uint8_t, 2>{hci::low_energy_types, static_cast<uint8_t>(on ? 1 : 0)});
}

void FakeKernel::settings(uint32_t current, uint16_t controller) {
  std::vector<uint8_t> parameters;
  put_le32(parameters, current);
  send(event::new_settings, controller, parameters);
}

void FakeKernel::found(std::string_view address, int8_t rssi_dbm, Bytes data, uint32_t flags, std::optional<uint16_t> monitor,
                       uint16_t controller) {
  std::vector<uint8_t> parameters;
  if (monitor) put_le16(parameters, *monitor);
  put_address(parameters, address);
  parameters.push_back(static_cast<uint8_t>(hci::ManagementAddressType::le_random));
  parameters.push_back(static_cast<uint8_t>(rssi_dbm));
  put_le32(parameters, flags);
  put_le16(parameters, data.size());
  parameters.insert(parameters.end(), data.begin(), data.end());
  send(monitor ? hci::monitored_device_found_event : hci::device_found_event, controller, parameters);
}

void FakeKernel::monitors_removed(uint16_t handle) {
  if (handle == 0)
    monitors.clear();
  else
    monitors.erase(handle);
  send(event::monitor_removed, 0, hci::remove_monitor_parameters(handle));
}

void FakeKernel::remove_controller(uint16_t controller) {
  controllers.erase(controller);
  send(event::index_removed, controller, {});
}

std::vector<ManagementCommand> FakeKernel::codes() const {
  std::vector<ManagementCommand> all;
  for (const Command& command : commands) all.push_back(command.code);
  return all;
}

size_t FakeKernel::count(ManagementCommand code) const {
  return static_cast<size_t>(std::ranges::count(commands, code, &Command::code));
}

void FakeKernel::on_command(Bytes frame) {
  const auto parsed = hci::parse_management_frame(frame);
  if (!parsed) return;
  const Command& command = commands.emplace_back(Command{static_cast<ManagementCommand>(parsed->code),
                                                         parsed->controller,
                                                         {parsed->parameters.begin(), parsed->parameters.end()},
                                                         clock_.now()});
  auto& scripted = scripted_[command.code];
  if (scripted.empty()) {
    answer(command, act(command));
    for (const auto& follow : std::exchange(after_, {})) follow();
    return;
  }
  const Answer told = std::move(scripted.front());
  scripted.pop_front();
  if (told.after == Duration{}) return answer(command, told);
  if (told.after != Duration::max()) asio::co_spawn(descriptor_.get_executor(), answer_later(command, told), asio::detached);
}

awaitable<void> FakeKernel::answer_later(Command command, Answer told) {
  co_await clock_.wait_for(told.after);
  if (descriptor_.is_open()) answer(command, told);
}

void FakeKernel::answer(const Command& command, const Answer& told) {
  std::vector<uint8_t> parameters;
  put_le16(parameters, static_cast<uint16_t>(command.code));
  parameters.push_back(told.status);
  parameters.insert(parameters.end(), told.data.begin(), told.data.end());
  send(told.complete ? event::command_complete : event::command_status, command.controller, parameters);
}

std::vector<uint8_t> FakeKernel::info(uint16_t controller) const {
  std::vector<uint8_t> data;
  put_address(data, controllers.at(controller));
  data.push_back(9);
  put_le16(data, 0x05F1);
  put_le32(data, 0x0001BE1B);
  put_le32(data, hci::management_setting::low_energy | (powered ? hci::management_setting::powered : 0));
  data.resize(data.size() + 3);
  const std::string_view name = "hall";
  data.insert(data.end(), name.begin(), name.end());
  data.resize(280);
  return data;
}

FakeKernel::Answer FakeKernel::act(const Command& command) {
  if (command.controller != bluez::no_controller && !controllers.contains(command.controller)) return {status::invalid_index};
  switch (command.code) {
    case ManagementCommand::read_index_list: {
      Answer answer;
      put_le16(answer.data, controllers.size());
      for (const auto& [number, address] : controllers) put_le16(answer.data, number);
      return answer;
    }
    case ManagementCommand::read_info: return {0, info(command.controller)};
    case ManagementCommand::set_powered: {
      if (can_power) powered = command.parameters.at(0) != 0;
      if (!powered && discovering_) after_.push_back([this] { discovering(false); });
      Answer answer;
      put_le32(answer.data, powered ? hci::management_setting::powered : 0);
      return answer;
    }
    case ManagementCommand::start_discovery:
      if (!powered) return {status::not_powered};
      if (discovering_) return {status::busy, command.parameters};
      after_.push_back([this] { discovering(true); });
      return {0, command.parameters};
    case ManagementCommand::stop_discovery:
      if (!discovering_) return {status::rejected, command.parameters};
      after_.push_back([this] { discovering(false); });
      return {0, command.parameters};
    case ManagementCommand::read_monitor_features: {
      if (!has_monitors) return {status::unknown_command};
      Answer answer;
      put_le32(answer.data, compares_patterns ? 1 : 0);
      put_le32(answer.data, compares_patterns ? 1 : 0);
      put_le16(answer.data, 32);
      answer.data.push_back(16);
      put_le16(answer.data, monitors.size());
      for (const uint16_t handle : monitors) put_le16(answer.data, handle);
      return answer;
    }
    case ManagementCommand::add_patterns_monitor: {
      if (!has_monitors) return {status::unknown_command};
      if (command.parameters.at(0) == 0) return {status::invalid_parameters};
      if (!powered) return {status::failed};
      monitors.insert(++last_monitor_);
      return {0, hci::remove_monitor_parameters(last_monitor_)};
    }
    case ManagementCommand::remove_monitor: monitors.erase(load_le16(command.parameters.data())); return {0, command.parameters};
    default: return {};
  }
}

}  // namespace moor::testing
