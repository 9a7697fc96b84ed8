#pragma once
// The lab: what the dashboard lets a learner try, computed by moor's own code as the commands do it. Nothing of it touches a radio or
// the gateway's state. Below /api/v1/lab:
//
//   POST decode      {hex, address, random}              as `moor decode --json`, and {parts: bytes with their names}
//   POST encode      {type, and the fields of its type}  the same, of the advertisement that is made
//   GET  lookup      ?q=                                 as `moor lookup --json`
//   GET  services                                        adopted services for a picker
//   GET  walks                                           simulated walks, and one out of the demo's recording
//   POST smoothing   {samples or walk, and options}      readings with zones, as `moor track` gives them
//   POST power       {options}                           as `moor power --json`
//   POST power-plan  {options}                           as `moor power --plan --json`
//   GET  questions                                       the chapter's knowledge checks

#include "http/router.hpp"
#include "moor/clock.hpp"

#include <boost/json/array.hpp>
#include <filesystem>
#include <span>

namespace moor::serve {

class Walks;

struct LabOptions {
  std::filesystem::path recording = {};  ///< out of which the recorded walk is taken; empty: there is none
};

/// Routes for everybody who may use the API. `clock` must outlive the router.
void add_lab(http::Router& router, Clock& clock, LabOptions options = LabOptions());

// The computations, by the object that the client has sent. Each throws http::Refusal with status 400 for what is missing, unknown or
// out of its range, and says the range.
[[nodiscard]] boost::json::object lab_decode(const boost::json::object& asked, TimePoint now);
[[nodiscard]] boost::json::object lab_encode(const boost::json::object& asked);
[[nodiscard]] boost::json::array lab_services();
[[nodiscard]] boost::json::object lab_smoothing(const boost::json::object& asked, Walks& walks);
[[nodiscard]] boost::json::object lab_power(const boost::json::object& asked);
[[nodiscard]] boost::json::object lab_power_plan(const boost::json::object& asked);
[[nodiscard]] boost::json::array lab_questions();

}  // namespace moor::serve
