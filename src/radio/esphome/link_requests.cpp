#include "radio/esphome/link_requests.hpp"

#include <fmt/format.h>

namespace moor::esphome_radio {

namespace {

constexpr uint8_t invalid_handle = 0x01;
constexpr uint8_t invalid_length = 0x0D;
constexpr uint8_t unlikely_error = 0x0E;
constexpr int32_t stack_error = 0x85;       // ESP_GATT_ERROR
constexpr size_t write_command_header = 3;  // opcode and handle

[[noreturn]] void throw_incomplete(LinkCore& link, const std::string& problem) {
  // The next connection is to be made without the proxy's cache, and to discover.
  (void)link.forget_table();
  ConnectCause cause{.reason = ConnectReason::services_incomplete, .origin = CauseOrigin::client, .text = problem};
  throw_connect_error(fmt::format("the services of {} are incomplete: {}", link.info().device.to_string(), problem),
                      link.error_context(), std::move(cause));
}

awaitable<Answer> ask_in_turn(CorePtr link, Pending::Key key, std::function<void(LinkCore&)> send) {
  const Turns::Turn turn = co_await link->turns(key).take();
  co_await settle(link, key);
  Call call(link, key);
  send(*link);
  co_return co_await call.answer();
}

awaitable<void> discover(CorePtr link) {
  const Pending::Key key{0, RequestKind::services};
  const Turns::Turn turn = co_await link->turns(key).take();
  if (link->table()) co_return;
  co_await settle(link, key);
  Call call(link, key);
  link->send(esphome::AddressRequest{.address = link->address()});
  const Answer answer = co_await call.answer();
  if (!answer.success) throw_incomplete(*link, gatt_error_name(answer.error));
  ServicesAssembly::Result result = call.assembly().finish();
  if (!result.problem.empty()) throw_incomplete(*link, result.problem);
  link->set_table(std::move(result.services));
}

awaitable<void> send_command(CorePtr link, uint16_t handle, std::vector<uint8_t> value) {
  const Turns::Turn turn = co_await link->turns({handle, RequestKind::write}).take();
  link->send(esphome::WriteRequest{.address = link->address(), .handle = handle, .response = false, .data = value});
  link->pending().begin_command(handle, link->clock().now());
}

// Handle 0 is none (Core 5.4, Vol 3, Part F, 3.2.2), and would be taken for the device as a whole.
void check_handle(const LinkCore& link, uint16_t handle) {
  link.check_open();
  if (handle == 0) throw_gatt_error(link, invalid_handle, "0 is no handle");
}

}  // namespace

void throw_gatt_error(const LinkCore& link, uint8_t code, std::string cause) {
  ErrorContext context = link.error_context();
  if (code == stack_error)
    context.advice = "The link is probably gone: connect again.";
  else if (code >= 0x80)
    context.advice = "It may be the proxy's own error, not the device's: try again, or connect again.";
  const std::string what = fmt::format("{} refused: {} - {}", context.device->to_string(), att_error_name(code), cause);
  context.cause = std::move(cause);
  throw GattError(code, what, std::move(context));
}

void check_answer(const LinkCore& link, const Answer& answer) {
  if (answer.success && answer.error == 0) return;
  const bool is_code = answer.error > 0 && answer.error <= UINT8_MAX;
  throw_gatt_error(link, is_code ? static_cast<uint8_t>(answer.error) : unlikely_error, gatt_error_name(answer.error));
}

awaitable<void> settle(CorePtr link, Pending::Key key) {
  const TimePoint asked = link->clock().now();
  for (;;) {
    link->check_open();
    const auto until = link->pending().held_until(key, asked, link->clock().now());
    if (!until) co_return;
    Event changed(link->executor());
    const Bell::Listener listener(link->bell(), changed);
    if (*until == TimePoint::max())
      co_await changed.wait();
    else
      (void)co_await within(link->clock(), *until, changed.wait());
  }
}

awaitable<Answer> ask(CorePtr link, Pending::Key key, std::function<void(LinkCore&)> send, TimePoint deadline) {
  link->check_open();
  if (deadline <= link->clock().now()) link->throw_timed_out();
  std::optional<Answer> answer = co_await within(link->clock(), deadline, ask_in_turn(link, key, std::move(send)));
  if (answer) co_return std::move(*answer);
  link->check_open();
  link->throw_timed_out();
}

awaitable<Closed> wait_closed(CorePtr link) {
  while (!link->closed()) {
    Event changed(link->executor());
    const Bell::Listener listener(link->bell(), changed);
    co_await changed.wait();
  }
  co_return *link->closed();
}

awaitable<GattServices> find_services(CorePtr link, TimePoint deadline) {
  link->check_open();
  if (link->table()) co_return *link->table();
  if (deadline <= link->clock().now()) link->throw_timed_out();
  const bool in_time = co_await within(link->clock(), deadline, discover(link));
  if (!in_time || !link->table()) {
    link->check_open();
    link->throw_timed_out();
  }
  co_return *link->table();
}

awaitable<std::vector<uint8_t>> read(CorePtr link, uint16_t handle, TimePoint deadline) {
  check_handle(*link, handle);
  std::function<void(LinkCore&)> send = [handle](LinkCore& on) {
    on.send(esphome::ReadRequest{.address = on.address(), .handle = handle});
  };
  const Pending::Key key{handle, RequestKind::read};
  Answer answer = co_await ask(link, key, std::move(send), deadline);
  check_answer(*link, answer);
  co_return std::move(answer.data);
}

awaitable<std::vector<uint8_t>> read_descriptor(CorePtr link, uint16_t handle, TimePoint deadline) {
  check_handle(*link, handle);
  std::function<void(LinkCore&)> send = [handle](LinkCore& on) {
    on.send(esphome::ReadDescriptorRequest{.address = on.address(), .handle = handle});
  };
  const Pending::Key key{handle, RequestKind::read};
  Answer answer = co_await ask(link, key, std::move(send), deadline);
  check_answer(*link, answer);
  co_return std::move(answer.data);
}

awaitable<void> write(CorePtr link, uint16_t handle, std::vector<uint8_t> value, WriteKind kind, TimePoint deadline) {
  check_handle(*link, handle);
  if (kind == WriteKind::without_response) {
    if (value.size() + write_command_header > link->mtu())
      throw_gatt_error(*link, invalid_length, fmt::format("{} bytes do not fit an MTU of {}", value.size(), link->mtu()));
    const bool sent = co_await within(link->clock(), deadline, send_command(link, handle, std::move(value)));
    if (!sent) link->throw_timed_out();
    co_return;
  }
  std::function<void(LinkCore&)> send = [handle, value = std::move(value)](LinkCore& on) {
    on.send(esphome::WriteRequest{.address = on.address(), .handle = handle, .response = true, .data = value});
  };
  const Pending::Key key{handle, RequestKind::write};
  const Answer answer = co_await ask(link, key, std::move(send), deadline);
  check_answer(*link, answer);
}

awaitable<void> write_descriptor(CorePtr link, uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) {
  check_handle(*link, handle);
  std::function<void(LinkCore&)> send = [handle, value = std::move(value)](LinkCore& on) {
    on.send(esphome::WriteDescriptorRequest{.address = on.address(), .handle = handle, .data = value});
  };
  const Pending::Key key{handle, RequestKind::write};
  const Answer answer = co_await ask(link, key, std::move(send), deadline);
  check_answer(*link, answer);
}

}  // namespace moor::esphome_radio
