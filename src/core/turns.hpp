#pragma once
// Work that must be done one after the other: who wants to do some waits for its turn, in the order of asking. All on one executor.

#include "core/event.hpp"

#include <boost/asio/this_coro.hpp>
#include <deque>
#include <memory>

namespace moor {

class Turns {
  struct Waiting {
    explicit Waiting(const boost::asio::any_io_executor& executor) : granted(executor) {}
    Event granted;
  };
  struct State {
    bool taken = false;
    std::deque<Waiting*> waiting{};

    void pass_on() {
      taken = !waiting.empty();
      if (!taken) return;
      waiting.front()->granted.set();
      waiting.pop_front();
    }
  };

public:
  /// Ends when it is destroyed; may outlive the Turns.
  class Turn {
  public:
    Turn() = default;
    explicit Turn(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
    Turn(Turn&&) noexcept = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (state_) state_->pass_on();
    }

  private:
    std::shared_ptr<State> state_;
  };

  /// Cancellation: total, without having had a turn.
  [[nodiscard]] awaitable<Turn> take() {
    const std::shared_ptr<State> state = state_;
    if (!std::exchange(state->taken, true)) co_return Turn(state);
    Waiting waiting(co_await boost::asio::this_coro::executor);
    state->waiting.push_back(&waiting);
    // The turn may have come in the moment in which the waiting was cancelled: then it goes to the next.
    struct Leave {
      State& state;
      Waiting& waiting;
      bool taken = false;
      ~Leave() {
        if (taken) return;
        if (waiting.granted.is_set())
          state.pass_on();
        else
          std::erase(state.waiting, &waiting);
      }
    } leave{*state, waiting};
    co_await waiting.granted.wait();
    leave.taken = true;
    co_return Turn(state);
  }

private:
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace moor
