#include "moor/doctor.hpp"

#include "core/within.hpp"
#include "moor/error.hpp"
#include "radio/bluez/doctor_facts.hpp"

namespace moor::bluez {

namespace {

// What a question throws, it does not know.
template <typename Result>
awaitable<Result> ask(Clock& clock, const std::function<awaitable<Result>(Clock&, TimePoint)>& question, Result unknown) {
  const TimePoint deadline = clock.now() + question_bound;
  try {
    std::optional<Result> answer = co_await within(clock, deadline, question(clock, deadline));
    co_return answer ? std::move(*answer) : std::move(unknown);
  } catch (const Error&) {
    co_return std::move(unknown);
  }
}

}  // namespace

awaitable<Facts> gather(Clock& clock, DoctorPorts ports) {
  Facts facts = read_files(ports);
  BusFacts silent;
  silent.state = BusFacts::State::silent;
  facts.bus = co_await ask(clock, ports.ask_bus, std::move(silent));
  std::string no_version;
  facts.bluetoothd_version = co_await ask(clock, ports.ask_version, std::move(no_version));
  const ManagementFacts unasked;
  facts.management = co_await ask(clock, ports.ask_management, unasked);
  co_return facts;
}

}  // namespace moor::bluez

namespace moor {

awaitable<std::vector<Check>> examine_bluetooth(Clock& clock) {
  bluez::DoctorPorts ports = bluez::machine_ports();
  const bluez::Facts facts = co_await bluez::gather(clock, std::move(ports));
  co_return bluez::judge(facts);
}

}  // namespace moor
