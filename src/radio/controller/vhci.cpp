// A controller of this machine's kernel, through /dev/vhci.

#include "core/event.hpp"
#include "radio/controller/controller.hpp"

namespace moor::controller {

awaitable<void> serve_vhci(Clock&, Radio&, ControllerOptions, std::function<void(unsigned, const Controller&)>) {
  throw RadioNotAvailable("no /dev/vhci", {.advice = "modprobe hci_vhci"});
  co_return;
}

}  // namespace moor::controller
