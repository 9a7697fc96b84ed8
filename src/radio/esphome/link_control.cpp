// What is asked of a connection as a whole: pairing, the proxy's cache, its parameters, its end.

#include "core/unless.hpp"
#include "radio/esphome/link_requests.hpp"

#include <fmt/format.h>

namespace moor::esphome_radio {

namespace {

using esphome::DeviceRequestType;

[[noreturn]] void throw_unable(const LinkCore& link, std::string_view what, std::string cause, std::string advice) {
  ErrorContext context = link.error_context();
  context.cause = std::move(cause);
  context.advice = std::move(advice);
  const std::string text = fmt::format("{} cannot {}", context.radio, what);
  throw RadioNotAvailable(text, std::move(context));
}

void need(const LinkCore& link, esphome::Feature feature, std::string_view what) {
  link.check_open();
  if (esphome::has(link.features(), feature)) return;
  throw_unable(link, what, "it does not say that it has the feature",
               "Update the proxy's firmware; a proxy of ESPHome needs active connections in its configuration.");
}

[[noreturn]] void throw_not_paired(const LinkCore& link, PairingProblem problem, std::string cause) {
  ErrorContext context = link.error_context();
  context.cause = std::move(cause);
  if (problem == PairingProblem::refused)
    context.advice =
        "Bring the device into its pairing mode; one that needs a passkey cannot be paired through a proxy: use a local adapter.";
  if (problem == PairingProblem::busy) context.advice = "Another pairing is under way; wait for its end.";
  const std::string what = fmt::format("cannot pair with {}: {}", context.device->to_string(), to_string(problem));
  throw PairingFailed(what, problem, std::move(context));
}

awaitable<Answer> ask_device(CorePtr link, RequestKind kind, DeviceRequestType type, TimePoint deadline) {
  std::function<void(LinkCore&)> send = [type](LinkCore& on) {
    const bool random = on.info().device.is_random();
    on.send(esphome::DeviceRequest{
        .address = on.address(), .request_type = type, .has_address_type = true, .address_type = random ? 1U : 0U});
  };
  const Pending::Key key{0, kind};
  co_return co_await ask(link, key, std::move(send), deadline);
}

awaitable<void> until_closed(CorePtr link) {
  (void)co_await wait_closed(link);
}

awaitable<void> ask_agent(CorePtr link, PairingAgent& agent, bool& allowed) {
  allowed = co_await agent.allow(link->info().device);
}

// Once it has begun it is done, also where the caller does not wait for it.
struct Closing {
  explicit Closing(CorePtr of) : link(std::move(of)) {}
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;
  ~Closing() { link->close(CloseReason::local, "closed; the proxy has not answered"); }
  CorePtr link;
};

}  // namespace

awaitable<int8_t> rssi(CorePtr link) {
  link->check_open();
  throw_unable(*link, "tell the RSSI of a connection", "the protocol has no message for it",
               "Take the RSSI of the device's advertisements.");
  co_return int8_t{};
}

awaitable<ParametersApplied> set_parameters(CorePtr link, ConnectionParameters parameters, TimePoint deadline) {
  parameters.check();
  constexpr std::string_view what = "change the parameters of a connection";
  need(*link, esphome::Feature::connection_parameters, what);
  std::function<void(LinkCore&)> send = [parameters](LinkCore& on) {
    on.send(esphome::SetConnectionParameters{.address = on.address(),
                                             .min_interval = parameters.min_interval.units,
                                             .max_interval = parameters.max_interval.units,
                                             .latency = parameters.latency,
                                             .timeout = parameters.timeout.units});
  };
  const Pending::Key key{0, RequestKind::parameters};
  const Answer answer = co_await ask(link, key, std::move(send), deadline);
  if (answer.error != 0)
    throw_unable(*link, what, gatt_error_name(answer.error), "The proxy or the device does not take these values; try others.");
  co_return ParametersApplied::now;
}

// The protocol knows just works alone, so whatever the agent could do is not asked of it.
awaitable<void> pair(CorePtr link, PairingAgent& agent, TimePoint deadline) {
  need(*link, esphome::Feature::pairing, "pair");
  bool allowed = false;
  std::optional<bool> open;
  const auto asked = [](CorePtr on, PairingAgent& whom, bool& answer, std::optional<bool>& still_open) -> awaitable<void> {
    still_open = co_await unless(until_closed(on), ask_agent(on, whom, answer));
  };
  const bool in_time = co_await within(link->clock(), deadline, asked(link, agent, allowed, open));
  link->check_open();
  if (!in_time || !open.value_or(false)) link->throw_timed_out();
  if (!allowed) throw_not_paired(*link, PairingProblem::rejected, "refused by the agent");
  const Answer answer = co_await ask_device(link, RequestKind::bond, DeviceRequestType::pair, deadline);
  if (!answer.success) throw_not_paired(*link, pairing_problem(answer.error), pairing_error_name(answer.error));
}

awaitable<void> unpair(CorePtr link, TimePoint deadline) {
  constexpr std::string_view what = "unpair";
  need(*link, esphome::Feature::pairing, what);
  const Answer answer = co_await ask_device(link, RequestKind::bond, DeviceRequestType::unpair, deadline);
  // Old firmware answers with 85, whose second field says "paired": the error alone counts.
  if (answer.error != 0)
    throw_unable(*link, what, gatt_error_name(answer.error), "Is the device still paired? Remove the bond on the device.");
}

awaitable<bool> clear_cache(CorePtr link, TimePoint deadline) {
  link->check_open();
  const bool forgotten = link->forget_table();
  if (!esphome::has(link->features(), esphome::Feature::cache_clearing)) co_return forgotten;
  const Answer answer = co_await ask_device(link, RequestKind::cache, DeviceRequestType::clear_cache, deadline);
  co_return answer.success || forgotten;
}

awaitable<void> disconnect(CorePtr link, TimePoint deadline) {
  if (link->closed()) co_return;
  const Closing closing(link);
  link->release();
  (void)co_await within(link->clock(), deadline, until_closed(link));
}

}  // namespace moor::esphome_radio
