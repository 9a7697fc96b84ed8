#include "radio/esphome/session.hpp"

#include <fmt/format.h>

namespace moor::esphome_radio {

bool is_permanent(SessionProblem problem) noexcept {
  switch (problem) {
    case SessionProblem::none:
    case SessionProblem::not_reachable:
    case SessionProblem::no_answer:
    case SessionProblem::protocol_error: return false;
    default: return true;
  }
}

ProblemText problem_text(SessionProblem problem, const std::string& proxy, const std::string& detail) {
  const std::string with_detail = detail.empty() ? std::string() : ": " + detail;
  switch (problem) {
    case SessionProblem::none: return {};
    case SessionProblem::not_reachable:
      return {.what = fmt::format("the proxy {} is not reachable{}", proxy, with_detail),
              .advice = "Is it powered and on the network, and is its name or address right? It is tried again by itself."};
    case SessionProblem::no_answer:
      return {.what = fmt::format("the proxy {} does not answer{}", proxy, with_detail),
              .advice = "If this lasts, restart the proxy. It is tried again by itself."};
    case SessionProblem::wrong_key:
      return {.what = fmt::format("the key is not that of {}", proxy),
              .advice = "Take the one under api: encryption: key: in the proxy's ESPHome configuration."};
    case SessionProblem::wrong_name:
      return {.what = detail.empty() ? fmt::format("the device at {} has another name", proxy)
                                     : fmt::format("the device at {} is {}, another one than expected", proxy, detail),
              .advice = "Has the address been given to another device? Correct the host, or the expected name."};
    case SessionProblem::encryption_needed:
      return {
          .what = fmt::format("the proxy {} wants encryption, and no key is given", proxy),
          .advice = "Give its key: esphome://HOST?key=BASE64, from api: encryption: key: in the proxy's ESPHome configuration."};
    case SessionProblem::encryption_not_expected:
      return {.what = fmt::format("a key is given for {}, and it does not encrypt", proxy),
              .advice = "Leave the key out, or give the proxy one: api: encryption: key: in its ESPHome configuration."};
    case SessionProblem::bad_key:
      return {.what = fmt::format("the key for {} is none{}", proxy, with_detail),
              .advice = "A key is 32 bytes in base64: 44 characters, the last one '='."};
    case SessionProblem::wrong_version:
      return {.what = detail.empty() ? fmt::format("the API of {} is too new", proxy)
                                     : fmt::format("the API of {} is version {}, and moor speaks 1 and 2", proxy, detail),
              .advice = "A newer moor may know it."};
    case SessionProblem::password_needed:
      return {.what = fmt::format("the proxy {} wants a password, which moor does not support", proxy),
              .advice = "ESPHome has given passwords up: update the proxy's firmware and use api: encryption: instead."};
    case SessionProblem::protocol_error:
      return {.what = fmt::format("the proxy {} sends what cannot be{}", proxy, with_detail),
              .advice = "Is it an ESPHome device, and its firmware current? It is tried again by itself."};
    case SessionProblem::no_proxy: break;
  }
  return {.what = fmt::format("the device {} is no Bluetooth proxy", proxy),
          .advice = "Add bluetooth_proxy: to its ESPHome configuration."};
}

}  // namespace moor::esphome_radio
