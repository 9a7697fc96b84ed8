// The life of a connection; its requests are in connection_requests.cpp.

#include "proxy/device_connection.hpp"

#include "core/within.hpp"
#include "proxy/error_codes.hpp"
#include "proxy/slot_desk.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace moor::proxy {

DeviceConnection::DeviceConnection(Clock& clock, boost::asio::any_io_executor executor, Radio& radio, Order order,
                                   std::weak_ptr<Owner> owner, std::shared_ptr<Answers> client)
    : clock_(clock),
      executor_(std::move(executor)),
      radio_(radio),
      order_(std::move(order)),
      owner_(std::move(owner)),
      client_(std::move(client)) {}

void DeviceConnection::start() {
  boost::asio::co_spawn(executor_, run(shared_from_this()), boost::asio::detached);
}

void DeviceConnection::close() {
  if (std::exchange(stopping_, true)) return;
  if (stop_ != nullptr) stop_->set();
  begin_closing();
}

void DeviceConnection::drop() {
  link_.reset();
}

void DeviceConnection::leave_client(bool tell) {
  const auto client = std::exchange(client_, nullptr);
  const auto pending = std::exchange(pending_, {});
  muted_ = muted_ || !tell;
  if (client == nullptr) return;
  for (const PendingPtr& each : pending) {
    if (muted_) return;  // the client left while it was told
    send_refusal(*client, each->request, gatt_code::not_connected);
  }
}

void DeviceConnection::begin_closing() {
  if (std::exchange(closing_, true)) return;
  if (const auto owner = owner_.lock()) owner->on_closing(*this);
}

awaitable<void> DeviceConnection::run(Self self) {
  Event stop(self->executor_);
  self->stop_ = &stop;
  if (self->stopping_) stop.set();
  int32_t code = connection_code(CloseReason::local);
  try {
    co_await live(self, stop, code);
  } catch (...) {
    code = connection_code(std::current_exception());
  }
  self->stopping_ = true;
  if (self->link_ != nullptr && !self->link_->closed()) {
    self->begin_closing();
    (void)co_await unless(until_closed(self), disconnect(self));  // the other end may be quicker
  }
  self->stop_ = nullptr;
  self->link_.reset();
  if (const auto owner = self->owner_.lock()) owner->on_closed(*self, code);
}

awaitable<void> DeviceConnection::live(Self self, Event& stop, int32_t& code) {
  const TimePoint deadline = self->clock_.now() + establish_limit;
  const bool established = co_await unless(until_given_up(self, stop, deadline), establish(self));
  if (!established && !self->stopping_) code = connection_code(ConnectReason::timed_out);
  if (!established || self->stopping_) co_return;
  self->up_ = true;
  if (const auto owner = self->owner_.lock()) owner->on_up(*self);
  const bool closed = co_await unless(stop.wait(), until_closed(self));
  if (closed && self->link_ != nullptr) code = connection_code(self->link_->closed()->reason);
}

awaitable<void> DeviceConnection::establish(Self self) {
  LinkOptions options;
  options.timeout = connect_limit;
  options.use_services_cache = self->order_.from_cache;
  options.label = self->order_.label;
  const TimePoint deadline = self->clock_.now() + establish_limit;
  self->link_ = co_await self->radio_.connect(self->order_.device, std::move(options));
  self->link_->on_services_changed([weak = self->weak_from_this()] {
    if (const auto changed = weak.lock()) changed->on_services_changed();
  });
  // A client that has nothing in its own cache is told of the link only when its services are known.
  if (!self->order_.from_cache) co_await know_services(self, deadline);
}

awaitable<void> DeviceConnection::until_given_up(Self self, Event& stop, TimePoint deadline) {
  (void)co_await within(self->clock_, deadline, stop.wait());
  self->begin_closing();  // now: a radio that does not let go of the attempt must not keep the slot
}

awaitable<void> DeviceConnection::until_closed(Self self) {
  if (self->link_ == nullptr) co_return;  // dropped
  (void)co_await self->link_->wait_closed();
}

awaitable<void> DeviceConnection::disconnect(Self self) {
  if (self->link_ == nullptr) co_return;
  try {
    co_await self->link_->disconnect(self->clock_.now() + SlotDesk::stuck_limit);
  } catch (const std::exception&) {  // destroying it closes it as well
  }
}

}  // namespace moor::proxy
