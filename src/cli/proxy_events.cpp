#include "cli/proxy_events.hpp"

#include "cli/terminal.hpp"
#include "core/json_text.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/json.hpp>
#include <iostream>

namespace moor::cli {

namespace {

using Kind = proxy::Happening::Kind;

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::key_made: return "key_made";
    case Kind::listening: return "listening";
    case Kind::announced: return "announced";
    case Kind::client_came: return "client_came";
    case Kind::client_went: return "client_went";
    case Kind::warning: return "warning";
  }
  return "unknown";
}

// What the event's `what` is, for programs.
std::string_view member_of(Kind kind) {
  switch (kind) {
    case Kind::key_made: return "file";
    case Kind::listening: return "address";
    case Kind::announced: return "name";
    case Kind::client_came:
    case Kind::client_went: return "peer";
    case Kind::warning: return "problem";
  }
  return "what";
}

}  // namespace

boost::json::object ProxyEvents::begin(std::string_view event) const {
  return {{"t", rounded(to_seconds(clock_.to_wall(clock_.now())), 6)}, {"event", event}};
}

void ProxyEvents::on_happening(const proxy::Happening& happening) const {
  if (json_) {
    print_json(happening);
  } else {
    print_text(happening);
  }
  flush_output();
}

void ProxyEvents::on_stopped(const std::string& reason) const {
  if (json_) {
    boost::json::object line = begin("stopped");
    line["reason"] = reason;
    print_line(to_line(line));
  } else {
    print_line(reason);
  }
  flush_output();
}

void ProxyEvents::print_json(const proxy::Happening& happening) const {
  boost::json::object line = begin(name_of(happening.kind));
  line["proxy"] = happening.proxy;
  line[member_of(happening.kind)] = happening.what;  // never the key: lines are kept in logs
  if (happening.kind == Kind::warning) line["advice"] = happening.advice;
  if (happening.after) line["seconds"] = rounded(to_seconds(*happening.after), 3);
  print_line(to_line(line));
}

void ProxyEvents::print_text(const proxy::Happening& happening) const {
  const std::string& what = happening.what;
  const auto say = [&](const std::string& words) { print_line(happening.proxy + ": " + words); };
  switch (happening.kind) {
    case Kind::key_made:
      say("a key was made and is kept in " + what);
      if (isatty(STDOUT_FILENO) == 1) {
        print_line("\n    " + paint(Colour::bold, happening.key) + "\n");
        print_line("Home Assistant asks for this key when you add the proxy; other programs too. It is shown only now;");
        print_line("later, read it from the file. Whoever has it can reach your devices through this proxy.\n");
      }
      return;
    case Kind::listening: return say("listening at " + what);
    case Kind::announced: return say("announced on the network as " + what + ".local");
    case Kind::client_came: return say(what + " connected");
    case Kind::client_went:
      return say(
          fmt::format("{} left after {} s", what, number_text(rounded(to_seconds(happening.after.value_or(Duration())), 1))));
    case Kind::warning:
      std::cerr << "moor: " << happening.proxy << ": " << what << "\n";
      if (!happening.advice.empty()) std::cerr << "      " << happening.advice << "\n";
      return;
  }
}

}  // namespace moor::cli
