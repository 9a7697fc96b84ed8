// The lab's computations are moor's own, and what is sent to them may be anything.

#include "serve/lab.hpp"

#include "http/message.hpp"
#include "report/byte_parts.hpp"
#include "serve/lab_walks.hpp"

#include <gmock/gmock.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <fstream>

namespace moor::serve {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

json::object parse(std::string_view text) {
  return json::parse(text).as_object();
}

double number(const json::value& value) {
  return value.to_number<double>();
}

/// What a computation refuses: the status, what and advice; 0 if it does not.
template <typename Compute>
std::string refusal_of(Compute&& compute) {
  try {
    (void)compute();
  } catch (const http::Refusal& refusal) {
    return std::to_string(refusal.status()) + " " + refusal.what() + ": " + refusal.advice();
  } catch (const UsageError& error) {
    return std::string("400 ") + error.what() + ": " + error.advice();
  }
  return "0";
}

constexpr const char* ibeacon =
    R"({"type": "ibeacon", "uuid": "E2C56DB5-DFFB-48D2-B060-D0F5A71096E0", "major": 1, "minor": 101})";

TEST(LabEncode, AnIBeaconHasEveryByteNamed) {
  const json::object made = lab_encode(parse(ibeacon));
  EXPECT_EQ(made.at("hex"), "0201061aff4c000215e2c56db5dffb48d2b060d0f5a71096e000010065c5");
  EXPECT_EQ(made.at("beacon").at("minor"), 101);
  size_t next = 0;
  std::string names;
  for (const json::value& part : made.at("parts").as_array()) {
    EXPECT_EQ(number(part.at("offset")), next);
    next += part.at("length").to_number<size_t>();
    names += std::string(part.at("name").as_string()) + " ";
  }
  EXPECT_EQ(next, 30);
  EXPECT_THAT(names, HasSubstr("company beacon type length proximity UUID major minor measured power"));
}

TEST(LabEncode, EddystoneFramesAreTakenApartToo) {
  const json::object url = lab_encode(parse(R"({"type": "eddystone-url", "url": "https://www.example.com/a"})"));
  EXPECT_EQ(url.at("beacon").at("url"), "https://www.example.com/a");
  EXPECT_THAT(json::serialize(url.at("parts")), HasSubstr("https://www."));
  const json::object tlm =
      lab_encode(parse(R"({"type": "eddystone-tlm", "battery": 2950, "temperature": 21.5, "adverts": 7, "uptime": 10})"));
  EXPECT_THAT(json::serialize(tlm.at("parts")), HasSubstr("2950 mV"));
  EXPECT_THAT(json::serialize(tlm.at("parts")), HasSubstr("21.50"));
  const json::object uid =
      lab_encode(parse(R"({"type": "eddystone-uid", "namespace": "edd1ebeac04e5defa017", "instance": "0123456789ab"})"));
  EXPECT_THAT(json::serialize(uid.at("parts")), HasSubstr("-18 dBm at 0 m: -59 dBm at 1 m"));
}

TEST(LabEncode, SaysWhatIsMissingUnknownOrOutOfRange) {
  const auto refused = [](std::string_view text) { return refusal_of([&] { return lab_encode(parse(text)); }); };
  EXPECT_THAT(refused("{}"), HasSubstr("give one of ibeacon"));
  EXPECT_THAT(refused(R"({"type": "ibeacon"})"), HasSubstr("needs uuid"));
  EXPECT_THAT(refused(R"({"type": "ibeacon", "uuid": "x"})"), HasSubstr("is no UUID"));
  EXPECT_THAT(refused(R"({"type": "ibeacon", "uuid": "180f", "major": 65536})"), HasSubstr("from 0 to 65535"));
  EXPECT_THAT(refused(R"({"type": "ibeacon", "uuid": "180f", "major": 1.5})"), HasSubstr("no whole number"));
  EXPECT_THAT(refused(R"({"type": "ibeacon", "mayor": 1})"), HasSubstr("there is no field 'mayor'"));
  EXPECT_THAT(refused(R"({"type": "eddystone-url", "url": "ftp://x"})"), HasSubstr("400"));
  EXPECT_THAT(refused(R"({"type": 7})"), HasSubstr("is no text"));
}

TEST(LabDecode, EveryByteIsInOnePartWhateverTheBytes) {
  uint32_t state = 1;
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> payload(1 + static_cast<size_t>(round) % 40);
    for (uint8_t& byte : payload)
      byte = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24 & (round % 3 == 0 ? 0xFF : 0x1F));
    size_t next = 0;
    for (const BytePart& part : byte_parts(payload)) {
      ASSERT_EQ(part.offset, next) << to_hex(payload);
      ASSERT_GT(part.length, 0);
      next += part.length;
    }
    ASSERT_EQ(next, payload.size()) << to_hex(payload);
  }
}

TEST(LabDecode, RefusesWhatIsNoPayload) {
  const auto refused = [](std::string_view text) { return refusal_of([&] { return lab_decode(parse(text), {}); }); };
  EXPECT_THAT(refused("{}"), HasSubstr("'hex' is missing"));
  EXPECT_THAT(refused(R"({"hex": "0"})"), HasSubstr("400"));
  EXPECT_THAT(refused(R"({"hex": ""})"), HasSubstr("400"));
  EXPECT_THAT(refused(R"({"hex": "020106", "address": "there"})"), HasSubstr("no Bluetooth address"));
  EXPECT_THAT(refused(R"({"hex": ")" + std::string(4000, '0') + R"("})"), HasSubstr("at most 1650 bytes"));
  EXPECT_EQ(lab_decode(parse(R"({"hex": "020106ff"})"), {}).at("error").at("offset"), 3);
}

// The chapter's approaching device, whose figures it prints.
TEST(LabSmoothing, TheChaptersDeviceApproaches) {
  Walks walks;
  const json::object answer = lab_smoothing(
      parse(
          R"({"samples": [[0,-75],[1,-72],[2,-68],[3,-65],[4,-62],[5,-58],[6,-55],[7,-52],[8,-48],[9,-45]], "alpha": 0.3, "min_samples": 1})"),
      walks);
  const json::array& points = answer.at("points").as_array();
  ASSERT_EQ(points.size(), 10);
  EXPECT_NEAR(number(points[1].at("smoothed")), -74.1, 0.01);
  EXPECT_EQ(points[0].at("zone"), "far");
  EXPECT_EQ(points[9].at("zone"), "immediate");
  EXPECT_NEAR(number(answer.at("effective_window")), 5.67, 0.01);
  EXPECT_NEAR(number(answer.at("response_s")), 9.99, 0.01);
  EXPECT_EQ(answer.at("transitions").as_array().size(), 3);
}

TEST(LabSmoothing, ATimeConstantHasTheWeightOfItsRate) {
  Walks walks;
  const json::object answer = lab_smoothing(parse(R"({"walk": "doorway", "tau": 2})"), walks);
  EXPECT_EQ(number(answer.at("samples_per_s")), 2);
  EXPECT_NEAR(number(answer.at("alpha")), 1 - std::exp(-0.25), 1e-4);
}

size_t transitions(Walks& walks, const std::string& options) {
  return lab_smoothing(parse("{" + options + "}"), walks).at("transitions").as_array().size();
}

TEST(LabSmoothing, TheWalksShowWhatTheirOptionsAreFor) {
  Walks walks;
  EXPECT_GT(transitions(walks, R"("walk": "doorway", "alpha": 0.3, "min_samples": 1, "far": -72)"),
            transitions(walks, R"("walk": "doorway", "alpha": 0.3, "min_samples": 3, "far": -72, "hysteresis": 5)"));
  EXPECT_GT(transitions(walks, R"("walk": "behind the rack", "alpha": 0.5, "min_samples": 1)"),
            transitions(walks, R"("walk": "behind the rack", "alpha": 0.2, "min_samples": 3, "hysteresis": 4)"));
}

TEST(LabSmoothing, RefusesWhatMakesNoSense) {
  Walks walks;
  const auto refused = [&](std::string_view text) { return refusal_of([&] { return lab_smoothing(parse(text), walks); }); };
  EXPECT_THAT(refused("{}"), HasSubstr("either 'samples' or 'walk'"));
  EXPECT_THAT(refused(R"({"walk": "moon"})"), HasSubstr("no walk of this name"));
  EXPECT_THAT(refused(R"({"walk": "doorway", "samples": []})"), HasSubstr("either"));
  EXPECT_THAT(refused(R"({"walk": "doorway", "alpha": 0})"), HasSubstr("from 0.001 to 1"));
  EXPECT_THAT(refused(R"({"walk": "doorway", "alpha": 1e999})"), HasSubstr("from 0.001 to 1"));
  EXPECT_THAT(refused(R"({"walk": "doorway", "alpha": 0.3, "tau": 1})"), HasSubstr("give one of them"));
  EXPECT_THAT(refused(R"({"walk": "doorway", "near": -80, "far": -60})"), HasSubstr("400"));
  EXPECT_THAT(refused(R"({"samples": [[1, -60], [0, -60]]})"), HasSubstr("not in the order"));
  EXPECT_THAT(refused(R"({"samples": [[0, 127]]})"), HasSubstr("from -127 to 20"));
  EXPECT_THAT(refused(R"({"samples": [[-1, -60]]})"), HasSubstr("from 0 to"));
  EXPECT_THAT(refused(R"({"samples": [-60]})"), HasSubstr("no time or no RSSI"));
  EXPECT_THAT(refused(R"({"samples": {"t": 0}})"), HasSubstr("is no list"));
  std::string many = R"({"samples": [[0,-60])";
  for (int i = 0; i < 10'000; ++i) many += ",[0,-60]";
  EXPECT_THAT(refused(many + "]}"), HasSubstr("at most 10000"));
}

TEST(LabSmoothing, NoSamplesAreNoPoints) {
  Walks walks;
  EXPECT_TRUE(lab_smoothing(parse(R"({"samples": []})"), walks).at("points").as_array().empty());
}

TEST(LabSmoothing, ALongSilenceIsALoss) {
  Walks walks;
  const json::object answer =
      lab_smoothing(parse(R"({"samples": [[0,-60],[1,-60],[2,-60],[100,-60]], "lost_after": 30})"), walks);
  EXPECT_EQ(answer.at("points").as_array()[3].at("event"), "lost");
  EXPECT_TRUE(answer.at("points").as_array()[3].at("rssi").is_null());
}

TEST(LabWalks, AreTheSameEachTime) {
  Walks one;
  Walks other;
  ASSERT_EQ(one.all().size(), 3);
  for (size_t i = 0; i < one.all().size(); ++i) {
    const Walk& walk = one.all()[i];
    ASSERT_GT(walk.samples.size(), 80) << walk.name;
    EXPECT_EQ(walk.samples.size(), other.all()[i].samples.size());
    EXPECT_EQ(walk.samples.back().rssi_dbm, other.all()[i].samples.back().rssi_dbm);
  }
}

TEST(LabWalks, ARecordingThatIsNotThereIsLeftOut) {
  EXPECT_EQ(Walks("/nowhere/demo.btsnoop").all().size(), 3);
}

TEST(LabPower, TheSumOfTheCommand) {
  const json::object life = lab_power(parse(R"({"event_current": 8, "event_duration": 3, "interval": 1000, "capacity": 1000})"));
  EXPECT_NEAR(number(life.at("mah_per_day")), 0.576, 1e-9);
  EXPECT_EQ(number(life.at("years")), 4.75);
  const json::object plan = lab_power_plan(parse(R"({"data_rate": 1, "latency": 3, "lifetime": 300})"));
  EXPECT_EQ(plan.at("steps").as_array().size(), 6);
  EXPECT_EQ(plan.at("mode"), "broadcast");
}

TEST(LabPower, RefusesWhatMakesNoSense) {
  const auto refused = [](std::string_view text) { return refusal_of([&] { return lab_power(parse(text)); }); };
  EXPECT_THAT(refused(R"({"interval": 0})"), HasSubstr("from 0.001"));
  EXPECT_THAT(refused(R"({"capacity": "much"})"), HasSubstr("out of range"));
  EXPECT_THAT(refused(R"({"event_duration": 5, "interval": 1})"), HasSubstr("400"));
  EXPECT_THAT(refusal_of([] { return lab_power_plan(parse(R"({"interval": 5})")); }), HasSubstr("there is no field 'interval'"));
}

TEST(LabServices, HaveWhatTheChapterNames) {
  const json::array services = lab_services();
  EXPECT_GT(services.size(), 30);
  const auto found = std::ranges::find_if(services, [](const json::value& each) { return each.at("uuid") == "180d"; });
  ASSERT_NE(found, services.end());
  EXPECT_EQ(found->at("name"), "Heart Rate");
  EXPECT_THAT(json::serialize(found->at("characteristics")), HasSubstr("2a37"));
}

TEST(LabQuestions, EachHasOneRightAnswerAndSaysWhy) {
  std::vector<std::string> ids;
  for (const json::value& question : lab_questions()) {
    ids.emplace_back(question.at("id").as_string());
    EXPECT_LT(question.at("right").to_number<size_t>(), question.at("answers").as_array().size()) << ids.back();
    EXPECT_GT(question.at("why").as_string().size(), 40) << ids.back();
  }
  EXPECT_GE(ids.size(), 12);
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
}

/// What a route answers: the status and the body.
struct Answered {
  unsigned status = 0;
  json::value body;
};

Answered ask(const http::Router& router, const std::string& method, std::string_view target, std::string body = {}) {
  auto parsed = http::parse_target(target);
  const auto& taken = std::get<http::Target>(parsed);
  const auto match = router.find(method, taken);
  const auto& handler = std::get<http::Handler>(std::get<http::Router::Found>(match).route->handler);
  http::Request request;
  request.method = method;
  request.path = taken.path;
  request.query = taken.query;
  request.body = std::move(body);
  Answered answered;
  boost::asio::io_context io;
  boost::asio::co_spawn(io, handler(request), [&](const std::exception_ptr& failure, http::Response response) {
    try {
      if (failure) std::rethrow_exception(failure);
      answered = {response.status, json::parse(response.body)};
    } catch (const http::Refusal& refusal) {
      answered = {refusal.status(), nullptr};
    } catch (const UsageError&) {
      answered = {400, nullptr};
    }
  });
  io.run();
  return answered;
}

TEST(LabRoutes, Answer) {
  VirtualClock clock;
  http::Router router;
  add_lab(router, clock);
  EXPECT_EQ(ask(router, "GET", "/api/v1/lab/lookup?q=heart%20rate").body.at("uuid"), "0000180d-0000-1000-8000-00805f9b34fb");
  EXPECT_EQ(ask(router, "GET", "/api/v1/lab/lookup?q=zzzz").status, 404);
  EXPECT_EQ(ask(router, "GET", "/api/v1/lab/lookup").status, 400);
  EXPECT_EQ(ask(router, "GET", "/api/v1/lab/lookup?q=180f&limit=-1").status, 400);
  EXPECT_EQ(ask(router, "GET", "/api/v1/lab/walks").body.as_array().size(), 3);
  EXPECT_EQ(ask(router, "GET", "/api/v1/lab/services?x=1").status, 400);
  EXPECT_EQ(ask(router, "GET", "/api/v1/lab/questions").status, 200);
  EXPECT_EQ(ask(router, "POST", "/api/v1/lab/encode", ibeacon).status, 200);
  EXPECT_EQ(ask(router, "POST", "/api/v1/lab/decode", R"({"hex": "020106"})").status, 200);
  EXPECT_EQ(ask(router, "POST", "/api/v1/lab/power-plan", "{}").status, 200);
  EXPECT_EQ(ask(router, "POST", "/api/v1/lab/smoothing", R"({"walk": "store aisle"})").status, 200);
  for (const char* hostile : {"", "[]", "7", "{", "{\"alpha\": }", "null", "\"\\ud800\""})
    EXPECT_EQ(ask(router, "POST", "/api/v1/lab/smoothing", hostile).status, 400) << hostile;
}

}  // namespace
}  // namespace moor::serve
