#include "http/event_stream.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

namespace moor::http {
namespace {

TEST(EventStream, WritesEventsAsTheStandardSays) {
  EXPECT_EQ(*make_event("zone", "{\"a\":1}", "7"), "id: 7\nevent: zone\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(*make_event("", "a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(*make_event("a\nevent: b", "", "1\r2"), "id: 1\nevent: a\ndata: \n\n");
}

TEST(EventStream, LosesTheOldestAndTellsSo) {
  boost::asio::io_context context;
  EventStream events(context.get_executor(), {.events = 3, .bytes = 1000});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(events.send("n", std::to_string(i)));
  EXPECT_FALSE(events.send("n", "3"));
  EXPECT_FALSE(events.send("n", "4"));
  EXPECT_EQ(events.dropped(), 2U);
  EXPECT_EQ(events.take(10'000),
            "event: lost\ndata: {\"lost\": 2}\n\nevent: n\ndata: 2\n\nevent: n\ndata: 3\n\nevent: n\ndata: 4\n\n");
  EXPECT_TRUE(events.send("n", "5"));
  EXPECT_EQ(events.take(1), "event: n\ndata: 5\n\n");
  EXPECT_EQ(events.take(1), "");
}

TEST(EventStream, IsBoundedInBytesButTakesOneLargeEvent) {
  boost::asio::io_context context;
  EventStream events(context.get_executor(), {.events = 100, .bytes = 100});
  EXPECT_TRUE(events.send("n", "small"));
  EXPECT_FALSE(events.send("n", std::string(500, 'x')));
  EXPECT_EQ(events.waiting(), 1U);
}

TEST(EventStream, TakesNothingOnceTheClientIsGone) {
  boost::asio::io_context context;
  EventStream events(context.get_executor());
  events.close();
  EXPECT_FALSE(events.send("n", "1"));
  EXPECT_TRUE(events.closed());
  EXPECT_EQ(events.waiting(), 0U);
}

}  // namespace
}  // namespace moor::http
