#include "cli/pairing_output.hpp"

#include "cli/terminal.hpp"
#include "core/json_text.hpp"

#include <boost/json.hpp>

namespace moor::cli {

void print_pairing(bool json, const Address& device, bool paired, bool bonded) {
  if (json) {
    print_line(to_pretty(boost::json::object{{"address", device.to_string()}, {"paired", paired}, {"bonded", bonded}}));
    return;
  }
  print_line(device.to_string() + (!paired  ? " is no longer paired"
                                   : bonded ? " is paired and bonded"
                                            : " is paired, until the link ends"));
}

}  // namespace moor::cli
