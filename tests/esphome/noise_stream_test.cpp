#include "crypto/noise.hpp"
#include "esphome/stream_ends.hpp"
#include "moor/error.hpp"

namespace moor::esphome {
namespace {

std::string framed(std::string_view body) {
  const Buffer size{static_cast<uint8_t>(body.size() >> 8), static_cast<uint8_t>(body.size())};
  return "01" + to_hex(size) + to_hex(Bytes(reinterpret_cast<const uint8_t*>(body.data()), body.size()));
}
std::string refusal(const std::string& reason) {
  return framed("\x01" + reason);
}

TEST(NoiseStream, WritesHelloAndFirstMessageAtOnce) {
  const auto stream = client();
  EXPECT_FALSE(stream->is_open());
  const Buffer output = take(*stream);
  EXPECT_EQ(output.size(), 3 + 3 + 49);
  EXPECT_EQ(to_hex(output).substr(0, 14), "01000001003100");
}

TEST(NoiseStream, AServerAnswersAHelloAlone) {
  const auto ours = client(), theirs = server();
  const Buffer all = take(*ours);
  EXPECT_EQ(receive(*theirs, {all.begin(), all.begin() + 3}), Messages());
  const Buffer hello = take(*theirs);
  EXPECT_EQ(to_hex(hello), framed(std::string("\x01hall\0"
                                              "0200000000aa\0",
                                              19)));
  EXPECT_FALSE(theirs->is_open());
  EXPECT_EQ(receive(*ours, hello), Messages());
  EXPECT_EQ(ours->server_name(), "hall");
  EXPECT_EQ(ours->server_mac(), "0200000000aa");
  EXPECT_EQ(receive(*theirs, {all.begin() + 3, all.end()}), Messages());
  EXPECT_TRUE(theirs->is_open());
  const Buffer message = take(*theirs);
  EXPECT_EQ(to_hex(message).substr(0, 8), "01003100");
  EXPECT_EQ(receive(*ours, message), Messages());
  EXPECT_TRUE(ours->is_open());
}

TEST(NoiseStream, AMessageMayFollowTheHandshakeInOnePiece) {
  const auto ours = client(), theirs = server();
  EXPECT_EQ(receive(*theirs, take(*ours)), Messages());
  send(*theirs, 7, hex("01"));
  EXPECT_EQ(receive(*ours, take(*theirs)), Messages{"7 01"});
}

TEST(NoiseStream, TheHelloOfAServerMayLackWhatOldFirmwareLacked) {
  struct Case {
    ServerIdentity identity;
    std::string hello;
  };
  const Case cases[] = {
      {{.name = "", .mac = ""}, "01"},
      {{.name = "hall", .mac = ""}, "0168616c6c00"},
      {{.name = "", .mac = "0200000000aa"}, "010030323030303030303030616100"},
  };
  for (const Case& each : cases) {
    const auto ours = client(), theirs = server(1, each.identity);
    EXPECT_EQ(receive(*theirs, take(*ours)), Messages());
    const Buffer answer = take(*theirs);
    EXPECT_EQ(to_hex(answer).substr(6, each.hello.size()), each.hello);
    EXPECT_EQ(receive(*ours, answer), Messages());
    EXPECT_TRUE(ours->is_open()) << each.hello;
    EXPECT_EQ(ours->server_name(), each.identity.name);
    EXPECT_EQ(ours->server_mac(), each.identity.mac);
  }
}

TEST(NoiseStream, AClientReadsHellosOfAllKinds) {
  struct Case {
    std::string hello;
    const char* name;
    const char* mac;
  };
  const Case cases[] = {
      {std::string("\x01", 1), "", ""},
      {std::string("\x01\0", 2), "", ""},
      {std::string("\x01n\0", 3), "n", ""},
      {std::string("\x01n\0"
                   "02:00:00:00:00:AA\0",
                   21),
       "n", "0200000000aa"},
      {std::string("\x01n\0"
                   "0200000000AA",
                   15),
       "n", "0200000000aa"},
      {std::string("\x01n\0"
                   "0200000000\0",
                   14),
       "n", ""},
      {std::string("\x01n\0"
                   "not an address\0",
                   18),
       "n", ""},
      {std::string("\x01n\0"
                   "0200000000aa\0and more\0",
                   25),
       "n", "0200000000aa"},
      {std::string("\x01\x1b[31m\0", 7), "\uFFFD[31m", ""},
  };
  for (const Case& each : cases) {
    const auto stream = client();
    EXPECT_EQ(receive(*stream, hex(framed(each.hello))), Messages());
    EXPECT_FALSE(stream->failure()) << to_hex(hex(framed(each.hello)));
    EXPECT_EQ(stream->server_name(), each.name);
    EXPECT_EQ(stream->server_mac(), each.mac) << to_hex(hex(framed(each.hello)));
  }
}

TEST(NoiseStream, TheClientsHelloGoesIntoThePrologue) {
  const auto ours = client(), theirs = server();
  Buffer bytes = take(*ours);
  bytes[2] = 1;
  bytes.insert(bytes.begin() + 3, 0x42);
  EXPECT_EQ(receive(*theirs, bytes), Messages());
  expect_failure(*theirs, StreamProblem::wrong_key, "Handshake MAC failure");
}

TEST(NoiseStream, AServerSaysWhyItRefuses) {
  constexpr const char* hello = "010000";
  struct Case {
    std::string bytes;
    StreamProblem problem;
    const char* reason;
  };
  const std::string zeros(96, '0');
  const Case cases[] = {
      {"00", StreamProblem::peer_is_plaintext, "Bad indicator byte"},
      {"000101", StreamProblem::peer_is_plaintext, "Bad indicator byte"},
      {"47455420", StreamProblem::bad_frame, "Bad indicator byte"},
      {"010081", StreamProblem::bad_frame, "Bad handshake packet len"},
      {"01ffff", StreamProblem::bad_frame, "Bad handshake packet len"},
      {std::string(hello) + "00", StreamProblem::bad_frame, "Bad indicator byte"},
      {std::string(hello) + "010081", StreamProblem::bad_frame, "Bad handshake packet len"},
      {std::string(hello) + "010000", StreamProblem::bad_frame, "Empty handshake message"},
      {std::string(hello) + "01000101", StreamProblem::handshake_refused, "Bad handshake error byte"},
      {std::string(hello) + "010004ff6e6f21", StreamProblem::handshake_refused, "Bad handshake error byte"},
      {std::string(hello) + "01000100", StreamProblem::bad_frame, "Handshake error"},
      {std::string(hello) + "01003200" + zeros + "00", StreamProblem::bad_frame, "Handshake error"},
      {std::string(hello) + "01003100" + zeros, StreamProblem::wrong_key, "Handshake MAC failure"},
  };
  for (const Case& each : cases) {
    const auto stream = server();
    EXPECT_EQ(receive(*stream, hex(each.bytes)), Messages());
    expect_failure(*stream, each.problem, "", each.bytes);
    const std::string before = each.bytes.starts_with(hello) ? framed(std::string("\x01hall\0"
                                                                                  "0200000000aa\0",
                                                                                  19))
                                                             : std::string();
    EXPECT_EQ(to_hex(stream->output()), before + refusal(each.reason)) << each.bytes;
  }
}

TEST(NoiseStream, AWrongKeyIsToldToTheClientWithTheName) {
  const auto ours = client(1), theirs = server(2);
  EXPECT_EQ(receive(*theirs, take(*ours)), Messages());
  expect_failure(*theirs, StreamProblem::wrong_key, "Handshake MAC failure");
  EXPECT_EQ(receive(*ours, take(*theirs)), Messages());
  expect_failure(*ours, StreamProblem::wrong_key, "Handshake MAC failure");
  EXPECT_EQ(ours->server_name(), "hall");
  EXPECT_EQ(ours->server_mac(), "0200000000aa");
}

TEST(NoiseStream, AClientSaysWhatIsWrongWithTheServer) {
  const std::string hello = framed(std::string("\x01n\0", 3));
  struct Case {
    std::string bytes;
    StreamProblem problem;
    const char* text;
  };
  const std::string zeros(96, '0');
  const Case cases[] = {
      {"00", StreamProblem::peer_is_plaintext, "0x00"},
      {"0042616420696e64696361746f722062797465", StreamProblem::peer_is_plaintext, "0x00"},
      {"48545450", StreamProblem::bad_frame, "0x48"},
      {"010081", StreamProblem::bad_frame, "129 bytes"},
      {"010000", StreamProblem::bad_frame, "empty"},
      {"01000102", StreamProblem::unknown_protocol, "protocol 2"},
      {"010003026e00", StreamProblem::unknown_protocol, "protocol 2"},
      {refusal("Bad indicator byte"), StreamProblem::handshake_refused, "Bad indicator byte"},
      {refusal("Handshake MAC failure"), StreamProblem::wrong_key, "Handshake MAC failure"},
      {hello + "00", StreamProblem::bad_frame, "0x00"},
      {hello + "010081", StreamProblem::bad_frame, "129 bytes"},
      {hello + "010000", StreamProblem::bad_frame, "empty"},
      {hello + refusal("Handshake MAC failure"), StreamProblem::wrong_key, "Handshake MAC failure"},
      {hello + refusal("Handshake MAC failure!"), StreamProblem::handshake_refused, "Handshake MAC failure!"},
      {hello + refusal("Handshake error"), StreamProblem::handshake_refused, "Handshake error"},
      {hello + refusal("\x1b[2J"), StreamProblem::handshake_refused, "\uFFFD[2J"},
      {hello + framed("\x07too many friends"), StreamProblem::handshake_refused, "too many friends"},
      {hello + framed(std::string("\x01\0no", 4)), StreamProblem::handshake_refused, "status 1"},
      {hello + framed("\xff"), StreamProblem::handshake_refused, "status 255"},
      {hello + "01003000" + zeros.substr(2), StreamProblem::bad_frame, "48 bytes"},
      {hello + "01003200" + zeros + "00", StreamProblem::bad_frame, "50 bytes"},
      {hello + "01003100" + zeros, StreamProblem::wrong_key, "does not fit"},
  };
  for (const Case& each : cases) {
    const auto stream = client();
    (void)take(*stream);
    EXPECT_EQ(receive(*stream, hex(each.bytes)), Messages()) << each.bytes;
    expect_failure(*stream, each.problem, each.text, each.bytes);
    EXPECT_TRUE(stream->output().empty()) << each.bytes;
  }
}

// What has the key and says what cannot be: a cipher of the same session, made by hand.
class Forger {
public:
  Forger() : stream_(server()) {
    const crypto::SecretKey psk = key_of(1), ephemeral = key_of(0x44);
    constexpr std::string_view text("NoiseAPIInit\0\0", 14);
    crypto::NoiseHandshake handshake(crypto::NoiseHandshake::Role::initiator, psk,
                                     Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()), &ephemeral);
    Buffer first = hex("01000001003100");
    const auto message = handshake.write();
    first.insert(first.end(), message.begin(), message.end());
    EXPECT_EQ(receive(*stream_, first), Messages());
    const Buffer answer = take(*stream_);
    EXPECT_TRUE(handshake.read(Bytes(answer).last(crypto::noise_handshake_size)));
    cipher_.emplace(std::move(handshake.split().send));
  }
  Messages say(std::string_view inner) {
    Buffer bytes = hex(inner);
    bytes.resize(bytes.size() + crypto::noise_tag_size);
    cipher_->seal(bytes);
    Buffer frame{0x01, static_cast<uint8_t>(bytes.size() >> 8), static_cast<uint8_t>(bytes.size())};
    frame.insert(frame.end(), bytes.begin(), bytes.end());
    return receive(*stream_, frame);
  }
  Stream& stream() { return *stream_; }

private:
  std::unique_ptr<Stream> stream_;
  std::optional<crypto::NoiseCipher> cipher_;
};

TEST(NoiseStream, ChecksTheSizeInsideOfAFrame) {
  Forger fine;
  EXPECT_EQ(fine.say("00070000"), Messages{"7 "});
  EXPECT_EQ(fine.say("0007000142"), Messages{"7 42"});
  EXPECT_EQ(fine.say("00070001420000"), Messages{"7 42"}) << "what is behind the payload is padding";
  EXPECT_EQ(fine.say("ffff0000"), Messages{"65535 "});
  EXPECT_FALSE(fine.stream().failure());
  for (const char* inner : {"", "00", "000700", "00070001", "0007000242", "0007ffff42"}) {
    Forger forger;
    EXPECT_EQ(forger.say(inner), Messages()) << inner;
    expect_failure(forger.stream(), StreamProblem::bad_frame, "", inner);
    EXPECT_TRUE(forger.stream().output().empty()) << "after the handshake nothing is said";
  }
}

TEST(NoiseStream, AfterTheHandshakeItFailsWithoutAWord) {
  struct Case {
    const char* bytes;
    StreamProblem problem;
  };
  const Case cases[] = {
      {"00", StreamProblem::bad_frame},
      {"02", StreamProblem::bad_frame},
      {"010000", StreamProblem::bad_frame},
      {"0100130102030405060708090a0b0c0d0e0f10111213", StreamProblem::bad_frame},
      {"0100140102030405060708090a0b0c0d0e0f1011121314", StreamProblem::bad_tag},
  };
  for (const Case& each : cases) {
    Ends ends = noise_ends();
    for (Stream* const stream : {ends.client.get(), ends.server.get()}) {
      EXPECT_EQ(receive(*stream, hex(each.bytes)), Messages());
      expect_failure(*stream, each.problem, "", each.bytes);
      EXPECT_TRUE(stream->output().empty());
    }
  }
}

TEST(NoiseStream, NoticesFramesThatWereChangedRepeatedOrLeftOut) {
  for (const int what : {0, 1, 2}) {
    Ends ends = noise_ends();
    send(*ends.client, 7);
    Buffer first = take(*ends.client);
    send(*ends.client, 8);
    const Buffer second = take(*ends.client);
    if (what == 0) first[5] ^= 1;
    if (what == 1) {
      EXPECT_EQ(receive(*ends.server, first), Messages{"7 "});
    }
    EXPECT_EQ(receive(*ends.server, what == 2 ? second : first), Messages());
    expect_failure(*ends.server, StreamProblem::bad_tag, "tag");
  }
}

TEST(NoiseStream, SendsOnlyWhenItIsOpen) {
  EXPECT_THROW(send(*client(), 7), UsageError);
  EXPECT_THROW(send(*server(), 7), UsageError);
}

TEST(NoiseStream, RefusesANameThatDoesNotFitTheHello) {
  EXPECT_NO_THROW(server(1, {.name = std::string(113, 'n'), .mac = "0200000000aa"}));
  EXPECT_THROW(server(1, {.name = std::string(114, 'n'), .mac = "0200000000aa"}), UsageError);
  EXPECT_THROW(server(1, {.name = std::string("a\0b", 3), .mac = "0200000000aa"}), UsageError);
}

}  // namespace
}  // namespace moor::esphome
