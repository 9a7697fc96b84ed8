// Any bytes as what a peer sends, to clients and servers, in plain and in Noise, before the handshake and after it; and from a
// peer that has the key, any bytes inside of frames that are sealed as they should be. However the bytes are cut, the messages,
// the failure and what is answered are the same.

#include "crypto/noise.hpp"
#include "esphome/stream.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace moor;
using namespace moor::esphome;

using Buffer = std::vector<uint8_t>;
using Role = crypto::NoiseHandshake::Role;

void require(bool holds) {
  if (!holds) std::abort();
}

crypto::SecretKey key_of(uint8_t byte) {
  std::array<uint8_t, crypto::SecretKey::size> bytes{};
  bytes.fill(byte);
  return crypto::SecretKey(bytes);
}

struct Heard {
  MessageType type{};
  Buffer payload;
  friend bool operator==(const Heard&, const Heard&) = default;
};

// All that a stream makes of bytes that come in pieces of this size.
std::vector<Heard> hear(Stream& stream, Buffer bytes, size_t piece) {
  std::vector<Heard> all;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    std::span<uint8_t> input = std::span(bytes).subspan(at, std::min(piece, bytes.size() - at));
    while (const auto message = stream.next(input)) {
      require(!stream.failure() && stream.is_open());
      all.push_back({message->type, {message->payload.begin(), message->payload.end()}});
    }
    require(input.empty());
  }
  return all;
}

void check_same(Stream& a, Stream& b) {
  require(std::ranges::equal(a.output(), b.output()));
  require(a.server_name() == b.server_name() && a.server_mac() == b.server_mac());
  require(a.is_open() == b.is_open() && a.failure().has_value() == b.failure().has_value());
  if (!a.failure()) return;
  require(a.failure()->problem == b.failure()->problem && a.failure()->text == b.failure()->text && !a.failure()->text.empty());
  require(!a.is_open());
}

std::unique_ptr<Stream> make(bool noise, bool client) {
  const crypto::SecretKey psk = key_of(1), ephemeral = key_of(client ? 2 : 3);
  if (client) return make_client_stream(noise ? &psk : nullptr, &ephemeral);
  return make_server_stream(noise ? &psk : nullptr, {.name = "hall", .mac = "0200000000aa"}, &ephemeral);
}

// A stream whose handshake is done, and the cipher of a peer that seals for it.
struct Session {
  std::unique_ptr<Stream> stream;
  std::optional<crypto::NoiseCipher> peer;
};

Session shake_hands(bool client) {
  Session session{make(true, client), {}};
  Stream& stream = *session.stream;
  const crypto::SecretKey psk = key_of(1), ephemeral = key_of(4);
  constexpr std::string_view prologue("NoiseAPIInit\0\0", 14);
  crypto::NoiseHandshake peer(client ? Role::responder : Role::initiator, psk,
                              Bytes(reinterpret_cast<const uint8_t*>(prologue.data()), prologue.size()), &ephemeral);
  const auto read_last = [&] { require(peer.read(stream.output().last(crypto::noise_handshake_size))); };
  if (client) read_last();
  Buffer bytes = client ? Buffer{1, 0, 1, 1, 1, 0, 49, 0} : Buffer{1, 0, 0, 1, 0, 49, 0};
  const auto message = peer.write();
  bytes.insert(bytes.end(), message.begin(), message.end());
  require(hear(stream, bytes, bytes.size()).empty() && stream.is_open());
  if (!client) read_last();
  session.peer.emplace(std::move(peer.split().send));
  stream.sent(stream.output().size());
  return session;
}

// What was heard in plain, said again by another end, is heard again.
void check_echo(const std::vector<Heard>& heard) {
  const auto from = make(false, true), to = make(false, false);
  std::vector<Heard> sent;
  for (const Heard& each : heard) {
    if (each.payload.size() > max_frame - 20) continue;
    from->send(each.type, each.payload);
    sent.push_back(each);
  }
  const Bytes output = from->output();
  require(hear(*to, {output.begin(), output.end()}, std::max<size_t>(output.size(), 1)) == sent);
}

void check_bytes(Bytes bytes, bool noise, bool client, size_t piece) {
  const Buffer input(bytes.begin(), bytes.end());
  const auto whole = make(noise, client), cut = make(noise, client);
  const auto heard = hear(*whole, input, std::max<size_t>(input.size(), 1));
  require(hear(*cut, input, piece) == heard);
  check_same(*whole, *cut);
  if (noise)
    require(heard.empty());  // nobody guesses a key
  else
    check_echo(heard);
}

void check_after_handshake(Bytes bytes, bool client) {
  const Session session = shake_hands(client);
  require(hear(*session.stream, {bytes.begin(), bytes.end()}, std::max<size_t>(bytes.size(), 1)).empty());
  require(session.stream->output().empty());
}

// Each byte is a size, and so many bytes are sealed; a size of 255 instead changes a bit of the next frame.
void check_sealed(Bytes bytes, bool client, size_t piece) {
  Session session = shake_hands(client);
  Buffer sent;
  std::vector<Heard> expected;
  bool good = true;
  for (bool change = false; !bytes.empty();) {
    const size_t size = std::min<size_t>(bytes[0], bytes.size() - 1);
    change = bytes[0] == 255;
    bytes = bytes.subspan(1);
    if (change && bytes.empty()) break;
    const size_t bit = change ? bytes[0] : 0;
    Buffer inner(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    bytes = bytes.subspan(size);
    good = good && !change && inner.size() >= 4 && load_be16(&inner[2]) <= inner.size() - 4;
    if (good) {
      const Bytes payload = Bytes(inner).subspan(4, load_be16(&inner[2]));
      expected.push_back({static_cast<MessageType>(load_be16(inner.data())), {payload.begin(), payload.end()}});
    }
    inner.resize(inner.size() + crypto::noise_tag_size);
    session.peer->seal(inner);
    if (change) inner[bit / 8 % inner.size()] ^= static_cast<uint8_t>(1 << bit % 8);
    sent.insert(sent.end(), {1, static_cast<uint8_t>(inner.size() >> 8), static_cast<uint8_t>(inner.size())});
    sent.insert(sent.end(), inner.begin(), inner.end());
  }
  require(hear(*session.stream, sent, piece) == expected);
  require(session.stream->failure().has_value() == !good && session.stream->output().empty());
}

}  // namespace

// The first byte says who hears, the second how the bytes are cut.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const bool client = (data[0] & 1) != 0;
  const size_t piece = 1 + data[1];
  const Bytes bytes(data + 2, size - 2);
  switch (data[0] >> 1 & 3) {
    case 0: check_bytes(bytes, false, client, piece); break;
    case 1: check_bytes(bytes, true, client, piece); break;
    case 2: check_after_handshake(bytes, client); break;
    default: check_sealed(bytes, client, piece);
  }
  return 0;
}
