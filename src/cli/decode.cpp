// moor decode: an advertisement taken apart, from its bytes. Needs no radio.

#include "cli/commands.hpp"
#include "cli/dissection_table.hpp"
#include "cli/scan_arguments.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "moor/clock.hpp"
#include "moor/error.hpp"
#include "report/dissection.hpp"

#include <boost/json/object.hpp>

namespace moor::cli {

namespace {

constexpr KeyKind key_kinds[] = {KeyKind::bthome, KeyKind::mibeacon, KeyKind::eddystone, KeyKind::victron};

constexpr bool names_its_device(KeyKind kind) noexcept {
  return kind == KeyKind::eddystone;
}

std::vector<uint8_t> parse_bytes(const std::string& text, const std::string& what) {
  std::string_view digits = text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  auto bytes = from_hex(digits);
  if (!bytes || bytes->empty())
    throw UsageError(what + " is no hexadecimal text", {.advice = "give two digits a byte, such as 020106; spaces need quotes"});
  return std::move(*bytes);
}

class Decode final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "decode"; }
  [[nodiscard]] std::string summary() const override { return "Take an advertisement apart and say what it means"; }
  [[nodiscard]] std::vector<Option> options() override {
    return {
        {.name = "HEX", .value = "", .help = "The payload: AD structures in hexadecimal", .target = &hex_, .required = true},
        {.name = "--address", .value = "MAC", .help = "Who advertised it: encrypted formats need to know", .target = &address_},
        {.name = "--random", .value = "", .help = "The address is a random one", .target = &random_},
        {.name = "--key", .value = "HEX", .help = "The device's key, for an encrypted format", .target = &key_},
        {.name = "--key-kind",
         .value = "KIND",
         .help = "What the key is for (default: whatever a key so long can be for)",
         .target = &key_kind_,
         .choices = kinds()},
        {.name = "--json", .value = "", .help = "Print JSON for programs", .target = &json_}};
  }

  [[nodiscard]] int run() override {
    const std::vector<uint8_t> payload = parse_bytes(hex_, "'" + hex_ + "'");
    KeyRing keys;
    DecodeContext context{.address = {}, .time = RealClock().now(), .keys = nullptr};
    if (address_) context.address = Address(parse_address(*address_).bits(), random_);
    if (key_) {
      add_key(keys, context.address);
      context.keys = &keys;
    } else if (!key_kind_.empty()) {
      throw UsageError("--key-kind says what a key is for", {.advice = "add --key"});
    }
    if (json_)
      print_line(to_pretty(dissect(payload, context)));
    else
      print_dissection(payload, context);
    flush_output();
    return 0;
  }

private:
  static std::vector<std::string> kinds() {
    std::vector<std::string> names;
    for (const KeyKind kind : key_kinds) names.emplace_back(to_string(kind));
    return names;
  }

  void add_key(KeyRing& keys, const Address& address) const {
    const std::vector<uint8_t> bytes = parse_bytes(*key_, "the key");
    for (const KeyKind kind : key_kinds) {
      if (!key_kind_.empty() && key_kind_ != to_string(kind)) continue;
      try {
        if (names_its_device(kind))
          keys.add(kind, bytes, "key");
        else
          keys.add(kind, address, bytes);
      } catch (const UsageError&) {
        if (!key_kind_.empty()) throw;  // of no particular kind, it need not be of each
      }
    }
    if (keys.empty()) throw UsageError("no kind of key is so long", {.advice = "most keys are 32 hexadecimal digits"});
  }

  std::string hex_;
  std::optional<std::string> address_;
  bool random_ = false;
  std::optional<std::string> key_;
  std::string key_kind_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_decode() {
  return std::make_unique<Decode>();
}

}  // namespace moor::cli
