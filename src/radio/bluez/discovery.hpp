#pragma once
// Discovery on one adapter, shared by all scans and connections of this process: to bluetoothd they are one client, which has one discovery with
// one filter. Who wants it says so with a Want, and then lets bluetoothd follow:
//
//   Discovery::Want want(system->discovery(adapter));
//   co_await want.settle(deadline);      // it discovers
//   want.drop();
//   co_await want.settle(deadline);      // it has stopped, unless somebody else wants it
//
// Discovery of other programs is left alone.

#include "core/turns.hpp"
#include "radio/bluez/object_tree.hpp"

namespace moor::bluez {

class System;

class Discovery : public std::enable_shared_from_this<Discovery> {
public:
  /// @param system  must outlive it.
  Discovery(System& system, unsigned adapter);
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;

  class Want {
  public:
    /// @param service_uuids  only devices with one of these need be reported; all where it is empty.
    explicit Want(std::shared_ptr<Discovery> discovery, std::vector<Uuid> service_uuids = {});
    Want(const Want&) = delete;
    Want& operator=(const Want&) = delete;
    ~Want() { drop(); }
    void drop() noexcept;
    /// Starts discovery, changes its filter or ends it, as all wants together say; also after bluetoothd was restarted, or the adapter was powered
    /// off, which ends it. InProgress is waited for up to the deadline.
    /// @throws dbus::CallFailed (NotReady: powered off), TimedOut, RadioNotAvailable. Stopping throws nothing: what could not be stopped is stopped the
    /// next time. Cancellation: total; what had been asked may still happen, so drop and settle afterwards.
    [[nodiscard]] awaitable<void> settle(TimePoint deadline) { return Discovery::settle(discovery_, deadline); }

  private:
    std::shared_ptr<Discovery> discovery_;
    std::vector<Uuid> service_uuids_;
    bool dropped_ = false;
    friend class Discovery;
  };

  /// As far as this process knows.
  [[nodiscard]] bool is_running() const noexcept;

private:
  enum class State : uint8_t { stopped, running, unsure };  // unsure: asked, and the answer was not awaited

  [[nodiscard]] static awaitable<void> settle(std::shared_ptr<Discovery> self, TimePoint deadline);
  [[nodiscard]] awaitable<void> set_filter(TimePoint deadline);
  [[nodiscard]] awaitable<void> start(TimePoint deadline);
  [[nodiscard]] awaitable<void> stop(TimePoint deadline);
  [[nodiscard]] std::vector<Uuid> wanted_uuids() const;
  void look_at_adapter();

  System& system_;
  unsigned adapter_;
  std::vector<const Want*> wants_;
  Turns turns_;
  State state_ = State::stopped;
  uint64_t generation_ = 0;   // of bluetoothd, when it was asked
  std::vector<Uuid> filter_;  // as it was set
  std::unique_ptr<ObjectTree::Watch> adapter_watch_;
};

}  // namespace moor::bluez
