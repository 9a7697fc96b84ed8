#pragma once
// What is done to a device whether or not there is a link to it, and what ends a link that there is: forgetting its bond, or its services.

#include "proxy/device_connection.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <list>

namespace moor::proxy {

class DeviceJobs {
public:
  static constexpr size_t max_jobs = 8;  ///< at a time

  struct Job {
    GattRequest::Kind kind{};  ///< unpair or clear_cache
    uint64_t address = 0;
    std::optional<Address> device{};  ///< where the client has said of what kind the address is
    TimePoint deadline{};
  };

  DeviceJobs(boost::asio::any_io_executor executor, Radio& radio) : executor_(std::move(executor)), radio_(radio) {}
  /// @param up      the link that there is, or null
  /// @param on_end  called once with the code of a refusal, or 0; not after `stop`
  /// @returns whether it was begun: not where too many run.
  bool start(Job job, std::shared_ptr<DeviceConnection> up, std::function<void(int32_t code)> on_end);
  void stop();

private:
  [[nodiscard]] Address address_of(const Job& job) const;
  [[nodiscard]] static awaitable<void> perform(Radio& radio, Job job, Address device, std::shared_ptr<DeviceConnection> up);

  struct Running {
    boost::asio::cancellation_signal cancel{};
    std::function<void(int32_t)> on_end{};
  };
  boost::asio::any_io_executor executor_;
  Radio& radio_;
  std::shared_ptr<std::list<Running>> running_ = std::make_shared<std::list<Running>>();
};

}  // namespace moor::proxy
