#pragma once
// Both ends of a stream for tests, with fixed keys, and what goes between them as bytes.

#include "esphome/stream.hpp"

#include <gmock/gmock.h>
#include <algorithm>

namespace moor::esphome {

using Buffer = std::vector<uint8_t>;

// A message as text, so that lists of them compare and print: "7 0a0b".
using Messages = std::vector<std::string>;

inline Buffer hex(std::string_view text) {
  return *from_hex(text);
}

inline Messages receive(Stream& stream, Buffer bytes) {
  Messages messages;
  std::span<uint8_t> input(bytes);
  while (const auto message = stream.next(input))
    messages.push_back(std::to_string(static_cast<int>(message->type)) + " " + to_hex(message->payload));
  EXPECT_TRUE(input.empty());
  return messages;
}

inline Buffer take(Stream& stream) {
  const Bytes output = stream.output();
  Buffer bytes(output.begin(), output.end());
  stream.sent(bytes.size());
  EXPECT_TRUE(stream.output().empty());
  return bytes;
}

inline crypto::SecretKey key_of(uint8_t byte) {
  std::array<uint8_t, crypto::SecretKey::size> bytes{};
  bytes.fill(byte);
  return crypto::SecretKey(bytes);
}

inline std::unique_ptr<Stream> client(uint8_t key = 1) {
  const crypto::SecretKey psk = key_of(key), ephemeral = key_of(0x31);
  return make_client_stream(&psk, &ephemeral);
}
inline std::unique_ptr<Stream> server(uint8_t key = 1, ServerIdentity identity = {.name = "hall", .mac = "0200000000aa"}) {
  const crypto::SecretKey psk = key_of(key), ephemeral = key_of(0x32);
  return make_server_stream(&psk, std::move(identity), &ephemeral);
}

struct Ends {
  std::unique_ptr<Stream> client;
  std::unique_ptr<Stream> server;
};

inline Ends plain_ends() {
  return {make_client_stream(nullptr), make_server_stream(nullptr, {})};
}
inline Ends noise_ends() {
  Ends ends{client(), server()};
  EXPECT_EQ(receive(*ends.server, take(*ends.client)), Messages());
  EXPECT_EQ(receive(*ends.client, take(*ends.server)), Messages());
  EXPECT_TRUE(ends.client->is_open() && ends.server->is_open());
  return ends;
}

inline void send(Stream& stream, uint16_t type, Buffer payload = {}) {
  stream.send(static_cast<MessageType>(type), payload);
}

// Frames of every kind of header: no payload, sizes and types of one, two and three bytes.
inline Messages send_some(Stream& stream) {
  Messages sent;
  const auto one = [&](uint16_t type, size_t size) {
    const Buffer payload(size, static_cast<uint8_t>(type + size));
    send(stream, type, payload);
    sent.push_back(std::to_string(type) + " " + to_hex(payload));
  };
  one(7, 0);
  one(1, 6);
  one(93, 127);
  one(93, 128);
  one(150, 1);
  one(300, 200);
  one(65'535, 0);
  one(8, 0);
  return sent;
}

// A failure, and that nothing is given or taken after it.
inline void expect_failure(Stream& stream, StreamProblem problem, const std::string& text, const std::string& what = {}) {
  ASSERT_TRUE(stream.failure()) << what;
  EXPECT_EQ(to_string(stream.failure()->problem), to_string(problem)) << what << ": " << stream.failure()->text;
  EXPECT_THAT(stream.failure()->text, ::testing::HasSubstr(text)) << what;
  EXPECT_FALSE(stream.is_open()) << what;
  const size_t waiting = stream.output().size();
  send(stream, 7);
  EXPECT_EQ(receive(stream, hex("000007")), Messages()) << what;
  EXPECT_EQ(stream.output().size(), waiting) << what;
  EXPECT_EQ(to_string(stream.failure()->problem), to_string(problem)) << what;
}

}  // namespace moor::esphome
