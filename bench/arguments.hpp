#pragma once
// The few arguments of a benchmark: [--json] [--NAME NUMBER] [FILE...].

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace moor::bench {

class Arguments {
public:
  /// Ends the program, saying why, at one that is not understood.
  Arguments(int argc, char** argv, std::string_view number_name, uint64_t number) : number_(number) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      if (word == "--json")
        json_ = true;
      else if (word == number_name && i + 1 < argc)
        number_ = parse(argv[++i]);
      else if (word.starts_with("-"))
        fail(argv[0], number_name);
      else
        files_.push_back(word);
    }
    if (number_ == 0) fail(argv[0], number_name);
  }

  [[nodiscard]] bool json() const noexcept { return json_; }
  [[nodiscard]] uint64_t number() const noexcept { return number_; }
  [[nodiscard]] const std::vector<std::string_view>& files() const noexcept { return files_; }

private:
  static uint64_t parse(std::string_view text) noexcept {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : 0;
  }
  [[noreturn]] static void fail(const char* program, std::string_view number_name) {
    std::fprintf(stderr, "usage: %s [--json] [%.*s NUMBER] [FILE...]\n", program, static_cast<int>(number_name.size()),
                 number_name.data());
    std::exit(2);
  }

  bool json_ = false;
  uint64_t number_;
  std::vector<std::string_view> files_;
};

}  // namespace moor::bench
