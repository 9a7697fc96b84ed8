#pragma once
// Wakes all who wait for something to change. They look themselves what it was.

#include "core/event.hpp"

#include <algorithm>
#include <vector>

namespace moor {

class Bell {
public:
  void ring() {
    for (Event* const each : listeners_) each->set();
  }

  /// Sets `event` at each ring while it exists. Both must outlive it.
  class Listener {
  public:
    Listener(Bell& bell, Event& event) : bell_(bell), event_(event) { bell_.listeners_.push_back(&event_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() {
      auto& all = bell_.listeners_;
      all.erase(std::find(all.begin(), all.end(), &event_));
    }

  private:
    Bell& bell_;
    Event& event_;
  };

private:
  std::vector<Event*> listeners_;
};

}  // namespace moor
