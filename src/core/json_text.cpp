#include "core/json_text.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>
#include <cmath>

namespace moor {

namespace json = boost::json;

namespace {

class Writer {
public:
  explicit Writer(bool pretty) : pretty_(pretty) {}

  void write(const json::value& value) {
    switch (value.kind()) {
      case json::kind::double_: write_number(value.get_double()); break;
      case json::kind::array: write_array(value.get_array()); break;
      case json::kind::object: write_object(value.get_object()); break;
      default: text_ += json::serialize(value);
    }
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  // Boost.JSON writes 2.25 as 2.25E0.
  void write_number(double number) { text_ += std::isfinite(number) ? fmt::format("{}", number) : "null"; }

  void write_array(const json::array& array) {
    begin('[');
    for (const json::value& each : array) {
      next();
      write(each);
    }
    end(']');
  }

  void write_object(const json::object& object) {
    begin('{');
    for (const auto& [key, each] : object) {
      next();
      text_ += json::serialize(json::string(key));
      text_ += pretty_ ? ": " : ":";
      write(each);
    }
    end('}');
  }

  void begin(char bracket) {
    text_ += bracket;
    ++depth_;
    empty_ = true;
  }
  void next() {
    if (!empty_) text_ += ',';
    empty_ = false;
    new_line();
  }
  void end(char bracket) {
    --depth_;
    if (!empty_) new_line();
    empty_ = false;
    text_ += bracket;
  }
  void new_line() {
    if (!pretty_) return;
    text_ += '\n';
    text_.append(depth_ * 2, ' ');
  }

  bool pretty_;
  bool empty_ = true;
  size_t depth_ = 0;
  std::string text_;
};

}  // namespace

std::string to_line(const json::value& value) {
  Writer writer(false);
  writer.write(value);
  return writer.take();
}

std::string to_pretty(const json::value& value) {
  Writer writer(true);
  writer.write(value);
  return writer.take();
}

double rounded(double number, int decimals) {
  const double scale = std::pow(10, decimals);
  return std::round(number * scale) / scale + 0.0;
}

}  // namespace moor
