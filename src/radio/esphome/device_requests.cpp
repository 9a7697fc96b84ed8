// What is asked of a proxy about a device as a whole, link or not: to end its connection, to forget it, to forget its services.

#include "core/within.hpp"
#include "radio/esphome/connections_state.hpp"

#include <algorithm>

namespace moor::esphome_radio {

namespace asio = boost::asio;
using esphome::DeviceRequestType;
using esphome::MessageType;
using StatePtr = std::shared_ptr<Connections::State>;

DeviceQuestion::DeviceQuestion(std::vector<DeviceQuestion*>& of, uint64_t to, std::vector<MessageType> by,
                               const asio::any_io_executor& executor)
    : all(of), device(to), answers(std::move(by)), answered(executor) {
  all.push_back(this);
}

DeviceQuestion::~DeviceQuestion() {
  std::erase(all, this);
}

bool DeviceQuestion::take(uint64_t from, const esphome::Message& message) {
  if (from != device || answered.is_set() || std::ranges::find(answers, message.type) == answers.end()) return false;
  if (message.type == MessageType::pairing) {
    // Firmware before message 86 existed answered so, and says only whether it is paired still.
    const auto answer = esphome::decode<esphome::Pairing>(message.payload);
    success = !answer.error && answer.message.error == 0;
  } else {  // 86 and 88 have the same fields
    const auto answer = esphome::decode<esphome::Unpairing>(message.payload);
    success = !answer.error && answer.message.success;
  }
  answered.set();
  return true;
}

namespace {

awaitable<bool> ask(StatePtr self, Address device, DeviceRequestType type, std::vector<MessageType> answers, TimePoint deadline) {
  const auto executor = co_await asio::this_coro::executor;
  DeviceQuestion question(self->questions, device.bits(), std::move(answers), executor);
  if (!self->request(device, type)) co_return false;
  (void)co_await within(self->clock, deadline, question.answered.wait());
  co_return question.success;
}

}  // namespace

awaitable<void> wait_drained(Clock& clock, DeviceRecordPtr record, TimePoint until) {
  Event changed(co_await asio::this_coro::executor);
  const Bell::Listener listener(record->changed, changed);
  while (record->machine.state() == ConnectingMachine::State::draining && clock.now() < until) {
    (void)co_await within(clock, until, changed.wait());
    changed.reset();
  }
}

awaitable<void> end_connection(StatePtr self, Address device, TimePoint deadline) {
  if (self->facts() == nullptr) co_return;
  const DeviceRecord* const known = self->find(device.bits());
  const bool is_ours = known != nullptr && (known->machine.is_busy() || known->machine.state() != ConnectingMachine::State::idle);
  if (!is_ours && self->ledger.is_trusted() && !self->ledger.counts(device)) co_return;
  const DeviceRecordPtr record = self->record_of(device);
  self->disconnect(*record);
  co_await wait_drained(self->clock, record, deadline);
}

awaitable<bool> forget_services(StatePtr self, Address device, TimePoint deadline) {
  bool forgotten = self->memory.forget(device);
  if (self->has(esphome::Feature::cache_clearing)) {
    const std::vector<MessageType> answers{MessageType::clear_cache};
    const bool cleared = co_await ask(self, device, DeviceRequestType::clear_cache, answers, deadline);
    forgotten = forgotten || cleared;
  }
  co_return forgotten;
}

awaitable<bool> forget_device(StatePtr self, Address device, bool bond_too, TimePoint deadline) {
  bool unpaired = false;
  if (bond_too && self->has(esphome::Feature::pairing)) {
    const std::vector<MessageType> answers{MessageType::unpairing, MessageType::pairing};
    unpaired = co_await ask(self, device, DeviceRequestType::unpair, answers, deadline);
  }
  const bool forgotten = co_await forget_services(self, device, deadline);
  co_return forgotten || unpaired;
}

}  // namespace moor::esphome_radio
