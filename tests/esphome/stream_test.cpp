#include "esphome/stream_ends.hpp"
#include "moor/error.hpp"

#include <malloc.h>
#include <random>
#include <utility>

namespace moor::esphome {
namespace {

TEST(PlainStream, FramesAsTheProtocolSays) {
  const auto stream = make_client_stream(nullptr);
  EXPECT_TRUE(stream->is_open());
  EXPECT_TRUE(stream->output().empty());
  send(*stream, 7);
  send(*stream, 1, hex("0a046d6f6f72"));
  send(*stream, 150, hex("42"));
  EXPECT_EQ(to_hex(take(*stream)),
            "000007"
            "0006010a046d6f6f72"
            "0001960142");
}

TEST(PlainStream, RefusesWhatCannotBe) {
  struct Case {
    const char* bytes;
    StreamProblem problem;
    const char* text;
    const char* answer;  // of a server; a client says nothing
  };
  constexpr const char* not_understood = "0042616420696e64696361746f722062797465";  // "\0Bad indicator byte"
  const Case cases[] = {
      {"01", StreamProblem::peer_is_encrypted, "0x01", not_understood},
      {"010000", StreamProblem::peer_is_encrypted, "0x01", not_understood},
      {"02", StreamProblem::bad_frame, "0x02", not_understood},
      {"474554202f", StreamProblem::bad_frame, "0x47", not_understood},
      {"00ffffffff", StreamProblem::bad_frame, "more than 4 bytes", ""},
      {"0080808080", StreamProblem::bad_frame, "more than 4 bytes", ""},
      {"00808004", StreamProblem::bad_frame, "65,535", ""},
      {"00ffffff7f", StreamProblem::bad_frame, "65,535", ""},
      {"0000808004", StreamProblem::bad_frame, "16 bits", ""},
      {"0000ffffffff", StreamProblem::bad_frame, "16 bits", ""},
  };
  for (const Case& each : cases) {
    for (const bool is_server : {false, true}) {
      const auto stream = is_server ? make_server_stream(nullptr, {}) : make_client_stream(nullptr);
      EXPECT_EQ(receive(*stream, hex(each.bytes)), Messages()) << each.bytes;
      expect_failure(*stream, each.problem, each.text, each.bytes);
      EXPECT_EQ(to_hex(stream->output()), is_server ? each.answer : "") << each.bytes;

      const auto later = is_server ? make_server_stream(nullptr, {}) : make_client_stream(nullptr);
      EXPECT_EQ(receive(*later, hex(std::string("000007") + each.bytes)), Messages{"7 "}) << each.bytes;
      expect_failure(*later, StreamProblem::bad_frame, "", each.bytes);
    }
  }
}

TEST(PlainStream, ReadsNumbersLongerThanTheyNeedToBe) {
  const auto stream = make_server_stream(nullptr, {});
  EXPECT_EQ(receive(*stream, hex("0081808000878080004200ffff0301")), Messages{"7 42"});
  EXPECT_FALSE(stream->failure());
}

TEST(PlainStream, TakesTheBiggestPayloadThereCanBe) {
  const auto stream = make_client_stream(nullptr);
  Buffer frame = hex("00ffff035d");
  frame.resize(frame.size() + max_frame, 0x55);
  Buffer copy = frame;
  std::span<uint8_t> input(copy);
  const auto message = stream->next(input);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->payload.size(), max_frame);
  EXPECT_EQ(message->payload.data(), copy.data() + 5) << "where it lies";
}

// What follows holds for both kinds.

TEST(Streams, GiveTheSameMessagesWhereverTheBytesAreCut) {
  for (const bool encrypted : {false, true}) {
    const auto all = [&] {
      Ends ends = encrypted ? noise_ends() : plain_ends();
      const Messages sent = send_some(*ends.client);
      return std::pair(take(*ends.client), sent);
    };
    const auto [bytes, sent] = all();
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
      Ends ends = encrypted ? noise_ends() : plain_ends();
      const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(cut);
      Messages got = receive(*ends.server, {bytes.begin(), middle});
      const Messages more = receive(*ends.server, {middle, bytes.end()});
      got.insert(got.end(), more.begin(), more.end());
      EXPECT_EQ(got, sent) << cut;
      EXPECT_FALSE(ends.server->failure());
    }
    std::mt19937 random(1);
    for (const size_t most : std::initializer_list<size_t>{1, 2, 3, 7, 100}) {
      Ends ends = encrypted ? noise_ends() : plain_ends();
      Messages got;
      for (auto at = bytes.begin(); at != bytes.end();) {
        const auto size = std::min(static_cast<std::ptrdiff_t>(1 + random() % most), bytes.end() - at);
        for (const std::string& each : receive(*ends.server, {at, at + size})) got.push_back(each);
        at += size;
      }
      EXPECT_EQ(got, sent) << most;
    }
  }
}

TEST(Streams, TheHandshakeMayBeCutAnywhereToo) {
  const Buffer from_client = take(*client());
  const auto first = server();
  EXPECT_EQ(receive(*first, from_client), Messages());
  const Buffer from_server = take(*first);
  for (size_t cut = 0; cut <= std::max(from_client.size(), from_server.size()); ++cut) {
    const auto halves = [&](Stream& stream, const Buffer& bytes) {
      const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(std::min(cut, bytes.size()));
      EXPECT_EQ(receive(stream, {bytes.begin(), middle}), Messages());
      EXPECT_EQ(receive(stream, {middle, bytes.end()}), Messages());
    };
    const auto ours = client(), theirs = server();
    halves(*theirs, from_client);
    EXPECT_EQ(to_hex(theirs->output()), to_hex(from_server)) << cut;
    halves(*ours, from_server);
    EXPECT_TRUE(ours->is_open() && theirs->is_open()) << cut;
  }
}

TEST(Streams, TalkInBothDirections) {
  for (const bool encrypted : {false, true}) {
    Ends ends = encrypted ? noise_ends() : plain_ends();
    for (int i = 0; i < 300; ++i) {
      const Messages asked = send_some(*ends.client), answered = send_some(*ends.server);
      EXPECT_EQ(receive(*ends.server, take(*ends.client)), asked);
      EXPECT_EQ(receive(*ends.client, take(*ends.server)), answered);
    }
  }
}

TEST(Streams, AFrameWithoutItsEndIsNoMessage) {
  for (const bool encrypted : {false, true}) {
    Ends first = encrypted ? noise_ends() : plain_ends();
    send(*first.client, 93, Buffer(300, 1));
    const Buffer bytes = take(*first.client);
    for (size_t size = 0; size < bytes.size(); ++size) {
      Ends ends = encrypted ? noise_ends() : plain_ends();
      EXPECT_EQ(receive(*ends.server, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}), Messages());
      EXPECT_FALSE(ends.server->failure());
    }
  }
}

TEST(Streams, CarryTheBiggestPayloadAndNoneBeyond) {
  for (const bool encrypted : {false, true}) {
    Ends ends = encrypted ? noise_ends() : plain_ends();
    const Buffer biggest(max_frame - 20, 0xab);
    EXPECT_THROW(send(*ends.client, 93, Buffer(biggest.size() + 1)), UsageError);
    send(*ends.client, 93, biggest);
    const Buffer bytes = take(*ends.client);
    EXPECT_EQ(receive(*ends.server, bytes), Messages{"93 " + to_hex(biggest)});
  }
}

TEST(Streams, AMessageThatArrivedWholeIsGivenWhereItLies) {
  for (const bool encrypted : {false, true}) {
    Ends ends = encrypted ? noise_ends() : plain_ends();
    send(*ends.client, 93, Buffer(100, 7));
    Buffer bytes = take(*ends.client);
    std::span<uint8_t> input(bytes);
    const auto message = ends.server->next(input);
    ASSERT_TRUE(message);
    EXPECT_GE(message->payload.data(), bytes.data());
    EXPECT_LE(message->payload.data() + message->payload.size(), bytes.data() + bytes.size());
  }
}

TEST(Streams, OutputMayBeTakenInPieces) {
  for (const bool encrypted : {false, true}) {
    for (const size_t piece : std::initializer_list<size_t>{1, 2, 10, 333, 1000}) {
      Ends ends = encrypted ? noise_ends() : plain_ends();
      Messages sent = send_some(*ends.client), got;
      for (bool more = true; !ends.client->output().empty();) {
        const Bytes output = ends.client->output().first(std::min(piece, ends.client->output().size()));
        const Buffer bytes(output.begin(), output.end());
        ends.client->sent(bytes.size());
        for (const std::string& each : receive(*ends.server, bytes)) got.push_back(each);
        // New messages come while old ones are on their way.
        if (std::exchange(more, false))
          for (const std::string& each : send_some(*ends.client)) sent.push_back(each);
      }
      EXPECT_EQ(got, sent) << piece;
    }
  }
}

TEST(Streams, GarbageIsRefusedOrWaitedFor) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    Buffer garbage(random() % 200);
    std::ranges::generate(garbage, [&] { return static_cast<uint8_t>(random()); });
    if (!garbage.empty() && i % 2 == 0) garbage[0] = static_cast<uint8_t>(random() % 2);
    const std::unique_ptr<Stream> streams[] = {make_client_stream(nullptr), make_server_stream(nullptr, {}), client(), server(),
                                               noise_ends().client};
    for (const auto& stream : streams) {
      (void)receive(*stream, garbage);
      EXPECT_TRUE(garbage.empty() || garbage[0] <= 1 || stream->failure());
      EXPECT_TRUE(!stream->failure() || !stream->failure()->text.empty());
    }
  }
}

// Each of hundreds of streams at rest is small, whatever it has carried.
TEST(Streams, GiveBackWhatABigFrameNeeded) {
  constexpr size_t count = 100;
  for (const bool encrypted : {false, true}) {
    std::vector<Ends> all;
    const size_t before = mallinfo2().uordblks;
    for (size_t i = 0; i < count; ++i) {
      all.push_back(encrypted ? noise_ends() : plain_ends());
      send(*all.back().client, 93, Buffer(60'000, 1));
      const Buffer bytes = take(*all.back().client);
      const auto middle = bytes.begin() + 40'000;
      EXPECT_EQ(receive(*all.back().server, {bytes.begin(), middle}).size(), 0);
      EXPECT_EQ(receive(*all.back().server, {middle, bytes.end()}).size(), 1);
    }
    const size_t after = mallinfo2().uordblks;
    // A sanitizer's heap is not glibc's: there this says nothing.
    EXPECT_LT(after - before, 2 * count * 6144) << encrypted;
  }
}

}  // namespace
}  // namespace moor::esphome
