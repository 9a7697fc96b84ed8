#pragma once
// The initiator's side of pairing, for tests of the responder: it does what a host of the given abilities does, or what a test changes of it.

#include "crypto/p256.hpp"
#include "hci/smp.hpp"
#include "radio/association.hpp"
#include "radio/controller/smp_responder.hpp"

#include <algorithm>

namespace moor::testing {

class PairingHost {
public:
  using Pdu = std::vector<uint8_t>;
  using Pdus = std::vector<Pdu>;

  struct Abilities {
    IoCapability io = IoCapability::keyboard_display;
    bool secure = true;
    bool protect = true;  ///< asks for protection against somebody in the middle
    bool bonds = true;
    uint8_t keys = 0x03;
    uint32_t passkey = 0;  ///< typed in, or shown
  };
  /// What is sent may be changed here first.
  using Change = std::function<void(Pdu& pdu)>;

  PairingHost(controller::SmpResponder::Parties parties, Abilities abilities) : parties_(parties), abilities_(abilities) {}
  Change change{};

  struct Failed {
    uint8_t reason;
  };
  /// @throws Failed
  void pair(controller::SmpResponder& device) {
    device_ = &device;
    exchange_features();
    if (secure_)
      secure_pairing();
    else
      legacy_pairing();
    if (!device.session_key() || *device.session_key() != key) throw Failed{0xFF};
    receive_keys(device.encrypted());
    if ((answered_.initiator_keys & 0x01) != 0 && !secure_) {
      expect_nothing(send(0x06, Pdu(16, 1)));
      expect_nothing(send(0x07, Pdu(10, 2)));
    }
    if ((answered_.initiator_keys & 0x02) != 0) {
      expect_nothing(send(0x08, Pdu(16, 3)));
      expect_nothing(send(0x09, Pdu(7, 0)));
    }
  }

  PairingMethod method = PairingMethod::just_works;
  controller::Key128 key{};            ///< the session's
  std::optional<uint32_t> compared{};  ///< what is shown here
  Pdus keys{};                         ///< that the device gave

private:
  static crypto::Block block(Bytes body) {
    crypto::Block made{};
    std::reverse_copy(body.begin(), body.end(), made.begin());
    return made;
  }
  static crypto::Block block(uint32_t number) {
    crypto::Block made{};
    for (size_t i = 0; i < 4; ++i) made[15 - i] = static_cast<uint8_t>(number >> (8 * i));
    return made;
  }
  static Pdu body_of(const crypto::Block& value) { return {value.rbegin(), value.rend()}; }

  Pdus send(uint8_t code, const Pdu& body) {
    Pdu pdu = hci::smp_pdu(static_cast<hci::SmpCode>(code), body);
    if (change) change(pdu);
    const Pdu exact(pdu);
    Pdus answers = device_->receive(exact);
    for (const Pdu& each : answers)
      if (each[0] == 0x05) throw Failed{each[1]};
    return answers;
  }
  static Pdu only(Pdus answers, uint8_t code) {
    if (answers.size() != 1 || answers[0][0] != code) throw std::runtime_error("another answer than expected");
    return {answers[0].begin() + 1, answers[0].end()};
  }
  static void expect_nothing(const Pdus& answers) {
    if (!answers.empty()) throw std::runtime_error("an answer where none was expected");
  }

  void exchange_features() {
    asked_.io_capability = static_cast<uint8_t>(abilities_.io);
    asked_.auth = static_cast<uint8_t>((abilities_.bonds ? 1 : 0) | (abilities_.protect ? 4 : 0) | (abilities_.secure ? 8 : 0));
    asked_.initiator_keys = asked_.responder_keys = abilities_.keys;
    const auto bytes = hci::to_bytes(asked_);
    answered_ = hci::parse_features(only(send(0x01, Pdu(bytes.begin(), bytes.end())), 0x02));
    secure_ = (asked_.auth & answered_.auth & 8) != 0;
    if (((asked_.auth | answered_.auth) & 4) != 0)
      method = associate(abilities_.io, static_cast<IoCapability>(answered_.io_capability), secure_);
  }
  [[nodiscard]] bool is_passkey() const {
    return method == PairingMethod::passkey_display || method == PairingMethod::passkey_entry;
  }
  crypto::PairingFeatures whole(uint8_t code, const hci::PairingFeatures& of) const {
    const auto bytes = hci::to_bytes(of);
    crypto::PairingFeatures made{};
    std::reverse_copy(bytes.begin(), bytes.end(), made.begin());
    made[6] = code;
    return made;
  }

  void legacy_pairing() {
    const crypto::Block tk = block(is_passkey() ? abilities_.passkey : 0), ours = block(0x12345678);
    const auto confirm = [&](const crypto::Block& random) {
      return crypto::c1(tk, random, whole(1, asked_), whole(2, answered_), {parties_.host, parties_.device});
    };
    const crypto::Block theirs_confirmed = block(only(send(0x03, body_of(confirm(ours))), 0x03));
    const crypto::Block theirs = block(only(send(0x04, body_of(ours)), 0x04));
    if (confirm(theirs) != theirs_confirmed) throw std::runtime_error("the device's confirm value is wrong");
    set_key(crypto::s1(tk, theirs, ours));
  }
  void set_key(const crypto::Block& value) { std::ranges::reverse_copy(value, key.begin()); }

  void secure_pairing() {
    const crypto::P256KeyPair pair = crypto::P256KeyPair::generate();
    const crypto::Coordinate our_x = pair.public_key().x;
    Pdu point(our_x.rbegin(), our_x.rend());
    point.insert(point.end(), pair.public_key().y.rbegin(), pair.public_key().y.rend());
    Pdus answers = send(0x0C, point);
    if (answers.empty() || answers[0].size() != 65) throw std::runtime_error("no public key");
    crypto::P256Point theirs;
    std::reverse_copy(answers[0].begin() + 1, answers[0].begin() + 33, theirs.x.begin());
    std::reverse_copy(answers[0].begin() + 33, answers[0].end(), theirs.y.begin());
    answers.erase(answers.begin());
    crypto::Block na{}, nb{}, r{};
    if (is_passkey()) {
      expect_nothing(answers);
      r = block(abilities_.passkey);
      for (unsigned i = 0; i < 20; ++i) {
        const auto bit = static_cast<uint8_t>(0x80 | (abilities_.passkey >> i & 1));
        na = block(0x1000 + i);
        const crypto::Block cb = block(only(send(0x03, body_of(crypto::f4(our_x, theirs.x, na, bit))), 0x03));
        nb = block(only(send(0x04, body_of(na)), 0x04));
        if (crypto::f4(theirs.x, our_x, nb, bit) != cb) throw std::runtime_error("the device's confirm value is wrong");
      }
    } else {
      const crypto::Block cb = block(only(answers, 0x03));
      na = block(0x77);
      nb = block(only(send(0x04, body_of(na)), 0x04));
      if (crypto::f4(theirs.x, our_x, nb, 0) != cb) throw std::runtime_error("the device's confirm value is wrong");
      if (method == PairingMethod::numeric_comparison) compared = crypto::g2(our_x, theirs.x, na, nb) % 1'000'000;
      shown = device_->shown();
    }
    const auto agreed = pair.agree(theirs);
    crypto::Coordinate w{};
    std::ranges::copy(agreed->bytes(), w.begin());
    const crypto::F5Keys found = crypto::f5(w, na, nb, parties_.host, parties_.device);
    const crypto::IoFeatures a = {asked_.auth, asked_.oob, asked_.io_capability},
                             b = {answered_.auth, answered_.oob, answered_.io_capability};
    const crypto::Block ea = crypto::f6(found.mac_key, na, nb, r, a, parties_.host, parties_.device);
    if (block(only(send(0x0D, body_of(ea)), 0x0D)) != crypto::f6(found.mac_key, nb, na, r, b, parties_.device, parties_.host))
      throw std::runtime_error("the device's check is wrong");
    set_key(found.long_term_key);
  }
  void receive_keys(Pdus given) { keys = std::move(given); }

  controller::SmpResponder::Parties parties_;
  Abilities abilities_;
  controller::SmpResponder* device_ = nullptr;
  hci::PairingFeatures asked_{}, answered_{};
  bool secure_ = false;

public:
  std::optional<uint32_t> shown{};  ///< by the device, when numbers are compared
};

}  // namespace moor::testing
