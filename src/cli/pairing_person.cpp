#include "cli/pairing_person.hpp"

#include <fmt/format.h>
#include <charconv>

namespace moor::cli {

namespace {

std::optional<uint32_t> digits_of(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > max_passkey) return std::nullopt;
  return number;
}

}  // namespace

PairingPerson::PairingPerson(Person& person, std::optional<uint32_t> passkey, bool yes)
    : person_(person), passkey_(passkey), yes_(yes) {}

PairingAgent::Capability PairingPerson::capability() const noexcept {
  if (person_.is_there()) return Capability::keyboard_display;
  if (passkey_) return yes_ ? Capability::keyboard_display : Capability::keyboard;
  return yes_ ? Capability::display_yes_no : Capability::none;
}

awaitable<std::optional<uint32_t>> PairingPerson::enter_passkey(Address device) {
  if (passkey_) co_return passkey_;
  while (person_.is_there()) {
    const auto line = co_await person_.ask(fmt::format("Passkey that {} shows (empty to give up): ", device.to_string()));
    if (!line || line->empty()) break;
    if (const auto number = digits_of(*line)) co_return number;
    person_.tell("A passkey is a number of up to six digits.\n");
  }
  co_return std::nullopt;
}

void PairingPerson::display_passkey(const Address& device, uint32_t passkey, unsigned entered) {
  if (entered == 0) person_.tell(fmt::format("Type on {}: {:06}\n", device.to_string(), passkey));
}

awaitable<bool> PairingPerson::confirm(Address device, uint32_t passkey) {
  if (passkey_) co_return *passkey_ == passkey;
  person_.tell(fmt::format("{} should show {:06}.\n", device.to_string(), passkey));
  if (yes_) co_return true;
  if (!person_.is_there()) co_return false;
  const auto line = co_await person_.ask("Does it? [y/N] ");
  co_return line && !line->empty() && (line->front() == 'y' || line->front() == 'Y');
}

}  // namespace moor::cli
