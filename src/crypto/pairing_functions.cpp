#include "crypto/pairing_functions.hpp"

#include "crypto/aes_modes.hpp"
#include "crypto/hmac.hpp"

#include <algorithm>
#include <stdexcept>

namespace moor::crypto {

namespace {

// Parts of a message one after the other; it may hold secrets.
class Message {
public:
  Message() = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() { wipe(bytes_); }
  Message& add(Bytes part) {
    std::copy(part.begin(), part.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += part.size();
    return *this;
  }
  Message& add(uint8_t byte) { return add(Bytes(&byte, 1)); }
  Message& add(const Address& address) {
    std::array<uint8_t, 6> bytes{};
    address.to_le(bytes.data());
    std::ranges::reverse(bytes);
    return add(bytes);
  }
  // With its kind before it, as f5 and f6 have it.
  Message& add_with_kind(const Address& address) { return add(kind_of(address)).add(address); }
  [[nodiscard]] Bytes bytes() const noexcept { return Bytes(bytes_).first(size_); }
  [[nodiscard]] Block block() const noexcept {
    Block block{};
    std::copy_n(bytes_.begin(), block.size(), block.begin());
    return block;
  }
  static uint8_t kind_of(const Address& address) noexcept { return address.is_random() ? 1 : 0; }

private:
  std::array<uint8_t, 96> bytes_{};  // the longest is f4's and g2's, 80
  size_t size_ = 0;
};

Block mac(const Block& key, const Message& message) {
  const auto value = cmac(key, message.bytes());
  if (!value) throw std::runtime_error("libcrypto cannot make AES-CMAC");
  return *value;
}

Block operator^(Block a, const Block& b) noexcept {
  for (size_t i = 0; i < a.size(); ++i) a[i] ^= b[i];
  return a;
}

}  // namespace

Block c1(const Block& k, const Block& r, const PairingFeatures& request, const PairingFeatures& response,
         const PairingAddresses& who) {
  Message p1, p2;
  p1.add(response).add(request).add(Message::kind_of(who.responder)).add(Message::kind_of(who.initiator));
  constexpr std::array<uint8_t, 4> padding{};
  p2.add(padding).add(who.initiator).add(who.responder);
  return aes128_encrypt_block(k, aes128_encrypt_block(k, r ^ p1.block()) ^ p2.block());
}

Block s1(const Block& k, const Block& r1, const Block& r2) {
  Message halves;
  halves.add(Bytes(r1).last(8)).add(Bytes(r2).last(8));
  return aes128_encrypt_block(k, halves.block());
}

Block f4(const Coordinate& u, const Coordinate& v, const Block& x, uint8_t z) {
  Message message;
  return mac(x, message.add(u).add(v).add(z));
}

F5Keys f5(const Coordinate& w, const Block& n1, const Block& n2, const Address& a1, const Address& a2) {
  constexpr Block salt = {0x6C, 0x88, 0x83, 0x91, 0xAA, 0xF5, 0xA5, 0x38, 0x60, 0x37, 0x0B, 0xDB, 0x5A, 0x60, 0x83, 0xBE};
  constexpr std::array<uint8_t, 4> key_id = {'b', 't', 'l', 'e'};
  constexpr std::array<uint8_t, 2> length = {0x01, 0x00};  // 256 bits
  Message secret;
  Block t = mac(salt, secret.add(w));
  const auto key = [&](uint8_t counter) {
    Message message;
    message.add(counter).add(key_id).add(n1).add(n2).add_with_kind(a1).add_with_kind(a2).add(length);
    return mac(t, message);
  };
  const F5Keys keys = {key(0), key(1)};
  wipe(t);
  return keys;
}

Block f6(const Block& w, const Block& n1, const Block& n2, const Block& r, const IoFeatures& io, const Address& a1,
         const Address& a2) {
  Message message;
  return mac(w, message.add(n1).add(n2).add(r).add(io).add_with_kind(a1).add_with_kind(a2));
}

uint32_t g2(const Coordinate& u, const Coordinate& v, const Block& x, const Block& y) {
  Message message;
  return load_be32(mac(x, message.add(u).add(v).add(y)).data() + 12);
}

}  // namespace moor::crypto
