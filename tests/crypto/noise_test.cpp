#include "crypto/noise.hpp"

#include "support/allocation_counter.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <numeric>

namespace moor::crypto {
namespace {

using Role = NoiseHandshake::Role;
using Buffer = std::vector<uint8_t>;

SecretKey key_of(uint8_t byte) {
  std::array<uint8_t, SecretKey::size> bytes{};
  bytes.fill(byte);
  return SecretKey(bytes);
}

// The fixed session: what another implementation (Python's cryptography and hmac, by the letter of the specification) makes of these keys.
const std::string_view prologue_text = "a prologue of its own";
const Bytes prologue(reinterpret_cast<const uint8_t*>(prologue_text.data()), prologue_text.size());

SecretKey psk() {
  std::array<uint8_t, SecretKey::size> bytes{};
  std::iota(bytes.begin(), bytes.end(), uint8_t{0xa0});
  return SecretKey(bytes);
}

NoiseHandshake handshake(Role role) {
  const SecretKey ephemeral = key_of(role == Role::initiator ? 0x11 : 0x77);
  return {role, psk(), prologue, &ephemeral};
}

constexpr const char* message_1 =
    "7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f132b0b8a8100770f5bc8061dea17d960d1";
constexpr const char* message_2 =
    "1cf579aba45a10ba1d1ef06d91fca2aa9ed0a1150515653155405d0b18cb9a67a116ab9c9730b1ba68c93750e6e227cb";

std::string sealed(NoiseCipher& cipher, std::string_view text) {
  Buffer bytes(text.begin(), text.end());
  bytes.resize(bytes.size() + noise_tag_size);
  cipher.seal(bytes);
  return to_hex(bytes);
}

std::optional<std::string> opened(NoiseCipher& cipher, std::string_view hex) {
  Buffer bytes = *from_hex(hex);
  if (!cipher.open(bytes)) return std::nullopt;
  return std::string(bytes.begin(), bytes.end() - noise_tag_size);
}

TEST(Noise, SaysByteForByteWhatAnotherImplementationSays) {
  NoiseHandshake initiator = handshake(Role::initiator), responder = handshake(Role::responder);
  EXPECT_EQ(to_hex(initiator.write()), message_1);
  ASSERT_TRUE(responder.read(*from_hex(message_1)));
  EXPECT_EQ(to_hex(responder.write()), message_2);
  ASSERT_TRUE(initiator.read(*from_hex(message_2)));

  auto client = initiator.split(), server = responder.split();
  EXPECT_EQ(sealed(client.send, "first"), "30118ee1891a4b3d78b8513d49509c8e2fdc6c7a5e");
  EXPECT_EQ(sealed(client.send, ""), "556a4c7c85d4302330363dd82d611a1c");
  EXPECT_EQ(sealed(server.send, "answer"), "f0d2c677e1fec5216037772e75093141bd0f5361ce44");
  EXPECT_EQ(opened(server.receive, "30118ee1891a4b3d78b8513d49509c8e2fdc6c7a5e"), "first");
  EXPECT_EQ(opened(server.receive, "556a4c7c85d4302330363dd82d611a1c"), "");
  EXPECT_EQ(opened(client.receive, "f0d2c677e1fec5216037772e75093141bd0f5361ce44"), "answer");
}

TEST(Noise, CountsBeyondAByte) {
  NoiseHandshake initiator = handshake(Role::initiator);
  (void)initiator.write();
  ASSERT_TRUE(initiator.read(*from_hex(message_2)));
  auto ciphers = initiator.split();
  for (int i = 0; i < 256; ++i) (void)sealed(ciphers.send, "");
  EXPECT_EQ(sealed(ciphers.send, "x"), "4fcdef81643c6c60be27b501b0fdaafda8");
}

TEST(Noise, MakesKeysThatNobodyHadBefore) {
  NoiseHandshake one(Role::initiator, psk(), prologue), two(Role::initiator, psk(), prologue);
  EXPECT_NE(to_hex(one.write()), to_hex(two.write()));
}

TEST(Noise, RefusesEachMessageOfWhichOneBitHasChanged) {
  for (size_t bit = 0; bit < 8 * noise_handshake_size; ++bit) {
    const auto changed = [&](const char* message) {
      Buffer bytes = *from_hex(message);
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      return bytes;
    };
    NoiseHandshake responder = handshake(Role::responder);
    EXPECT_FALSE(responder.read(changed(message_1))) << bit;
    NoiseHandshake initiator = handshake(Role::initiator);
    (void)initiator.write();
    EXPECT_FALSE(initiator.read(changed(message_2))) << bit;
  }
}

TEST(Noise, RefusesAnotherSize) {
  for (const size_t size : std::initializer_list<size_t>{0, 1, 31, 32, 47, 49, 64}) {
    Buffer bytes = *from_hex(message_1);
    bytes.resize(size);
    EXPECT_FALSE(handshake(Role::responder).read(bytes)) << size;
  }
}

TEST(Noise, RefusesAnotherKeyAndAnotherPrologue) {
  NoiseHandshake other_key(Role::responder, key_of(1), prologue);
  EXPECT_FALSE(other_key.read(*from_hex(message_1)));
  NoiseHandshake other_prologue(Role::responder, psk(), {});
  EXPECT_FALSE(other_prologue.read(*from_hex(message_1)));
}

// RFC 7748, 6.1: with these points the shared secret is zeros for every key. To the responder their tags fit: the peer has the key, and cheats.
TEST(Noise, RefusesAPeerWhoseKeyMakesTheSecretZeros) {
  for (const char* message :
       {"0000000000000000000000000000000000000000000000000000000000000000456a7e98f64734cc3c859142137700c2",
        "0100000000000000000000000000000000000000000000000000000000000000cd650fc108d506dcffdb3412a2db5164",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800663457465c7037394346d9c4ad57cb12",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f3b47c76b7e4e283049576066d2b1e474"}) {
    EXPECT_FALSE(handshake(Role::responder).read(*from_hex(message))) << message;
    NoiseHandshake initiator = handshake(Role::initiator);
    (void)initiator.write();
    EXPECT_FALSE(initiator.read(*from_hex(message))) << message;
  }
}

TEST(NoiseCipher, RefusesWhatWasChangedRepeatedOrLeftOut) {
  const SecretKey key = key_of(9);
  NoiseCipher sender(key);
  const std::string first = sealed(sender, "one"), second = sealed(sender, "two");
  const auto fresh = [&] { return NoiseCipher(key); };
  {
    NoiseCipher receiver = fresh();
    EXPECT_FALSE(opened(receiver, second)) << "the first was left out";
  }
  {
    NoiseCipher receiver = fresh();
    EXPECT_EQ(opened(receiver, first), "one");
    EXPECT_FALSE(opened(receiver, first)) << "the first again";
  }
  for (size_t bit = 0; bit < first.size() * 4; ++bit) {
    Buffer changed = *from_hex(first);
    changed[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    NoiseCipher receiver = fresh();
    EXPECT_FALSE(receiver.open(changed)) << bit;
  }
  for (size_t size = 0; size < first.size() / 2; ++size) {
    Buffer cut = *from_hex(first);
    cut.resize(size);
    NoiseCipher receiver = fresh();
    EXPECT_FALSE(receiver.open(cut)) << size;
  }
}

TEST(NoiseCipher, OpensWhatItSealedInEachSize) {
  const SecretKey key = key_of(7);
  NoiseCipher sender(key), receiver(key);
  for (const size_t size : std::initializer_list<size_t>{0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 1000, 65'519}) {
    Buffer bytes(size + noise_tag_size, static_cast<uint8_t>(size));
    sender.seal(bytes);
    ASSERT_TRUE(receiver.open(bytes)) << size;
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end() - noise_tag_size,
                            [&](uint8_t each) { return each == static_cast<uint8_t>(size); }));
  }
}

TEST(NoiseCipher, AllocatesNothingOnceMade) {
  const SecretKey key = key_of(3);
  NoiseCipher sender(key), receiver(key);
  Buffer bytes(100);
  const size_t before = allocations();
  for (int i = 0; i < 100; ++i) {
    sender.seal(bytes);
    EXPECT_TRUE(receiver.open(bytes));
  }
  EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace moor::crypto
