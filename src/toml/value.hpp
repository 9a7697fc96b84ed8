#pragma once
// Values of keys: what a field takes from a TOML node, what that is in words, and how it is written. A file's own types are added by
// deriving from these three and saying `using ...::operator()`.

#include "moor/address.hpp"
#include "moor/uuid.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <algorithm>
#include <filesystem>
#include <type_traits>

namespace moor::config {

/// What a number may be, or how many bytes a text may have.
struct Bounds {
  std::string_view unit{};  ///< "dBm", "s", ... or empty
  double least = 0;
  double most = 0;
};

/// What is wrong with a value, and what to do about it; nothing if it has been taken over.
struct Objection {
  std::string what;
  std::string remedy{};  ///< empty where it is to use what the key takes
};
using Objected = std::optional<Objection>;

/// The names of a choice's values, by their numbers.
template <typename Choice>
[[nodiscard]] std::span<const std::string_view> names_of() noexcept;

/// A value as a mistake shows it: "'0.3'", "a table".
[[nodiscard]] std::string in_words(const toml::node& node);
/// A text in quotes, with what TOML wants escaped.
[[nodiscard]] std::string toml_string(std::string_view text);

/// Takes a node over into a field of each common type.
class TakeValue {
public:
  TakeValue(const toml::node& node, Bounds bounds) noexcept : node_(node), bounds_(bounds) {}

  Objected operator()(bool* field) const;
  Objected operator()(int* field) const { return take_whole(field); }
  Objected operator()(uint16_t* field) const { return take_whole(field); }
  Objected operator()(size_t* field) const { return take_whole(field); }
  Objected operator()(std::optional<int>* field) const;
  Objected operator()(double* field) const;
  Objected operator()(std::optional<double>* field) const;
  Objected operator()(std::string* field) const { return take_text(field); }
  Objected operator()(std::optional<std::string>* field) const { return take_text(field); }
  Objected operator()(std::filesystem::path* field) const { return take_text(field); }
  Objected operator()(std::vector<Uuid>* field) const;
  template <typename Choice>
    requires std::is_enum_v<Choice>
  Objected operator()(Choice* field) const {
    const auto names = names_of<Choice>();
    const auto* value = node_.as_string();
    const auto name = value == nullptr ? names.end() : std::ranges::find(names, std::string_view(value->get()));
    if (name == names.end()) return objection();
    *field = static_cast<Choice>(name - names.begin());
    return std::nullopt;
  }

protected:
  [[nodiscard]] const toml::node& node() const noexcept { return node_; }
  [[nodiscard]] Objection objection() const { return {"is " + in_words(node_)}; }
  [[nodiscard]] bool in_range(double value) const noexcept {  // false for NaN
    return value >= bounds_.least && value <= bounds_.most;
  }
  /// Of an integer too; nothing outside of the bounds.
  [[nodiscard]] std::optional<double> number() const;
  /// Each entry by a function that gives nothing for one that is wrong.
  template <typename Value, typename Parse>
  Objected take_list(std::vector<Value>* field, Parse&& parse) const {
    const auto* values = node_.as_array();
    if (values == nullptr) return objection();
    field->clear();
    for (const toml::node& each : *values) {
      const auto value = parse(each);
      if (!value) return Objection{"has " + in_words(each)};
      field->push_back(*value);
    }
    return std::nullopt;
  }

private:
  template <typename Whole>
  Objected take_whole(Whole* field) const {
    const auto* value = node_.as_integer();
    if (value == nullptr || !number()) return objection();
    *field = static_cast<Whole>(value->get());
    return std::nullopt;
  }
  template <typename Text>
  Objected take_text(Text* field) const {
    const auto* value = node_.as_string();
    if (value == nullptr || !in_range(static_cast<double>(value->get().size()))) return objection();
    *field = value->get();
    return std::nullopt;
  }

  const toml::node& node_;
  Bounds bounds_;
};

/// What a field takes, in words: "a number from 0.01 to 1".
class DescribeType {
public:
  explicit DescribeType(Bounds bounds) noexcept : bounds_(bounds) {}

  std::string operator()(const bool*) const { return "true or false"; }
  std::string operator()(const int*) const { return number("a whole number"); }
  std::string operator()(const uint16_t*) const { return number("a whole number"); }
  std::string operator()(const size_t*) const { return number("a whole number"); }
  std::string operator()(const std::optional<int>*) const { return number("a whole number"); }
  std::string operator()(const double*) const { return number("a number"); }
  std::string operator()(const std::optional<double>*) const { return number("a number"); }
  std::string operator()(const std::string*) const { return text("a text"); }
  std::string operator()(const std::optional<std::string>*) const { return text("a text"); }
  std::string operator()(const std::filesystem::path*) const { return text("a path"); }
  std::string operator()(const std::vector<Uuid>*) const { return "a list of UUIDs such as [\"180f\"]"; }
  template <typename Choice>
    requires std::is_enum_v<Choice>
  std::string operator()(const Choice*) const {
    std::string out;
    for (std::string_view name : names_of<Choice>()) out += (out.empty() ? "one of " : ", ") + toml_string(name);
    return out;
  }

protected:
  [[nodiscard]] const Bounds& bounds() const noexcept { return bounds_; }
  [[nodiscard]] std::string number(std::string_view what) const;
  [[nodiscard]] std::string text(std::string_view what) const;

private:
  Bounds bounds_;
};

/// A field's value as TOML; empty where none is set.
class WriteValue {
public:
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(int value) const { return std::to_string(value); }
  std::string operator()(uint16_t value) const { return std::to_string(value); }
  std::string operator()(size_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(const std::string& value) const { return toml_string(value); }
  std::string operator()(const std::filesystem::path& value) const { return toml_string(value.string()); }
  std::string operator()(const Address& value) const { return toml_string(value.to_string()); }
  std::string operator()(const std::vector<Uuid>& values) const {
    return list(values, [](const Uuid& each) { return toml_string(each.to_string()); });
  }
  template <typename Choice>
    requires std::is_enum_v<Choice>
  std::string operator()(Choice value) const {
    return toml_string(names_of<Choice>()[static_cast<size_t>(value)]);
  }

protected:
  template <typename Values, typename Write>
  static std::string list(const Values& values, Write&& write) {
    std::string out;
    for (const auto& value : values) out += (out.empty() ? "" : ", ") + write(value);
    return "[" + out + "]";
  }
};

}  // namespace moor::config
