#pragma once
// Calls back at a moment on the clock. The moment may be moved while it runs; nothing polls. All on one executor.

#include "moor/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

namespace moor {

class Alarm {
public:
  /// @param ring  called on the executor at the moment that was set; it sets the next one. It may stop or destroy the alarm.
  Alarm(Clock& clock, boost::asio::any_io_executor executor, std::function<void()> ring);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  /// Nothing is called any more.
  ~Alarm();

  /// Rings at `t` at the latest: also at moments that were set before. TimePoint::max() is no moment.
  void set(TimePoint t);
  void stop();

private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace moor
