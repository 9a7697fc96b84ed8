#pragma once
// What happens to proxies, told to a program as JSON Lines or to a person in lines of text.

#include "moor/clock.hpp"
#include "proxy/service.hpp"

#include <boost/json/object.hpp>

namespace moor::cli {

class ProxyEvents {
public:
  /// @param json  for programs
  ProxyEvents(const Clock& clock, bool json) : clock_(clock), json_(json) {}

  void on_happening(const proxy::Happening& happening) const;
  void on_stopped(const std::string& reason) const;

private:
  void print_json(const proxy::Happening& happening) const;
  void print_text(const proxy::Happening& happening) const;
  [[nodiscard]] boost::json::object begin(std::string_view event) const;

  const Clock& clock_;
  bool json_;
};

}  // namespace moor::cli
