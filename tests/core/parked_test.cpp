#include "core/parked.hpp"

#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>

namespace moor {
namespace {

namespace asio = boost::asio;

awaitable<void> note_wait(Parked& parked, std::string& log) {
  const bool resumed = co_await parked.wait();
  log += resumed ? "resumed " : "cancelled ";
}

struct ParkedTest : ::testing::Test {
  void start() { asio::co_spawn(context, note_wait(parked, log), asio::bind_cancellation_slot(cancel.slot(), asio::detached)); }

  asio::io_context context;
  Parked parked{context.get_executor()};
  asio::cancellation_signal cancel;
  std::string log;
};

TEST_F(ParkedTest, GoesOnBeforeResumeReturns) {
  start();
  asio::post(context, [&] {
    EXPECT_TRUE(parked.is_waiting());
    parked.resume();
    log += "returned ";
    EXPECT_FALSE(parked.is_waiting());
    parked.resume();
  });
  context.run();
  EXPECT_EQ(log, "resumed returned ");
}

TEST_F(ParkedTest, GoesOnLaterWhereThatIsAsked) {
  start();
  asio::post(context, [&] {
    parked.resume_soon();
    parked.resume_soon();
    log += "returned ";
  });
  context.run();
  EXPECT_EQ(log, "returned resumed ");
}

TEST_F(ParkedTest, IsCancelled) {
  start();
  asio::post(context, [&] {
    cancel.emit(asio::cancellation_type::all);
    parked.resume();  // too late
    log += "returned ";
  });
  context.run();
  EXPECT_EQ(log, "returned cancelled ");
}

TEST_F(ParkedTest, KeepsTheContextRunningWhileItWaits) {
  start();
  context.poll();
  EXPECT_FALSE(context.stopped());
  parked.resume();
  context.poll();
  EXPECT_TRUE(context.stopped());
}

TEST(Parked, EndsWithItsContext) {
  bool ended = false;
  struct Note {
    bool& flag;
    ~Note() { flag = true; }
  };
  // What it waits in is what it lives in: nobody else would end either.
  const auto wait = [](bool& flag) -> awaitable<void> {
    const Note note{flag};
    Parked parked(co_await asio::this_coro::executor);
    (void)co_await parked.wait();
  };
  {
    asio::io_context context;
    asio::co_spawn(context, wait(ended), asio::detached);
    context.poll();
    EXPECT_FALSE(ended);
  }
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace moor
