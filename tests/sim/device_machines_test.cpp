// The machines that a device is made of: values, sleep, faults, the attribute table.

#include "radio/sim/device_faults.hpp"
#include "radio/sim/gatt_table.hpp"
#include "radio/sim/sleep.hpp"
#include "radio/sim/values.hpp"

#include <gtest/gtest.h>

namespace moor::sim {
namespace {

using namespace std::chrono_literals;

const TimePoint start(1h);
const Random random_of_world(1);

TEST(RandomSteps, DoNotDependOnWhoAsksWhen) {
  RandomSteps all(random_of_world, {1, 2});
  RandomSteps some(random_of_world, {1, 2});
  double last = 0;
  double squares = 0;
  EXPECT_EQ(all.sum(0), 0);
  for (uint64_t n = 1; n <= 20'000; ++n) {
    const double sum = all.sum(n);
    squares += (sum - last) * (sum - last);
    last = sum;
    if (n % 997 == 0) {
      EXPECT_EQ(some.sum(n), sum) << n;
    }
  }
  EXPECT_NEAR(squares / 20'000, 1, 0.05) << "steps of deviation 1";
  EXPECT_EQ(some.sum(5), all.sum(5));
}

TEST(ValueSource, EachKindIsAFunctionOfTime) {
  const auto at = [](Value value, Duration t) {
    const ValueFormat format = ValueFormat::parse("s16");
    return format.decode(ValueSource(random_of_world, {}, std::move(value), format).at(t)).value();
  };
  EXPECT_EQ(at(ConstantNumber{7}, 1h), 7);
  EXPECT_EQ(at(Sine{.mean = 20, .amplitude = 10, .period = 4h}, 1h), 30);
  EXPECT_EQ(at(Sine{.mean = 20, .amplitude = 10, .period = 4h}, 3h), 10);
  EXPECT_EQ(at(Counter{.start = 5, .step = 2, .every = 1s}, 10s), 25);
  for (int i = 0; i < 100; ++i) {
    const RandomWalk walk{.start = 50, .step = 5, .min = 40, .max = 60};
    EXPECT_GE(at(walk, i * 1min), 40);
    EXPECT_LE(at(walk, i * 1min), 60);
    EXPECT_EQ(at(walk, i * 1min), at(walk, i * 1min + 999ms));
    const Uniform uniform{.min = 3, .max = 9};
    EXPECT_GE(at(uniform, i * 1s), 3);
    EXPECT_LE(at(uniform, i * 1s), 9);
  }
  Script script{.steps = {{.at = 1s, .number = 1.0}, {.at = 5s, .number = 5.0}}, .repeat = 10s};
  EXPECT_EQ(at(script, 0s), 1);
  EXPECT_EQ(at(script, 6s), 5);
  EXPECT_EQ(at(script, 12s), 1);
}

TEST(ValueSource, KeepsWhatIsWritten) {
  ValueSource source(random_of_world, {}, Counter{}, ValueFormat::parse("u8"));
  source.set({9, 9});
  EXPECT_EQ(source.at(1h), (std::vector<uint8_t>{9, 9}));
}

TEST(SleepSchedule, FollowsItsTimesAndItsLinks) {
  SleepSchedule plain(Sleep{.awake = 10s, .asleep = 50s}, random_of_world, 0, start);
  EXPECT_TRUE(plain.is_awake());
  EXPECT_EQ(plain.next_change(), start + 10s);
  plain.change();
  EXPECT_FALSE(plain.is_awake());
  EXPECT_EQ(plain.next_change(), start + 60s);

  SleepSchedule idle(Sleep{.awake = 10s, .asleep = 50s, .only_when_idle = true}, random_of_world, 0, start);
  idle.link_made(start + 5s);
  idle.change();
  EXPECT_TRUE(idle.is_awake());
  EXPECT_EQ(idle.next_change(), TimePoint::max());
  idle.link_gone(start + 30s);
  EXPECT_FALSE(idle.is_awake());
  EXPECT_EQ(idle.next_change(), start + 80s);

  SleepSchedule logger(Sleep{.asleep = 1h, .awake_after_connect = 15min}, random_of_world, 0, start);
  EXPECT_EQ(logger.next_change(), TimePoint::max());
  logger.link_made(start + 1min);
  EXPECT_EQ(logger.next_change(), start + 16min);
}

TEST(DeviceFaults, CountChanceTimesAndRadios) {
  DeviceFaults faults(random_of_world, 0, start,
                      {{.kind = DeviceFault::Kind::connect_error, .at = 10s, .times = 2, .radio = "hall"}});
  const auto draw = [&](std::string_view radio, TimePoint t) {
    return faults.draw(DeviceFault::Kind::connect_error, radio, t).has_value();
  };
  EXPECT_FALSE(draw("hall", start + 9s));
  EXPECT_FALSE(draw("shed", start + 10s));
  EXPECT_TRUE(draw("hall", start + 10s));
  EXPECT_TRUE(draw("hall", start + 10s));
  EXPECT_FALSE(draw("hall", start + 11s));
}

TEST(DeviceFaults, ThoseThatComeByThemselvesKeepTheirTimes) {
  DeviceFaults faults(random_of_world, 0, start, {{.kind = DeviceFault::Kind::drop, .times = 2, .every = 10s}});
  bool linked = false;
  const auto is_linked = [&](std::string_view) { return linked; };
  EXPECT_EQ(faults.next_own(), start + 10s);
  EXPECT_FALSE(faults.take_own(is_linked)) << "there is no link to drop";
  linked = true;
  EXPECT_EQ(faults.next_own(), start + 20s);
  EXPECT_TRUE(faults.take_own(is_linked));
  EXPECT_TRUE(faults.take_own(is_linked));
  EXPECT_EQ(faults.next_own(), TimePoint::max());
}

// Core 5.4, Vol 3, Part G, Appendix B: its table and its hash.
TEST(GattTable, TheHashIsThatOfTheSpecificationsExample) {
  const auto line = [](uint16_t handle, uint32_t type, std::vector<uint8_t> value) {
    return Attribute{.handle = handle, .type = Uuid(type), .value = std::move(value)};
  };
  const std::vector<Attribute> table = {
      line(0x01, 0x2800, {0x00, 0x18}),
      line(0x02, 0x2803, {0x0A, 0x03, 0x00, 0x00, 0x2A}),
      line(0x03, 0x2A00, {1}),
      line(0x04, 0x2803, {0x02, 0x05, 0x00, 0x01, 0x2A}),
      line(0x06, 0x2800, {0x01, 0x18}),
      line(0x07, 0x2803, {0x20, 0x08, 0x00, 0x05, 0x2A}),
      line(0x09, 0x2902, {1, 0}),
      line(0x0A, 0x2803, {0x0A, 0x0B, 0x00, 0x29, 0x2B}),
      line(0x0C, 0x2803, {0x02, 0x0D, 0x00, 0x2A, 0x2B}),
      line(0x0E, 0x2800, {0x08, 0x18}),
      line(0x0F, 0x2802, {0x14, 0x00, 0x16, 0x00, 0x0F, 0x18}),
      line(0x10, 0x2803, {0xA2, 0x11, 0x00, 0x18, 0x2A}),
      line(0x12, 0x2902, {}),
      line(0x13, 0x2900, {0x00, 0x00}),
      line(0x14, 0x2801, {0x0F, 0x18}),
      line(0x15, 0x2803, {0x02, 0x16, 0x00, 0x19, 0x2A}),
  };
  std::vector<uint8_t> hash = database_hash_of(table);
  EXPECT_EQ(to_hex(std::vector<uint8_t>(hash.rbegin(), hash.rend())), "f1ca2d48ecf58bac8a8830bbb9fba990");
}

}  // namespace
}  // namespace moor::sim
