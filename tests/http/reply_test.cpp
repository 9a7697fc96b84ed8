#include "http/reply.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

namespace moor::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<uint8_t> gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::vector<uint8_t> out(text.size() + 100);
  stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Reply, HasStrictFields) {
  const Reply reply = make_reply(json_response("{}"), {.request = 7});
  EXPECT_THAT(reply.head, StartsWith("HTTP/1.1 200 OK\r\n"));
  for (const char* each :
       {"Content-Length: 2\r\n", "Cache-Control: no-store\r\n", "X-Request-Id: 7\r\n", "X-Content-Type-Options: nosniff\r\n",
        "Content-Security-Policy: default-src 'self';", "frame-ancestors 'none'\r\n", "Referrer-Policy: no-referrer\r\n",
        "Cross-Origin-Opener-Policy: same-origin\r\n", "Cross-Origin-Resource-Policy: same-origin\r\n",
        "Permissions-Policy: ", "Connection: keep-alive\r\n"})
    EXPECT_THAT(reply.head, HasSubstr(each));
  EXPECT_THAT(reply.head, Not(HasSubstr("unsafe-inline")));
  EXPECT_THAT(reply.head, Not(HasSubstr("Strict-Transport")));
  EXPECT_THAT(reply.head, Not(HasSubstr("Access-Control")));
  EXPECT_THAT(make_reply(json_response("{}"), {.tls = true}).head, HasSubstr("Strict-Transport-Security: max-age="));
}

TEST(Reply, LeavesOutFieldsThatWouldBeMore) {
  Response response = json_response("{}");
  response.headers.add("X-A", "b\r\nSet-Cookie: evil=1");
  response.headers.add("X-B\r\nX-Other", "d");
  response.headers.add("X-D", "good");
  const Reply reply = make_reply(std::move(response), {});
  EXPECT_THAT(reply.head, Not(HasSubstr("evil")));
  EXPECT_THAT(reply.head, Not(HasSubstr("X-Other")));
  EXPECT_THAT(reply.head, HasSubstr("X-D: good\r\n"));
}

TEST(Reply, TellsTheSizeOfWhatHeadDoesNotSend) {
  const Reply reply = make_reply(json_response("12345"), {.head_only = true});
  EXPECT_THAT(reply.head, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_EQ(reply.text, "");
  Response empty;
  empty.status = 204;
  EXPECT_THAT(make_reply(empty, {}).head, Not(HasSubstr("Content-Length")));
}

TEST(Reply, SendsAssetsAsTheyAreOrUnpacked) {
  const std::string text(100'000, 'x');
  const auto packed = gzip(text);
  const Asset asset{"/a.js", packed, "abc", "text/javascript", true};
  Response response;
  response.asset = &asset;
  const Reply as_it_is = make_reply(response, {.gzip = true});
  EXPECT_EQ(as_it_is.asset.size(), packed.size());
  for (const char* each :
       {"Content-Encoding: gzip\r\n", "ETag: \"abc\"\r\n", "immutable", "Vary: Accept-Encoding", "Content-Type: text/javascript"})
    EXPECT_THAT(as_it_is.head, HasSubstr(each));
  const Reply unpacked = make_reply(response, {});
  EXPECT_EQ(unpacked.text, text);
  EXPECT_THAT(unpacked.head, Not(HasSubstr("gzip\r\n")));
  const Reply same = make_reply(response, {.gzip = true, .if_none_match = "\"x\", W/\"abc\""});
  EXPECT_THAT(same.head, StartsWith("HTTP/1.1 304 "));
  EXPECT_TRUE(same.asset.empty());
  EXPECT_THAT(make_reply(response, {.gzip = true, .if_none_match = "abc"}).head, StartsWith("HTTP/1.1 200 "));
}

TEST(Reply, KnowsWhoTakesGzip) {
  for (const char* each : {"gzip", "deflate, gzip", "GZIP;q=0.5", "br , gzip ; q=1.0"}) EXPECT_TRUE(accepts_gzip(each)) << each;
  for (const char* each : {"", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "identity"}) EXPECT_FALSE(accepts_gzip(each)) << each;
}

}  // namespace
}  // namespace moor::http
