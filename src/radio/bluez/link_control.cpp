// What is asked of a connection as a whole: its RSSI, its parameters, its end.

#include "core/within.hpp"
#include "hci/management_commands.hpp"
#include "radio/bluez/link_requests.hpp"

#include <fmt/format.h>

namespace moor::bluez {

namespace {

[[noreturn]] void throw_no_management(const LinkState& link, std::string_view what) {
  ErrorContext context = link.error_context();
  context.advice =
      "bluetoothd has no such call; the kernel's management socket has: give the program CAP_NET_ADMIN (setcap "
      "cap_net_admin+ep), outside of containers "
      "with a network or users of their own.";
  const std::string text = fmt::format("{} cannot {}", context.radio, what);
  throw RadioNotAvailable(text, std::move(context), Unavailable::permission_denied);
}

// The device's own address, which a bonded one may have told meanwhile.
Address kernel_address(const LinkState& link) {
  const DeviceObject* const device = link.object();
  return device == nullptr ? link.info().device : device->address;
}

[[noreturn]] void throw_refused(const LinkState& link, std::string_view what, const ManagementRefused& refused) {
  link.check_open();
  if (refused.status() == hci::management_status::permission_denied) throw_no_management(link, what);
  ErrorContext context = link.error_context();
  context.cause = refused.what();
  const std::string text = fmt::format("{} cannot {}", context.radio, what);
  throw RadioNotAvailable(text, std::move(context));
}

// Once it has begun it is done, also where the caller does not wait for it.
struct Closing {
  explicit Closing(LinkPtr of) : link(std::move(of)) { link->set_closing(); }
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;
  ~Closing() { link->close(CloseReason::local, text); }
  LinkPtr link;
  std::string text = "closed";
};

}  // namespace

awaitable<int8_t> rssi(LinkPtr link, TimePoint deadline) {
  link->check_open();
  constexpr std::string_view what = "tell the RSSI of a connection";
  Management* const management = link->system().management();
  if (management == nullptr) throw_no_management(*link, what);
  std::optional<std::vector<uint8_t>> answer;
  try {
    answer = co_await within(
        link->clock(), deadline,
        management->command(hci::ManagementCommand::get_connection_info, static_cast<uint16_t>(link->context().adapter),
                            hci::device_parameters(kernel_address(*link))));
  } catch (const ManagementRefused& refused) {
    throw_refused(*link, what, refused);
  }
  link->check_open();
  if (!answer) link->throw_timed_out();
  const auto info = hci::parse_connection_info(*answer);
  if (!info || info->rssi_dbm == no_rssi) {
    ErrorContext context = link->error_context();
    context.cause = "the controller does not tell";
    const std::string text = fmt::format("{} cannot {}", context.radio, what);
    throw RadioNotAvailable(text, std::move(context));
  }
  co_return info->rssi_dbm;
}

awaitable<ParametersApplied> set_parameters(LinkPtr link, ConnectionParameters parameters, TimePoint deadline) {
  link->check_open();
  parameters.check();
  constexpr std::string_view what = "change the parameters of a connection";
  Management* const management = link->system().management();
  if (management == nullptr) throw_no_management(*link, what);
  bool done = false;
  try {
    done = co_await within(link->clock(), deadline,
                           load_connection_parameters(*management, static_cast<uint16_t>(link->context().adapter),
                                                      kernel_address(*link), parameters));
  } catch (const ManagementRefused& refused) {
    throw_refused(*link, what, refused);
  }
  if (!done) link->throw_timed_out();
  co_return ParametersApplied::next_connection;
}

// bluetoothd has no call to forget services only, so the device is forgotten altogether; which is too much where it is bonded.
awaitable<bool> clear_cache(LinkPtr link, TimePoint deadline) {
  link->check_open();
  const LinkContext context = link->context();
  const bool forgotten = co_await forget(context, link->info().device, false, deadline);
  if (forgotten) (void)co_await within(link->clock(), deadline, link->wait_closed());
  co_return forgotten;
}

awaitable<void> disconnect(LinkPtr link, TimePoint deadline) {
  if (link->closed()) co_return;
  if (link->is_closing()) {
    (void)co_await within(link->clock(), deadline, link->wait_closed());
    co_return;
  }
  if (!link->ends_connection()) {
    link->close(CloseReason::local, "closed; the connection is left to those who have it too");
    co_return;
  }
  Closing closing(link);
  try {
    (void)co_await link->system().call(link->system().new_call(link->info().path, "org.bluez.Device1", "Disconnect"), deadline);
    (void)co_await within(link->clock(), deadline, link->wait_closed());
  } catch (const dbus::CallFailed& refusal) {  // not connected, or gone: as good as closed
    closing.text = full_text(refusal);
  } catch (const TimedOut&) {
    closing.text = "closed; bluetoothd has not answered";
  } catch (const RadioNotAvailable&) {
    closing.text = "closed; bluetoothd is gone";
  }
}

}  // namespace moor::bluez
