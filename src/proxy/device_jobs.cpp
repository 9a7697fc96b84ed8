#include "proxy/device_jobs.hpp"

#include "proxy/error_codes.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

namespace moor::proxy {

// A client need not say of what kind the address of a device is that the radio knows.
Address DeviceJobs::address_of(const Job& job) const {
  if (job.device) return *job.device;
  const Address random(job.address, true);
  return radio_.find_device(random) ? random : Address(job.address, false);
}

bool DeviceJobs::start(Job job, std::shared_ptr<DeviceConnection> up, std::function<void(int32_t code)> on_end) {
  if (running_->size() >= max_jobs) return false;
  const auto at = running_->emplace(running_->end());
  at->on_end = std::move(on_end);
  const Address device = up != nullptr ? up->device() : address_of(job);
  // The list is kept as long as a job runs, which needs its signal.
  auto ended = [running = running_, at](const std::exception_ptr& error) {
    const auto told = std::move(at->on_end);
    running->erase(at);
    if (told) told(error ? request_code(error) : 0);
  };
  boost::asio::co_spawn(executor_, perform(radio_, job, device, std::move(up)),
                        boost::asio::bind_cancellation_slot(at->cancel.slot(), std::move(ended)));
  return true;
}

void DeviceJobs::stop() {
  for (auto each = running_->begin(); each != running_->end();) {
    const auto current = each++;
    current->on_end = nullptr;
    current->cancel.emit(boost::asio::cancellation_type::all);
  }
}

awaitable<void> DeviceJobs::perform(Radio& radio, Job job, Address device, std::shared_ptr<DeviceConnection> up) {
  if (job.kind == GattRequest::Kind::unpair) {
    if (up != nullptr)
      co_await DeviceConnection::unpair(up, job.deadline);
    else
      (void)co_await radio.forget(device, true, job.deadline);  // no bond is as good
    co_return;
  }
  // Some systems can forget services only together with the bond.
  constexpr uint8_t refused = 6;
  const auto known = radio.find_device(device);
  if (known && known->bonded) throw GattError(refused, "a bonded device keeps its services");
  if (up != nullptr) {
    co_await DeviceConnection::clear_cache(up, job.deadline);
    co_return;
  }
  const bool cleared = co_await radio.clear_services(device, job.deadline);
  if (!cleared) (void)co_await radio.forget(device, false, job.deadline);
}

}  // namespace moor::proxy
