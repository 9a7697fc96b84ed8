#include "radio/controller/controller.hpp"

#include "core/event.hpp"

namespace moor::controller {

struct Controller::State {
  ControllerCounters counters;
};

Controller::Controller(boost::asio::any_io_executor, Clock&, Radio&, ControllerOptions, Send)
    : state_(std::make_shared<State>()) {}
Controller::~Controller() = default;
void Controller::receive(Bytes) {
  ++state_->counters.commands;
}
const ControllerCounters& Controller::counters() const noexcept {
  return state_->counters;
}
awaitable<void> Controller::stop() {
  co_return;
}

}  // namespace moor::controller
