#pragma once
// Calls that end together: whoever owns what they are about ends them all when it is gone, and none of them needs a wait beside it.

#include "core/event.hpp"
#include "moor/error.hpp"

#include <algorithm>
#include <vector>

namespace moor::dbus {

/// The call's group has ended.
class CallGivenUp : public Error {
public:
  CallGivenUp() : Error("nobody waits for the answer any more") {}
};

/// All on one executor. It outlives its calls.
class CallGroup {
public:
  explicit CallGroup(const boost::asio::any_io_executor& executor) : ended_(executor) {}
  CallGroup(const CallGroup&) = delete;
  CallGroup& operator=(const CallGroup&) = delete;

  /// Its calls end with CallGivenUp, those to come too.
  void end() {
    ended_.set();
    for (Member* const each : members_) each->give_up();
  }
  [[nodiscard]] bool has_ended() const noexcept { return ended_.is_set(); }
  /// Cancellation: total.
  [[nodiscard]] awaitable<void> wait_ended() { return ended_.wait(); }

  /// A call while it is under way.
  class Member {
  public:
    explicit Member(CallGroup* group) : group_(group) {
      if (group_ != nullptr) group_->members_.push_back(this);
    }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    virtual ~Member() {
      if (group_ == nullptr) return;
      auto& all = group_->members_;
      all.erase(std::find(all.begin(), all.end(), this));
    }
    /// Resumes nobody before it returns.
    virtual void give_up() = 0;

  private:
    CallGroup* group_;
  };

private:
  Event ended_;
  std::vector<Member*> members_;
};

}  // namespace moor::dbus
