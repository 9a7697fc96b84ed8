// Every fault of a device, beginning at every stage of what a program does with it: from the world's file to what the program sees.

#include "sim/link_fixture.hpp"

namespace moor::testing {
namespace {

constexpr const char* world_text = R"(
[channel]
shadowing_db = 0
fading_db = 0
orientation_db = 0

[[radio]]
name = "hall"
kind = "proxy"

[[device]]
name = "Sensor"
address = "C0:00:00:00:00:01"
address_type = "random"
position = [1, 0]
has_service_changed = true

  [[device.service]]
  uuid = "181a"

    [[device.service.characteristic]]
    uuid = "ff01"
    properties = ["read", "write"]
    value = {hex = "0102"}

    [[device.service.characteristic]]
    uuid = "ff02"
    properties = ["read", "notify"]
    format = "u32"
    value = {counter = {}}
    notify_every = "1 s"

  [[device.service]]
  uuid = "fff0"
)";

enum Stage : size_t { connecting, discovering, reading, writing, subscribing, listening, stages };

class FaultTableTest : public LinkTest {
protected:
  /// What each stage came to, up to the one that ended the link; and when each began.
  struct Story {
    std::string text;
    std::array<Duration, stages> began{};
    Duration linked{};
  };

  Story run(const std::string& fault) {
    world_begun_ = clock_.now();
    sim::WorldSpec spec = sim::parse_world(world_text + fault, "table.toml");
    EXPECT_EQ(spec.devices[0].faults.size(), fault.empty() ? 0U : 1U);
    make(std::move(spec));
    Story story;
    play([&]() -> awaitable<void> { co_await tell(story); });
    return story;
  }

private:
  awaitable<void> tell(Story& story) {
    heard_ = told_ = 0;
    services_ = {};
    for (size_t stage = connecting; stage < stages; ++stage) {
      story.began[stage] = clock_.now() - world_begun_;
      std::string outcome = co_await end_of(do_stage(static_cast<Stage>(stage)));
      if (stage == connecting) {
        story.linked = clock_.now() - world_begun_;
        if (link_) link_->on_services_changed([this] { ++told_; });
      }
      if (stage == discovering) outcome += " " + std::to_string(services_.size());
      if (stage == listening) outcome += " " + std::to_string(heard_);
      if (link_ && link_->closed()) outcome += ", " + std::string(to_string(link_->closed()->reason));
      story.text += (story.text.empty() ? "" : "; ") + outcome;
      if (!link_ || link_->closed()) break;
    }
    if (told_ > 0) story.text += "; told " + std::to_string(told_);
  }

  awaitable<void> do_stage(Stage stage) {
    switch (stage) {
      case connecting:
        if (!co_await within(clock_, in(60s), connect())) throw UsageError("never ends");
        break;
      case discovering: services_ = co_await link_->services(in(30s)); break;
      case reading: (void)co_await link_->read(handle(plain), in(5s)); break;
      case writing: {
        std::vector<uint8_t> value{7};
        co_await link_->write(handle(plain), value, WriteKind::with_response, in(5s));
        break;
      }
      case subscribing: {
        const Link::ValueCallback count = [this](Bytes, TimePoint) { ++heard_; };
        co_await link_->subscribe(handle(ticking), SubscribeKind::notification, count, in(5s));
        break;
      }
      default: (void)co_await within(clock_, in(10500ms), link_->wait_closed());
    }
  }

  awaitable<std::string> end_of(awaitable<void> work) {
    try {
      co_await std::move(work);
      co_return "ok";
    } catch (const ConnectError& error) {
      co_return std::string(to_string(error.cause().reason));
    } catch (const GattError& error) {
      co_return "refused " + std::to_string(error.code());
    } catch (const TimedOut&) {
      co_return "timed out";
    } catch (const LinkClosed&) {
      co_return "closed";
    } catch (const UsageError& error) {
      co_return error.what();
    } catch (const AttributeNotFound&) {
      co_return "unknown";
    }
  }

  TimePoint world_begun_;
  int heard_ = 0;
  int told_ = 0;
};

struct Row {
  std::string fault;  // without when it begins
  Stage stage;
  std::string story;
};

constexpr const char* nothing_happens = "ok; ok 4; ok; ok; ok; ok 10";

std::string moment(Duration t) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(t).count()) + " us";
}

std::string entry(const std::string& lines, const std::string& when) {
  return "\n  [[device.fault]]\n" + lines + "\n" + when + "\n";
}

// Faults that wait for an occasion: from the beginning of a stage on, once.
TEST_F(FaultTableTest, ThoseThatWaitForAnOccasion) {
  const Story plain_story = run("");
  ASSERT_EQ(plain_story.text, nothing_happens);
  const std::string refused = "kind = 'connect error'\nreason = 'connection not established'\nafter = '1 s'";
  const std::string lost_services = "ok; services incomplete 0; unknown; unknown; unknown; ok 0";
  const std::string read_hangs = "ok; ok 4; timed out; timed out; timed out; ok 0";
  const std::vector<Row> rows = {
      {refused, connecting, "connection not established"},
      {refused, discovering, nothing_happens},
      {"kind = 'connect timeout'", connecting, "timed out"},
      {"kind = 'connect timeout'", discovering, nothing_happens},
      {"kind = 'connect hang'", connecting, "never ends"},
      {"kind = 'connect hang'", discovering, nothing_happens},
      {"kind = 'removed'", connecting, "device not found"},
      {"kind = 'removed'", discovering, nothing_happens},
      {"kind = 'services late'\nafter = '3 s'", connecting, nothing_happens},
      {"kind = 'services late'\nafter = '40 s'", connecting, "ok; timed out 0; unknown; unknown; unknown; ok 0"},
      {"kind = 'services late'\nafter = '40 s'", reading, nothing_happens},
      {"kind = 'services missing'", connecting, lost_services},
      {"kind = 'services missing'", discovering, lost_services},
      {"kind = 'services missing'", reading, nothing_happens},
      {"kind = 'services wrong'", connecting, "ok; ok 3; ok; ok; ok; ok 10"},
      {"kind = 'services wrong'", discovering, "ok; ok 3; ok; ok; ok; ok 10"},
      {"kind = 'services wrong'", reading, nothing_happens},
      {"kind = 'operation error'", connecting, "ok; ok 4; refused 14; ok; ok; ok 10"},
      {"kind = 'operation error'\natt_code = 128", reading, "ok; ok 4; refused 128; ok; ok; ok 10"},
      {"kind = 'operation error'", writing, "ok; ok 4; ok; refused 14; ok; ok 10"},
      {"kind = 'operation error'", subscribing, nothing_happens},
      {"kind = 'operation hang'", connecting, read_hangs},
      {"kind = 'operation hang'", reading, read_hangs},
      {"kind = 'operation hang'", writing, "ok; ok 4; ok; timed out; timed out; ok 0"},
      {"kind = 'operation hang'", subscribing, nothing_happens},
      {"kind = 'notification lost'", connecting, "ok; ok 4; ok; ok; ok; ok 9"},
      {"kind = 'notification lost'", listening, "ok; ok 4; ok; ok; ok; ok 9"},
      {"kind = 'notification doubled'", connecting, "ok; ok 4; ok; ok; ok; ok 11"},
      {"kind = 'notification doubled'", listening, "ok; ok 4; ok; ok; ok; ok 11"},
  };
  for (const Row& row : rows) {
    const std::string when = "times = 1\nat = '" + moment(plain_story.began[row.stage]) + "'";
    EXPECT_EQ(run(entry(row.fault, when)).text, row.story) << row.fault << " at stage " << row.stage;
    EXPECT_EQ(run(entry(row.fault, when + "\nchance = 0.0")).text, nothing_happens) << row.fault;
  }
}

// Faults that come by themselves: in the middle of a stage.
TEST_F(FaultTableTest, ThoseThatComeByThemselves) {
  const Story plain_story = run("");
  const std::string changed = "kind = 'services changed'";
  const std::string drop = "kind = 'drop'\nclose = 'peer'";
  const std::string reboot = "kind = 'reboot'\nafter = '10 s'";
  const std::string gone = "supervision timeout";
  const std::vector<Row> rows = {
      {changed, connecting, "ok; ok 3; ok; ok; ok; ok 10"},
      {changed, discovering, "ok; ok 3; ok; ok; ok; ok 10; told 1"},
      {changed, reading, "ok; ok 4; refused 1; refused 1; refused 1; ok 0; told 1"},
      {changed, writing, "ok; ok 4; ok; refused 1; refused 1; ok 0; told 1"},
      {changed, subscribing, "ok; ok 4; ok; ok; refused 1; ok 0; told 1"},
      {changed, listening, "ok; ok 4; ok; ok; ok; ok 5; told 1"},
      {drop, discovering, "ok; closed 0, closed by the device"},
      {drop, reading, "ok; ok 4; closed, closed by the device"},
      {drop, writing, "ok; ok 4; ok; closed, closed by the device"},
      {drop, subscribing, "ok; ok 4; ok; ok; closed, closed by the device"},
      {drop, listening, "ok; ok 4; ok; ok; ok; ok 5, closed by the device"},
      {reboot, connecting, nothing_happens},
      {reboot, discovering, "ok; closed 0, " + gone},
      {reboot, reading, "ok; ok 4; closed, " + gone},
      {reboot, writing, "ok; ok 4; ok; closed, " + gone},
      {reboot, subscribing, "ok; ok 4; ok; ok; closed, " + gone},
      {reboot, listening, "ok; ok 4; ok; ok; ok; ok 5, " + gone},
  };
  for (const Row& row : rows) {
    const Duration begin = row.fault == drop ? plain_story.linked : Duration::zero();
    const Duration into = row.stage == listening ? Duration(5500ms) : Duration(1ms);
    const std::string when = "times = 1\nat = '" + moment(plain_story.began[row.stage] + into - begin) + "'";
    EXPECT_EQ(run(entry(row.fault, when)).text, row.story) << row.fault << " at stage " << row.stage;
    EXPECT_EQ(run(entry(row.fault, when + "\nchance = 0.0")).text, nothing_happens) << row.fault;
  }
}

TEST_F(FaultTableTest, DropsWithATimeBetweenThemAndFaultsOfOneRadio) {
  const Story dropped = run(entry("kind = 'drop'\nevery = '5 s'\nclose = 'not established'", ""));
  EXPECT_EQ(dropped.text.substr(dropped.text.rfind(',')), ", not established");
  EXPECT_EQ(run(entry("kind = 'drop'\nevery = '5 s'\nat = '1 h'", "")).text, nothing_happens);
  EXPECT_EQ(run(entry("kind = 'connect error'\nradio = 'hall'", "")).text, "unknown");
}

}  // namespace
}  // namespace moor::testing
