#include "radio/controller/controller.hpp"

#include "sim/sim_fixture.hpp"

namespace moor::testing {
namespace {

class ControllerTest : public SimTest {};

TEST_F(ControllerTest, CountsCommands) {
  make(plain_world({}));
  controller::Controller controller(context_.get_executor(), clock_, *radios_[0], {}, [](Bytes) {});
  controller.receive({});
  EXPECT_EQ(controller.counters().commands, 1);
}

}  // namespace
}  // namespace moor::testing
