#include "moor/error.hpp"
#include "moor/radio.hpp"
#include "radio/replay/replay_radio.hpp"

namespace moor {

std::unique_ptr<Radio> open_radio(const RadioSpec& spec, RadioId id, Clock& clock) {
  if (spec.kind == RadioSpec::Kind::replay) return open_replay(spec, id, clock);
  throw RadioNotAvailable("radio " + spec.to_string() + " cannot be used: this version of moor reads recordings only",
                          {.radio = spec.to_string(), .advice = "give --radio replay:CAPTURE, or run `moor gateway --demo`"});
}

}  // namespace moor
