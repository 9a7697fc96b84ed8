// Sections noise and plaintext_frames of scenarios/esphome.json: whole sessions with fixed keys, refusals, and frames in plain,
// byte for byte, written by our streams and read by them. Each is read in one piece and byte by byte.

#include "esphome/stream.hpp"
#include "vectors/vectors.hpp"

#include <map>

namespace moor::esphome {
namespace {

using Buffer = std::vector<uint8_t>;

constexpr std::string_view usual_prologue = "4e6f697365415049496e69740000";  // "NoiseAPIInit", and a client hello of no bytes

json::value read_scenarios() {
  std::ifstream file(test_data() / "scenarios" / "esphome.json");
  if (!file) return nullptr;
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

// One session, or several.
std::vector<json::object> noise_sections() {
  const json::value all = read_scenarios();
  const json::value* const noise = all.is_object() ? all.as_object().if_contains("noise") : nullptr;
  std::vector<json::object> sections;
  if (noise != nullptr && noise->is_object()) sections.push_back(noise->as_object());
  if (noise != nullptr && noise->is_array())
    for (const json::value& each : noise->as_array()) sections.push_back(each.as_object());
  return sections;
}

std::string text(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::optional<crypto::SecretKey> key_in(const json::object& object, std::string_view name) {
  const auto bytes = from_hex(text(object, name));
  if (!bytes || bytes->size() != crypto::SecretKey::size) return std::nullopt;
  return crypto::SecretKey(Bytes(*bytes).first<crypto::SecretKey::size>());
}

void expect_output(Stream& stream, const Buffer& expected, const std::string& what) {
  const Bytes output = stream.output();
  ASSERT_GE(output.size(), expected.size()) << what;
  EXPECT_EQ(to_hex(output.first(expected.size())), to_hex(expected)) << what;
  stream.sent(expected.size());
}

std::vector<std::string> receive(Stream& stream, Buffer bytes, size_t piece) {
  std::vector<std::string> messages;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    std::span<uint8_t> input = std::span(bytes).subspan(at, std::min(piece, bytes.size() - at));
    while (const auto message = stream.next(input))
      messages.push_back(std::to_string(static_cast<int>(message->type)) + " " + to_hex(message->payload));
  }
  return messages;
}

// The client or the server of a session: an end of ours, where its ephemeral key is known.
std::unique_ptr<Stream> client_of(const json::object& session) {
  const crypto::SecretKey key = parse_key(text(session, "psk_b64"));
  const auto ephemeral = key_in(session, "init_ephemeral_private");
  const std::string prologue = text(session, "prologue");
  if (!ephemeral || (!prologue.empty() && prologue != usual_prologue)) return nullptr;
  return make_client_stream(&key, &*ephemeral);
}
std::unique_ptr<Stream> server_of(const json::object& session) {
  const crypto::SecretKey key = parse_key(text(session, "psk_b64"));
  const auto ephemeral = key_in(session, "resp_ephemeral_private");
  if (!ephemeral) return nullptr;
  return make_server_stream(&key, {.name = text(session, "server_name"), .mac = text(session, "server_mac")}, &*ephemeral);
}

// @returns how many entries there were
size_t play_session(const json::object& session, size_t piece) {
  const std::unique_ptr<Stream> client = client_of(session);
  const std::unique_ptr<Stream> server = server_of(session);
  size_t number = 0;
  for (const json::value& each : session.at("stream").as_array()) {
    const json::array& entry = each.as_array();
    const bool from_client = entry.at(0) == "c";
    Stream* const sender = from_client ? client.get() : server.get();
    Stream* const receiver = from_client ? server.get() : client.get();
    const std::string what = "entry " + std::to_string(number++) + ", " + std::string(entry.at(1).as_string());
    const Buffer frame = bytes(entry.at(2));
    const bool is_message = entry.size() > 4;
    std::vector<std::string> expected;
    if (is_message) {
      const auto type = entry.at(3).to_number<uint16_t>();
      const Buffer payload = bytes(entry.at(4));
      expected.push_back(std::to_string(type) + " " + to_hex(payload));
      if (sender != nullptr) {
        EXPECT_TRUE(sender->is_open()) << what;
        if (!sender->is_open()) return number;
        sender->send(static_cast<MessageType>(type), payload);
      }
    }
    if (sender != nullptr) expect_output(*sender, frame, what);
    if (receiver == nullptr) continue;
    EXPECT_EQ(receive(*receiver, frame, piece), expected) << what;
    EXPECT_FALSE(receiver->failure()) << what << ": " << receiver->failure()->text;
  }
  if (client != nullptr) {
    EXPECT_EQ(client->server_name(), text(session, "server_name"));
    EXPECT_EQ(client->server_mac(), text(session, "server_mac"));
    EXPECT_TRUE(client->output().empty());
  }
  EXPECT_TRUE(server == nullptr || server->output().empty());
  return number;
}

TEST(EsphomeStreamVectors, Sessions) {
  const auto sections = noise_sections();
  size_t sessions = 0, entries = 0;
  for (const json::object& section : sections) {
    if (!section.contains("stream") || !section.contains("psk_b64")) continue;
    ++sessions;
    entries += play_session(section, SIZE_MAX);
    (void)play_session(section, 1);
  }
  if (sessions == 0) GTEST_SKIP() << "no section noise with a stream";
  std::printf("noise sessions: %zu, %zu entries\n", sessions, entries);
}

TEST(EsphomeStreamVectors, Refusals) {
  // After a client's hello, what a server refuses with these words.
  const std::map<std::string, std::string> provocations{
      {"Handshake MAC failure", "01003100" + std::string(96, '5')},
      {"Handshake error", "0100020042"},
      {"Bad indicator byte", "02"},
      {"Bad handshake packet len", "010081"},
      {"Empty handshake message", "010000"},
      {"Bad handshake error byte", "01000101"},
  };
  const crypto::SecretKey key = crypto::SecretKey::random();
  size_t entries = 0, provoked = 0;
  for (const json::object& section : noise_sections()) {
    if (!section.contains("rejects")) continue;
    for (const json::value& each : section.at("rejects").as_array()) {
      const std::string reason(each.as_array().at(0).as_string());
      const Buffer frame = bytes(each.as_array().at(1));
      ++entries;

      const auto server = make_server_stream(&key, {.name = "n", .mac = "020000000001"});
      EXPECT_TRUE(receive(*server, *from_hex("010000"), 1).empty());
      for (const size_t piece : {SIZE_MAX, size_t{1}}) {
        const auto client = make_client_stream(&key);
        const Bytes hello = server->output();
        EXPECT_TRUE(receive(*client, {hello.begin(), hello.end()}, piece).empty());
        EXPECT_TRUE(receive(*client, frame, piece).empty());
        ASSERT_TRUE(client->failure()) << reason;
        EXPECT_EQ(client->failure()->text, reason);
        EXPECT_EQ(client->failure()->problem,
                  reason == "Handshake MAC failure" ? StreamProblem::wrong_key : StreamProblem::handshake_refused);
        EXPECT_EQ(client->server_name(), "n") << "the hello came before the refusal";
      }

      const auto provocation = provocations.find(reason);
      if (provocation == provocations.end()) continue;
      ++provoked;
      server->sent(server->output().size());
      EXPECT_TRUE(receive(*server, *from_hex(provocation->second), 1).empty());
      EXPECT_EQ(to_hex(server->output()), to_hex(frame)) << reason;
    }
  }
  if (entries == 0) GTEST_SKIP() << "no refusals in the section noise";
  std::printf("rejects: %zu entries, %zu of them written too\n", entries, provoked);
}

TEST(EsphomeStreamVectors, PlainFrames) {
  const json::value all = read_scenarios();
  const json::value* const frames = all.is_object() ? all.as_object().if_contains("plaintext_frames") : nullptr;
  if (frames == nullptr) GTEST_SKIP() << "no section plaintext_frames";
  size_t entries = 0;
  for (const json::value& each : frames->as_array()) {
    const json::array& entry = each.as_array();
    const auto type = entry.at(0).to_number<uint16_t>();
    const Buffer payload = bytes(entry.at(1)), frame = bytes(entry.at(2));
    const std::string expected = std::to_string(type) + " " + to_hex(payload);
    for (const auto& stream : {make_client_stream(nullptr), make_server_stream(nullptr, {})}) {
      stream->send(static_cast<MessageType>(type), payload);
      expect_output(*stream, frame, expected);
      EXPECT_EQ(receive(*stream, frame, SIZE_MAX), std::vector{expected});
      EXPECT_EQ(receive(*stream, frame, 1), std::vector{expected});
      EXPECT_FALSE(stream->failure()) << expected;
    }
    ++entries;
  }
  std::printf("plaintext_frames: %zu entries\n", entries);
}

}  // namespace
}  // namespace moor::esphome
