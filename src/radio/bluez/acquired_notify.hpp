#pragma once
// Values of a characteristic through the socket that AcquireNotify gives (BlueZ, doc/gatt-api.txt): one packet is one value, its end the end of the subscription.

#include "moor/bytes.hpp"
#include "moor/time.hpp"

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>

namespace moor::bluez {

class AcquiredNotify : public std::enable_shared_from_this<AcquiredNotify> {
public:
  using OnValue = std::function<void(Bytes value)>;

  /// @param socket  is taken over.
  AcquiredNotify(const boost::asio::any_io_executor& executor, int socket) : socket_(executor, socket) {}
  /// @param on_end  the other end has closed it.
  void begin(OnValue on_value, std::function<void()> on_end);
  /// Nothing is called any more.
  void stop() noexcept;

private:
  void wait();
  void read_all();

  boost::asio::posix::stream_descriptor socket_;
  OnValue on_value_;
  std::function<void()> on_end_;
};

}  // namespace moor::bluez
