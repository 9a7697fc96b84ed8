#include "radio/controller/smp_responder.hpp"

#include "crypto/aes_modes.hpp"
#include "crypto/p256.hpp"
#include "hci/smp.hpp"
#include "radio/association.hpp"

#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <utility>

namespace moor::controller {

namespace {

using crypto::Block;
using hci::SmpCode;
namespace smp_auth = hci::smp_auth;
namespace smp_error = hci::smp_error;
namespace smp_keys = hci::smp_keys;
using Pdus = std::vector<std::vector<uint8_t>>;

constexpr unsigned passkey_rounds = 20;  // one for each bit (Core 5.4, Vol 3, Part H, 2.3.5.6.3)
constexpr unsigned most_failures = 5;    // on one link; a machine without a clock cannot let the host wait longer each time
constexpr uint8_t key_size = 16;

// The air's order and the specification's are each other's reverse.
template <size_t Size>
std::array<uint8_t, Size> reversed(Bytes bytes) {
  std::array<uint8_t, Size> made{};
  std::reverse_copy(bytes.begin(), bytes.begin() + Size, made.begin());
  return made;
}
Block block_of(Bytes body) {
  return reversed<16>(body);
}

Block block_of(uint32_t passkey) {
  Block block{};
  for (size_t i = 0; i < 4; ++i) block[15 - i] = static_cast<uint8_t>(passkey >> (8 * i));
  return block;
}

std::vector<uint8_t> block_pdu(SmpCode code, const Block& value) {
  return hci::smp_pdu(code, block_of(value));
}

bool is_identity(const Address& address) {
  return address.kind() == AddressKind::public_ || address.kind() == AddressKind::random_static;
}

// What one pairing works with; nothing of it is left in memory.
struct Secrets {
  Secrets() = default;
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;
  ~Secrets() {
    for (Block* each : {&passkey, &ours, &theirs, &their_confirm, &mac_key, &key}) crypto::wipe(*each);
  }
  Block passkey{};  // 0 where there is none
  Block ours{};     // our random number of this round
  Block theirs{};
  Block their_confirm{};
  Block mac_key{};
  Block key{};  // STK or LTK
  std::optional<crypto::P256KeyPair> pair{};
  std::optional<crypto::SecretKey> agreed{};
  crypto::Coordinate their_x{};
};

}  // namespace

struct SmpResponder::State {
  enum class Step : uint8_t { idle, public_key, confirm, random, check, encryption, keys };

  State(Parties its_parties, DevicePairing its_pairing) : parties(its_parties), pairing(its_pairing) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { forget_keys(); }

  Pdus take(const hci::SmpPdu& pdu);
  Pdus on_request(const hci::SmpPdu& pdu);
  Pdus on_public_key(Bytes body);
  Pdus on_confirm(const Block& confirm);
  Pdus on_random(const Block& random);
  Pdus on_legacy_random(const Block& random);
  Pdus on_check(const Block& check);
  Pdus on_keys(SmpCode code);
  Pdus distribute();
  Pdus fail(uint8_t reason);
  uint8_t refusal(const hci::PairingFeatures& asked);
  void end();
  void complete();
  void forget_keys();

  [[nodiscard]] hci::PairingFeatures features() const;
  [[nodiscard]] uint8_t round_bit() const noexcept {
    return is_passkey() ? static_cast<uint8_t>(0x80 | (pairing.passkey >> round & 1)) : uint8_t{0};
  }
  [[nodiscard]] bool is_passkey() const noexcept {
    return method == PairingMethod::passkey_entry || method == PairingMethod::passkey_display;
  }
  [[nodiscard]] Block legacy_confirm(const Block& random) const;
  [[nodiscard]] crypto::IoFeatures io_of(const hci::PairingFeatures& of) const noexcept {
    return {of.auth, of.oob, of.io_capability};
  }

  Parties parties;
  DevicePairing pairing;
  Step step = Step::idle;
  unsigned failures = 0;
  std::optional<uint8_t> failure;
  std::optional<Key128> session_key;
  std::optional<Bond> bond;
  std::optional<uint32_t> shown;

  // Of the pairing that is under way.
  hci::PairingFeatures asked;
  hci::PairingFeatures answered;
  PairingMethod method = PairingMethod::just_works;
  bool secure = false;
  unsigned round = 0;
  uint8_t keys_expected = 0;  // bits of codes
  Bond coming;
  std::unique_ptr<Secrets> secrets = std::make_unique<Secrets>();
};

hci::PairingFeatures SmpResponder::State::features() const {
  uint8_t auth = smp_auth::bonding | smp_auth::secure_connections;
  if (pairing.method != PairingMethod::just_works) auth |= smp_auth::mitm;
  uint8_t keys = smp_keys::encryption;
  if (is_identity(parties.device)) keys |= smp_keys::identity;
  return {.io_capability = static_cast<uint8_t>(io_capability_for(pairing.method)),
          .auth = auth,
          .max_key_size = key_size,
          .initiator_keys = smp_keys::encryption | smp_keys::identity,
          .responder_keys = keys};
}

void SmpResponder::State::forget_keys() {
  if (session_key) crypto::wipe(*session_key);
  if (bond) crypto::wipe(bond->long_term_key);
  crypto::wipe(coming.long_term_key);
}

// What was needed for this pairing only.
void SmpResponder::State::end() {
  secrets = std::make_unique<Secrets>();
  crypto::wipe(coming.long_term_key);
  coming = {};
  shown.reset();
  step = Step::idle;
}

Pdus SmpResponder::State::fail(uint8_t reason) {
  if (session_key && step != Step::idle) {
    crypto::wipe(*session_key);
    session_key.reset();
  }
  failure = reason;
  ++failures;
  end();
  return {{static_cast<uint8_t>(SmpCode::pairing_failed), reason}};
}

Pdus SmpResponder::State::take(const hci::SmpPdu& pdu) {
  const auto in = [&](Step wanted) { return step == wanted; };
  switch (pdu.code) {
    case SmpCode::pairing_request: return in(Step::idle) ? on_request(pdu) : fail(smp_error::unspecified_reason);
    case SmpCode::pairing_public_key: return in(Step::public_key) ? on_public_key(pdu.body) : fail(smp_error::unspecified_reason);
    case SmpCode::pairing_confirm:
      return in(Step::confirm) ? on_confirm(block_of(pdu.body)) : fail(smp_error::unspecified_reason);
    case SmpCode::pairing_random: return in(Step::random) ? on_random(block_of(pdu.body)) : fail(smp_error::unspecified_reason);
    case SmpCode::pairing_dhkey_check:
      return in(Step::check) ? on_check(block_of(pdu.body)) : fail(smp_error::unspecified_reason);
    case SmpCode::encryption_information:
    case SmpCode::central_identification:
    case SmpCode::identity_information:
    case SmpCode::identity_address_information:
    case SmpCode::signing_information: return in(Step::keys) ? on_keys(pdu.code) : fail(smp_error::unspecified_reason);
    case SmpCode::keypress_notification: return {};  // how the person types
    case SmpCode::pairing_failed: (void)fail(pdu.body[0]); return {};
    case SmpCode::pairing_response:
    case SmpCode::security_request: break;  // are ours to send
  }
  return fail(smp_error::command_not_supported);
}

uint8_t SmpResponder::State::refusal(const hci::PairingFeatures& of_host) {
  constexpr uint8_t highest_capability = 4, smallest_key = 7;
  if (!pairing.bonds) return smp_error::pairing_not_supported;
  if (failures >= most_failures) return smp_error::repeated_attempts;
  if (of_host.io_capability > highest_capability || of_host.oob > 1 || of_host.max_key_size < smallest_key ||
      of_host.max_key_size > key_size)
    return smp_error::invalid_parameters;
  if (of_host.oob == 1) return smp_error::oob_not_available;
  return of_host.max_key_size < key_size ? smp_error::encryption_key_size : uint8_t{0};
}

Pdus SmpResponder::State::on_request(const hci::SmpPdu& pdu) {
  asked = hci::parse_features(pdu.body);
  if (const uint8_t reason = refusal(asked)) return fail(reason);
  answered = features();
  answered.initiator_keys &= asked.initiator_keys;
  answered.responder_keys &= asked.responder_keys;
  secure = (asked.auth & answered.auth & smp_auth::secure_connections) != 0;
  const bool protect = ((asked.auth | answered.auth) & smp_auth::mitm) != 0;
  method = protect ? associate(static_cast<IoCapability>(asked.io_capability), io_capability_for(pairing.method), secure)
                   : PairingMethod::just_works;
  // What the device is made for, somebody in the middle must not get round by having no display.
  if (pairing.method != PairingMethod::just_works && method == PairingMethod::just_works)
    return fail(smp_error::authentication_requirements);
  end();
  failure.reset();
  round = 0;
  if (is_passkey()) secrets->passkey = block_of(pairing.passkey);
  if (method == PairingMethod::passkey_entry) shown = pairing.passkey;
  step = secure ? Step::public_key : Step::confirm;
  return {hci::smp_pdu(SmpCode::pairing_response, hci::to_bytes(answered))};
}

Pdus SmpResponder::State::on_public_key(Bytes body) {
  const crypto::P256Point theirs = {reversed<32>(body), reversed<32>(body.subspan(32))};
  secrets->pair = crypto::P256KeyPair::generate();
  secrets->agreed = secrets->pair->agree(theirs);
  if (!secrets->agreed) return fail(smp_error::invalid_parameters);
  secrets->their_x = theirs.x;
  const crypto::P256Point& ours = secrets->pair->public_key();
  std::vector<uint8_t> both(ours.x.rbegin(), ours.x.rend());
  both.insert(both.end(), ours.y.rbegin(), ours.y.rend());
  Pdus answers = {hci::smp_pdu(SmpCode::pairing_public_key, both)};
  if (is_passkey()) {
    step = Step::confirm;
    return answers;
  }
  crypto::fill_random(secrets->ours);
  answers.push_back(block_pdu(SmpCode::pairing_confirm, crypto::f4(ours.x, secrets->their_x, secrets->ours, 0)));
  step = Step::random;
  return answers;
}

Block SmpResponder::State::legacy_confirm(const Block& random) const {
  const auto whole = [](SmpCode code, const hci::PairingFeatures& of) {
    return reversed<7>(hci::smp_pdu(code, hci::to_bytes(of)));
  };
  return crypto::c1(secrets->passkey, random, whole(SmpCode::pairing_request, asked), whole(SmpCode::pairing_response, answered),
                    {parties.host, parties.device});
}

Pdus SmpResponder::State::on_confirm(const Block& confirm) {
  secrets->their_confirm = confirm;
  crypto::fill_random(secrets->ours);
  step = Step::random;
  if (!secure) return {block_pdu(SmpCode::pairing_confirm, legacy_confirm(secrets->ours))};
  const crypto::Coordinate& our_x = secrets->pair->public_key().x;
  return {block_pdu(SmpCode::pairing_confirm, crypto::f4(our_x, secrets->their_x, secrets->ours, round_bit()))};
}

Pdus SmpResponder::State::on_random(const Block& random) {
  if (!secure) return on_legacy_random(random);
  secrets->theirs = random;
  const crypto::Coordinate& our_x = secrets->pair->public_key().x;
  if (is_passkey()) {
    const Block expected = crypto::f4(secrets->their_x, our_x, random, round_bit());
    if (!crypto::same_tag(expected, secrets->their_confirm)) return fail(smp_error::confirm_value_failed);
    step = ++round < passkey_rounds ? Step::confirm : Step::check;
  } else {
    constexpr uint32_t six_digits = max_passkey + 1;
    if (method == PairingMethod::numeric_comparison)
      shown = crypto::g2(secrets->their_x, our_x, random, secrets->ours) % six_digits;
    step = Step::check;
  }
  return {block_pdu(SmpCode::pairing_random, secrets->ours)};
}

Pdus SmpResponder::State::on_legacy_random(const Block& random) {
  if (!crypto::same_tag(legacy_confirm(random), secrets->their_confirm)) return fail(smp_error::confirm_value_failed);
  secrets->key = crypto::s1(secrets->passkey, secrets->ours, random);
  session_key = block_of(secrets->key);
  step = Step::encryption;
  return {block_pdu(SmpCode::pairing_random, secrets->ours)};
}

Pdus SmpResponder::State::on_check(const Block& check) {
  crypto::Coordinate agreed{};
  std::ranges::copy(secrets->agreed->bytes(), agreed.begin());
  crypto::F5Keys keys = crypto::f5(agreed, secrets->theirs, secrets->ours, parties.host, parties.device);
  crypto::wipe(agreed);
  secrets->mac_key = keys.mac_key;
  secrets->key = keys.long_term_key;
  crypto::wipe(keys.mac_key);
  crypto::wipe(keys.long_term_key);
  const Block expected =
      crypto::f6(secrets->mac_key, secrets->theirs, secrets->ours, secrets->passkey, io_of(asked), parties.host, parties.device);
  if (!crypto::same_tag(expected, check)) return fail(smp_error::dhkey_check_failed);
  session_key = block_of(secrets->key);
  step = Step::encryption;
  return {block_pdu(SmpCode::pairing_dhkey_check, crypto::f6(secrets->mac_key, secrets->ours, secrets->theirs, secrets->passkey,
                                                             io_of(answered), parties.device, parties.host))};
}

// Ours come first, then the host's (Core 5.4, Vol 3, Part H, 3.6.1).
Pdus SmpResponder::State::distribute() {
  if (step != Step::encryption || !session_key) return {};
  coming = {.long_term_key = *session_key, .authenticated = method != PairingMethod::just_works};
  Pdus answers;
  if (!secure && (answered.responder_keys & smp_keys::encryption) != 0) {
    std::array<uint8_t, 10> identification{};
    crypto::fill_random(coming.long_term_key);
    crypto::fill_random(identification);
    coming.diversifier = load_le16(identification.data());
    coming.random = load_le64(identification.data() + 2);
    answers.push_back(hci::smp_pdu(SmpCode::encryption_information, coming.long_term_key));
    answers.push_back(hci::smp_pdu(SmpCode::central_identification, identification));
  }
  if ((answered.responder_keys & smp_keys::identity) != 0) {
    // The device's address never changes, so nobody needs the key to recognise it.
    Key128 resolving_key{};
    crypto::fill_random(resolving_key);
    std::array<uint8_t, 7> identity{parties.device.is_random() ? uint8_t{1} : uint8_t{0}};
    parties.device.to_le(identity.data() + 1);
    answers.push_back(hci::smp_pdu(SmpCode::identity_information, resolving_key));
    answers.push_back(hci::smp_pdu(SmpCode::identity_address_information, identity));
  }
  const auto bit = [](SmpCode code) {
    return 1U << (static_cast<unsigned>(code) - static_cast<unsigned>(SmpCode::encryption_information));
  };
  unsigned expected = 0;
  if (!secure && (answered.initiator_keys & smp_keys::encryption) != 0)
    expected |= bit(SmpCode::encryption_information) | bit(SmpCode::central_identification);
  if ((answered.initiator_keys & smp_keys::identity) != 0)
    expected |= bit(SmpCode::identity_information) | bit(SmpCode::identity_address_information);
  keys_expected = static_cast<uint8_t>(expected);
  step = Step::keys;
  if (keys_expected == 0) complete();
  return answers;
}

// The host's keys are for a device that resolves addresses, or is a central itself; this one is neither and does not keep them.
Pdus SmpResponder::State::on_keys(SmpCode code) {
  const auto bit =
      static_cast<uint8_t>(1U << (static_cast<unsigned>(code) - static_cast<unsigned>(SmpCode::encryption_information)));
  if ((keys_expected & bit) == 0) return fail(smp_error::unspecified_reason);
  keys_expected = static_cast<uint8_t>(keys_expected & ~bit);
  if (keys_expected == 0) complete();
  return {};
}

void SmpResponder::State::complete() {
  // Legacy pairing without a key to keep leaves nothing that another link could be encrypted with.
  const bool has_key = secure || (answered.responder_keys & smp_keys::encryption) != 0;
  if (bond) crypto::wipe(bond->long_term_key);
  bond.reset();
  if (has_key && (asked.auth & answered.auth & smp_auth::bonding) != 0) bond = coming;
  failures = 0;
  end();
}

SmpResponder::SmpResponder(Parties parties, DevicePairing pairing) : state_(std::make_unique<State>(parties, pairing)) {}
SmpResponder::~SmpResponder() = default;
SmpResponder::SmpResponder(SmpResponder&&) noexcept = default;

std::vector<std::vector<uint8_t>> SmpResponder::receive(Bytes pdu) {
  if (pdu.empty()) return {};
  const auto parsed = hci::parse_smp(pdu);
  if (!parsed)
    return state_->fail(hci::knows_smp_code(pdu[0]) ? smp_error::invalid_parameters : smp_error::command_not_supported);
  try {
    return state_->take(*parsed);
  } catch (const std::runtime_error&) {
    return state_->fail(smp_error::unspecified_reason);  // libcrypto cannot
  }
}

std::vector<std::vector<uint8_t>> SmpResponder::encrypted() {
  return state_->distribute();
}

std::vector<uint8_t> SmpResponder::security_request() const {
  return {static_cast<uint8_t>(SmpCode::security_request), state_->features().auth};
}

const std::optional<Key128>& SmpResponder::session_key() const noexcept {
  return state_->session_key;
}

const std::optional<SmpResponder::Bond>& SmpResponder::bond() const noexcept {
  return state_->bond;
}

std::optional<uint8_t> SmpResponder::failure() const noexcept {
  return state_->failure;
}

std::optional<uint32_t> SmpResponder::shown() const noexcept {
  return state_->shown;
}

}  // namespace moor::controller
