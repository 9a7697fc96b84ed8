#include "mdns/mdns.hpp"

namespace moor::mdns {

std::shared_ptr<Mdns> make_mdns(Clock&, Settings) {
  throw Error("multicast DNS is not there yet");
}

}  // namespace moor::mdns
