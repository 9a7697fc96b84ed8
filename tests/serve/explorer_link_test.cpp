// Links of the explorer are told as those of sensors are.

#include "serve/explorer_link.hpp"

#include "gateway/temporary_folder.hpp"
#include "moor/store_reader.hpp"
#include "sim/link_fixture.hpp"
#include "store/sqlite.hpp"

namespace moor::serve {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using namespace moor::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Links final : public GatewayListener {
public:
  void on_connection(const ConnectionRow& row) override { rows.push_back(row); }
  [[nodiscard]] std::vector<std::string> events() const {
    std::vector<std::string> found;
    for (const ConnectionRow& row : rows) found.push_back(row.event);
    return found;
  }
  std::vector<ConnectionRow> rows;
};

class ExplorerLinkTest : public SimTest {
protected:
  /// Plays `story` with a link of an explorer, in a gateway that hears and has a store; by then the device has been heard.
  template <typename Story>
  void explore(sim::DeviceEntry device, Story story) {
    make(proxy_world({std::move(device)}));
    config_.store.path = folder_ / "moor.db";
    Gateway gateway(context_.get_executor(), clock_, config_, radios_);
    Activity activity;
    gateway.add_listener(activity);
    gateway.add_listener(links_);
    const DeviceView devices(gateway, activity);
    ExplorerLink link(gateway, devices, [this](const json::object& event) { told_.push_back(event); });
    boost::asio::cancellation_signal stop;
    play([&]() -> awaitable<void> {
      boost::asio::co_spawn(context_, gateway.run(), boost::asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
      co_await clock_.wait_for(10s);
      identity_ = devices.identity_of(device_address(1));
      co_await story(link);
      co_await link.disconnect();
      stop.emit(boost::asio::cancellation_type::all);
    });
  }
  static json::object to_device() { return {{"op", "connect"}, {"address", device_address(1).to_string()}}; }

  TemporaryFolder folder_;
  GatewayConfig config_;
  Links links_;
  std::vector<json::object> told_;
  std::string identity_;
};

TEST_F(ExplorerLinkTest, ComesAndGoes) {
  explore(gatt_device(), [&](ExplorerLink& link) -> awaitable<void> {
    json::object message = to_device();
    (void)co_await link.perform(std::move(message));
    EXPECT_THAT(links_.events(), ElementsAre("connected")) << "once it is there";
    co_await clock_.wait_for(20s);
    co_await link.disconnect();
    co_await clock_.wait_for(1s);
  });
  EXPECT_THAT(links_.events(), ElementsAre("connected", "disconnected"));
  for (const ConnectionRow& row : links_.rows) {
    EXPECT_EQ(row.label, "explorer");
    EXPECT_EQ(row.radio, radios_[0]->info().name);
    EXPECT_EQ(row.device, identity_);
    EXPECT_THAT(row.cause, IsEmpty());
  }
  EXPECT_GT(links_.rows[0].took, 0s);
  EXPECT_LT(links_.rows[0].took, 10s);
  EXPECT_EQ(links_.rows[1].took, links_.rows[1].time - links_.rows[0].time);
  EXPECT_GE(links_.rows[1].took, 20s);
  sqlite::Database database(config_.store.path, sqlite::Access::read_only);
  EXPECT_EQ(database.integer_of("SELECT count(*) FROM connections WHERE label = 'explorer'"), 2);
}

TEST_F(ExplorerLinkTest, ALostOneIsToldOnceWithItsCause) {
  explore(gatt_device(), [&](ExplorerLink& link) -> awaitable<void> {
    json::object message = to_device();
    (void)co_await link.perform(std::move(message));
    co_await clock_.wait_for(20s);
    world_->drop_link(device_address(1), CloseReason::supervision_timeout);
    co_await clock_.wait_for(20s);
    EXPECT_THAT(links_.events(), ElementsAre("connected", "disconnected"));
    json::object again = to_device();
    (void)co_await link.perform(std::move(again));
  });
  EXPECT_THAT(links_.events(), ElementsAre("connected", "disconnected", "connected", "disconnected"));
  EXPECT_THAT(links_.rows[1].cause, HasSubstr("supervision timeout"));
  EXPECT_LT(links_.rows[1].took, 30s);
  EXPECT_THAT(links_.rows[3].cause, IsEmpty());
  EXPECT_EQ(std::ranges::count_if(told_, [](const json::object& each) { return each.at("event") == "disconnected"; }), 1);
}

TEST_F(ExplorerLinkTest, OneThatCannotBeMadeIsToldWithoutAnAddress) {
  sim::DeviceEntry device = gatt_device();
  device.faults = {{.kind = sim::DeviceFault::Kind::connect_error,
                    .reason = ConnectReason::stack_error,
                    .text = "ESP_GATT_ERROR of " + device_address(1).to_string()}};
  explore(device, [&](ExplorerLink& link) -> awaitable<void> {
    json::object message = to_device();
    bool refused = false;
    try {
      (void)co_await link.perform(std::move(message));
    } catch (const ConnectError&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
  ASSERT_THAT(links_.rows, SizeIs(1));
  const ConnectionRow& row = links_.rows[0];
  EXPECT_EQ(row.event, "failed");
  EXPECT_EQ(row.label, "explorer");
  EXPECT_EQ(row.radio, radios_[0]->info().name);
  EXPECT_EQ(row.device, identity_);
  EXPECT_THAT(row.cause, HasSubstr("ESP_GATT_ERROR"));
  EXPECT_THAT(row.cause, HasSubstr(identity_));
  EXPECT_THAT(row.cause, Not(HasSubstr(device_address(1).to_string())));
  EXPECT_GT(row.took, 0s);
}

}  // namespace
}  // namespace moor::serve
