#include "crypto/aes_modes.hpp"

#include "support/allocation_counter.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <numeric>

namespace moor::crypto {
namespace {

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

struct Sealed {
  const char* key;
  const char* nonce;
  const char* associated;
  const char* plain;
  const char* cipher;
  const char* tag;
};

// NIST SP 800-38C, examples 1 to 3; RFC 3610, packet vectors 1 and 2.
constexpr Sealed ccm_samples[] = {
    {"404142434445464748494a4b4c4d4e4f", "10111213141516", "0001020304050607", "20212223", "7162015b", "4dac255d"},
    {"404142434445464748494a4b4c4d4e4f", "1011121314151617", "000102030405060708090a0b0c0d0e0f",
     "202122232425262728292a2b2c2d2e2f", "d2a1f0e051ea5f62081a7792073d593d", "1fc64fbfaccd"},
    {"404142434445464748494a4b4c4d4e4f", "101112131415161718191a1b", "000102030405060708090a0b0c0d0e0f10111213",
     "202122232425262728292a2b2c2d2e2f3031323334353637", "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5", "484392fbc1b09951"},
    {"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000003020100a0a1a2a3a4a5", "0001020304050607",
     "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e", "588c979a61c663d2f066d0c2c0f989806d5f6b61dac384", "17e8d12cfdf926e0"},
    {"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000004030201a0a1a2a3a4a5", "0001020304050607",
     "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3b", "a091d56e10400916"},
};

// The EAX paper, appendix G: the first three and the last.
constexpr Sealed eax_samples[] = {
    {"233952dee4d5ed5f9b9c6d6ff80ff478", "62ec67f9c3a4a407fcb2a8c49031a8b3", "6bfb914fd07eae6b", "", "",
     "e037830e8389f27b025a2d6527e79d01"},
    {"91945d3f4dcbee0bf45ef52255f095a4", "becaf043b0a23d843194ba972c66debd", "fa3bfd4806eb53fa", "f7fb", "19dd",
     "5c4c9331049d0bdab0277408f67967e5"},
    {"01f74ad64077f2e704c0f60ada3dd523", "70c3db4f0d26368400a10ed05d2bff5e", "234a3463c1264ac6", "1a47cb4933", "d851d5bae0",
     "3a59f238a23e39199dc9266626c40f80"},
    {"8395fcf1e95bebd697bd010bc766aac3", "22e7add93cfc6393c57ec0b3c17d6b44", "126735fcc320d25a",
     "ca40d7446e545ffaed3bd12a740a659ffbbb3ceab7", "cb8920f87a6c75cff39627b56e3ed197c552d295a7",
     "cfc46afc253b4652b1af3795b124ab6e"},
};

using Encrypt = bool(const Seal&, Bytes, std::span<uint8_t>, std::span<uint8_t>) noexcept;
using Decrypt = bool(const Seal&, Bytes, Bytes, std::span<uint8_t>) noexcept;
struct Mode {
  const char* name;
  Encrypt* encrypt;
  Decrypt* decrypt;
  std::span<const Sealed> samples;
};
constexpr Mode modes[] = {{"CCM", ccm_encrypt, ccm_decrypt, ccm_samples}, {"EAX", eax_encrypt, eax_decrypt, eax_samples}};

struct Sample {
  explicit Sample(const Sealed& text)
      : key(bytes(text.key)),
        nonce(bytes(text.nonce)),
        associated(bytes(text.associated)),
        plain(bytes(text.plain)),
        cipher(bytes(text.cipher)),
        tag(bytes(text.tag)) {}
  [[nodiscard]] Seal seal() const { return {.key = key, .nonce = nonce, .associated = associated}; }
  std::vector<uint8_t> key, nonce, associated, plain, cipher, tag;
};

TEST(SealedModes, AgreeWithThePublishedSamples) {
  for (const Mode& mode : modes) {
    for (const Sealed& text : mode.samples) {
      const Sample sample(text);
      std::vector<uint8_t> cipher(sample.plain.size());
      std::vector<uint8_t> tag(sample.tag.size());
      ASSERT_TRUE(mode.encrypt(sample.seal(), sample.plain, cipher, tag)) << mode.name << " " << text.nonce;
      EXPECT_EQ(to_hex(cipher), text.cipher) << mode.name;
      EXPECT_EQ(to_hex(tag), text.tag) << mode.name;
      std::vector<uint8_t> plain(cipher.size());
      ASSERT_TRUE(mode.decrypt(sample.seal(), sample.cipher, sample.tag, plain)) << mode.name << " " << text.nonce;
      EXPECT_EQ(to_hex(plain), text.plain) << mode.name;
      ASSERT_TRUE(mode.decrypt(sample.seal(), cipher, tag, cipher)) << "in place";
      EXPECT_EQ(to_hex(cipher), text.plain) << mode.name;
    }
  }
}

TEST(SealedModes, RefuseAMessageOfWhichAnyBitWasChanged) {
  for (const Mode& mode : modes) {
    for (const Sealed& text : mode.samples) {
      Sample sample(text);
      std::vector<uint8_t> plain(sample.cipher.size());
      for (auto* part : {&sample.key, &sample.nonce, &sample.associated, &sample.cipher, &sample.tag}) {
        for (size_t bit = 0; bit < part->size() * 8; ++bit) {
          (*part)[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
          EXPECT_FALSE(mode.decrypt(sample.seal(), sample.cipher, sample.tag, plain)) << mode.name << " bit " << bit;
          EXPECT_TRUE(std::ranges::all_of(plain, [](uint8_t byte) { return byte == 0; })) << mode.name;
          (*part)[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
        }
      }
      EXPECT_TRUE(mode.decrypt(sample.seal(), sample.cipher, sample.tag, plain)) << "a failure leaves nothing behind";
    }
  }
}

TEST(SealedModes, OpenWhatTheySealedWhateverTheSizes) {
  const auto key = bytes("000102030405060708090a0b0c0d0e0f");
  std::vector<uint8_t> text(300);
  std::iota(text.begin(), text.end(), uint8_t{0});
  for (const Mode& mode : modes) {
    for (size_t nonce = 7; nonce <= 13; ++nonce) {
      for (size_t tag_size = 4; tag_size <= 16; tag_size += 2) {
        for (size_t size : {0U, 1U, 15U, 16U, 17U, 31U, 32U, 33U, 255U, 256U, 257U, 300U}) {
          const Seal seal{.key = key, .nonce = Bytes(text).first(nonce), .associated = Bytes(text).first(size % 19)};
          std::vector<uint8_t> cipher(size), plain(size), tag(tag_size);
          ASSERT_TRUE(mode.encrypt(seal, Bytes(text).first(size), cipher, tag)) << mode.name;
          ASSERT_TRUE(mode.decrypt(seal, cipher, tag, plain)) << mode.name << " " << nonce << " " << tag_size << " " << size;
          ASSERT_TRUE(std::ranges::equal(plain, Bytes(text).first(size)));
        }
      }
    }
  }
}

TEST(SealedModes, RefuseSizesThatCannotBe) {
  const std::vector<uint8_t> some(20);
  std::vector<uint8_t> out(20);
  const Bytes all(some);
  for (const Mode& mode : modes) {
    EXPECT_FALSE(
        mode.decrypt({.key = all.first(15), .nonce = all.first(13)}, all.first(4), all.first(4), std::span(out).first(4)));
    EXPECT_FALSE(
        mode.decrypt({.key = all.first(17), .nonce = all.first(13)}, all.first(4), all.first(4), std::span(out).first(4)));
    EXPECT_FALSE(
        mode.decrypt({.key = all.first(16), .nonce = all.first(13)}, all.first(4), all.first(4), std::span(out).first(5)));
    EXPECT_FALSE(mode.decrypt({.key = all.first(16), .nonce = all.first(13)}, all.first(4), {}, std::span(out).first(4)));
    EXPECT_FALSE(
        mode.decrypt({.key = all.first(16), .nonce = all.first(13)}, all.first(4), all.first(17), std::span(out).first(4)));
    EXPECT_FALSE(mode.encrypt({.key = all.first(16), .nonce = all.first(13)}, all.first(4), std::span(out).first(4), {}));
  }
  for (size_t size : {0U, 6U, 14U, 16U})
    EXPECT_FALSE(ccm_encrypt({.key = all.first(16), .nonce = all.first(size)}, {}, {}, std::span(out).first(4))) << size;
  for (size_t size : {2U, 3U, 5U, 15U, 18U})
    EXPECT_FALSE(ccm_encrypt({.key = all.first(16), .nonce = all.first(13)}, {}, {}, std::span(out).first(size))) << size;
}

// NIST SP 800-38A, F.5.1.
TEST(Ctr, AgreesWithThePublishedSample) {
  const auto key = bytes("2b7e151628aed2a6abf7158809cf4f3c");
  const Block counter = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
  const auto plain = bytes(
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
      "f69f2445df4f9b17ad2b417be66c3710");
  const char* cipher =
      "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab"
      "1e031dda2fbe03d1792170a0f3009cee";
  std::vector<uint8_t> output(plain.size());
  ASSERT_TRUE(ctr_crypt(key, counter, plain, output));
  EXPECT_EQ(to_hex(output), cipher);
  ASSERT_TRUE(ctr_crypt(key, counter, Bytes(plain).first(17), std::span(output).first(17)));
  EXPECT_EQ(to_hex(Bytes(output).first(17)), std::string(cipher).substr(0, 34));
}

TEST(Ctr, CountsFromEitherEndAndCarries) {
  const auto key = bytes("2b7e151628aed2a6abf7158809cf4f3c");
  for (const CounterOrder order : {CounterOrder::big_endian, CounterOrder::little_endian}) {
    Block counter{};
    const auto at = [&](size_t i) -> uint8_t& { return counter[order == CounterOrder::little_endian ? i : 15 - i]; };
    at(0) = 0xFF;
    at(1) = 0xFE;
    const std::vector<uint8_t> zeros(20 * 16);
    std::vector<uint8_t> stream(zeros.size());
    ASSERT_TRUE(ctr_crypt(key, counter, zeros, stream, order));
    at(0) = 18;
    at(1) = 0xFF;
    Block nineteenth{};
    ASSERT_TRUE(ctr_crypt(key, counter, nineteenth, nineteenth, order));
    EXPECT_EQ(to_hex(Bytes(stream).last(16)), to_hex(nineteenth));
  }
}

// RFC 4493, 4.
TEST(Cmac, AgreesWithThePublishedSamples) {
  const auto key = bytes("2b7e151628aed2a6abf7158809cf4f3c");
  const auto text = bytes(
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
      "f69f2445df4f9b17ad2b417be66c3710");
  const auto mac = [&](size_t size) { return to_hex(cmac(key, Bytes(text).first(size)).value()); };
  EXPECT_EQ(mac(0), "bb1d6929e95937287fa37d129b756746");
  EXPECT_EQ(mac(16), "070a16b46b4d4144f79bdd9dd04a287c");
  EXPECT_EQ(mac(40), "dfa66747de9ae63030ca32611497c827");
  EXPECT_EQ(mac(64), "51f0bebf7e3b9d92fc49741779363cfe");
  EXPECT_EQ(cmac(Bytes(key).first(12), text), std::nullopt);
}

TEST(SameTag, IsOfSizeAndBytes) {
  EXPECT_TRUE(same_tag(bytes("01020304"), bytes("01020304")));
  EXPECT_FALSE(same_tag(bytes("01020304"), bytes("01020305")));
  EXPECT_FALSE(same_tag(bytes("01020304"), bytes("010203")));
  EXPECT_TRUE(same_tag({}, {}));
}

TEST(SealedModes, AllocateNothingOnceWarm) {
  for (const Mode& mode : modes) {
    const Sample sample(mode.samples[3]);
    std::vector<uint8_t> plain(sample.cipher.size());
    ASSERT_TRUE(mode.decrypt(sample.seal(), sample.cipher, sample.tag, plain));
    const size_t before = allocations();
    EXPECT_TRUE(mode.decrypt(sample.seal(), sample.cipher, sample.tag, plain));
    EXPECT_EQ(allocations(), before) << mode.name;
  }
}

}  // namespace
}  // namespace moor::crypto
