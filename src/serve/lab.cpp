#include "serve/lab.hpp"

#include "http/message.hpp"
#include "moor/error.hpp"
#include "report/looked_up.hpp"
#include "serve/answers.hpp"
#include "serve/lab_walks.hpp"
#include "serve/parameters.hpp"

#include <boost/json.hpp>
#include <memory>

namespace moor::serve {

namespace json = boost::json;

namespace {

constexpr size_t listed_matches = 20;
// Where the GATT services of the SIG are: Assigned Numbers, 3.4.1.
constexpr uint16_t first_service = 0x1800;
constexpr uint16_t last_service = 0x18FF;

/// A route whose answer is reckoned at once from what was sent.
template <typename Compute>
void add_post(http::Router& router, std::string pattern, Compute compute) {
  router.post(std::move(pattern), [compute](const http::Request& request) -> awaitable<http::Response> {
    co_return answer(json::value(compute(parse_object(request.body))));
  });
}

http::Response lookup(const http::Request& request) {
  only(request, {"q", "kind", "limit"});
  const std::string asked = text(request, "q");
  if (asked.empty()) throw http::Refusal(400, "'q' is missing", "give a number such as 180f, a UUID or a name: ?q=heart");
  const auto limit = integer(request, "limit", 1, 1000).value_or(listed_matches);
  const std::string kind = text(request, "kind");
  try {
    return answer(to_json(look_up(asked, kind), static_cast<size_t>(limit)));
  } catch (const Error& error) {
    throw http::Refusal(404, error.what(), error.advice());
  }
}

json::array list_walks(Walks& walks) {
  json::array list;
  for (const Walk& walk : walks.all()) {
    json::array samples;
    for (const Sample& sample : walk.samples) samples.push_back(json::array{rounded(sample.t, 3), sample.rssi_dbm});
    list.push_back(json::object{{"name", walk.name}, {"what", walk.what}, {"samples", std::move(samples)}});
  }
  return list;
}

}  // namespace

json::array lab_services() {
  json::array list;
  for (uint16_t number = first_service; number <= last_service; ++number) {
    const auto service = find_service(Uuid(number));
    if (!service) continue;
    json::array characteristics;
    for (const AssignedNumber& each : service->characteristics)
      characteristics.push_back(json::object{{"uuid", number_text(each)}, {"name", each.name}});
    list.push_back(json::object{{"uuid", number_text(service->service)},
                                {"name", service->service.name},
                                {"use", service->use},
                                {"characteristics", std::move(characteristics)}});
  }
  return list;
}

void add_lab(http::Router& router, Clock& clock, LabOptions options) {
  add_post(router, "/api/v1/lab/decode", [&clock](const json::object& asked) { return lab_decode(asked, clock.now()); });
  add_post(router, "/api/v1/lab/encode", lab_encode);
  add_post(router, "/api/v1/lab/power", lab_power);
  add_post(router, "/api/v1/lab/power-plan", lab_power_plan);
  router.get("/api/v1/lab/lookup", [](const http::Request& request) -> awaitable<http::Response> { co_return lookup(request); });
  router.get("/api/v1/lab/services", [](const http::Request& request) -> awaitable<http::Response> {
    only(request, {});
    co_return answer(lab_services());
  });
  router.get("/api/v1/lab/questions", [](const http::Request& request) -> awaitable<http::Response> {
    only(request, {});
    co_return answer(lab_questions());
  });
  const auto walks = std::make_shared<Walks>(std::move(options.recording));
  add_post(router, "/api/v1/lab/smoothing", [walks](const json::object& asked) { return lab_smoothing(asked, *walks); });
  router.get("/api/v1/lab/walks", [walks](const http::Request& request) -> awaitable<http::Response> {
    only(request, {});
    co_return answer(list_walks(*walks));
  });
}

}  // namespace moor::serve
