#pragma once
// A recording as a radio: replays the advertising reports of a capture on a clock's time line.
//
// As fast as it goes (no speed, or 0) the reports keep the capture's own time, and the clock, a virtual one, follows them: a
// report is never delivered after a timer that was due before it. At a speed the reports come in real time, that many times
// faster, and the first one is "now". Time never goes backwards: a report whose time does is held at the latest time before it.
//
// With `loop` the capture starts again when it ends, its times going on after the last. A scan that was cancelled goes on where
// it stopped. A damaged file is delivered up to the damage and then ends with the error, in a loop too.

#include "moor/radio.hpp"

namespace moor {

/// Opens the capture that `spec.target` names and lets virtual time begin with its first report.
/// @throws CaptureError  as Capture::open. A capture without a single report is an error of the scan.
[[nodiscard]] std::unique_ptr<Radio> open_replay(const RadioSpec& spec, RadioId id, Clock& clock);

}  // namespace moor
