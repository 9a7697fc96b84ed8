#pragma once
// Pairing with the help of the person in front of the program, or of what the command line gave.

#include "cli/person.hpp"
#include "moor/pairing.hpp"

namespace moor::cli {

class PairingPerson final : public PairingAgent {
public:
  /// @param passkey  given beforehand: it is entered, and compared, without a question. @param yes  numbers that are to be compared are equal.
  PairingPerson(Person& person, std::optional<uint32_t> passkey, bool yes);

  [[nodiscard]] Capability capability() const noexcept override;
  [[nodiscard]] awaitable<std::optional<uint32_t>> enter_passkey(Address device) override;
  void display_passkey(const Address& device, uint32_t passkey, unsigned entered) override;
  [[nodiscard]] awaitable<bool> confirm(Address device, uint32_t passkey) override;

private:
  Person& person_;
  std::optional<uint32_t> passkey_;
  bool yes_;
};

}  // namespace moor::cli
