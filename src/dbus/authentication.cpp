#include "dbus/authentication.hpp"

namespace moor::dbus {
namespace {

constexpr size_t longest_line = 16 * 1024;
constexpr std::string_view server_id = "6d6f6f726d6f6f726d6f6f726d6f6f72";  // any 16 bytes: nobody connects to moor twice

}  // namespace

std::string_view Authentication::greeting() const noexcept {
  using namespace std::string_view_literals;
  return role_ == Role::client ? "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"sv : ""sv;
}

size_t Authentication::take(std::string_view input, std::string& answer) {
  size_t used = 0;
  if (role_ == Role::server && awaited_ == Awaited::begin && !input.empty()) {
    if (input.front() != '\0') state_ = State::wrong;
    awaited_ = Awaited::identity;
    used = 1;
  }
  while (state_ == State::under_way) {
    const size_t end = input.find("\r\n", used);
    if (end == std::string_view::npos) {
      if (input.size() - used > longest_line) state_ = State::wrong;
      break;
    }
    const std::string_view line = input.substr(used, end - used);
    used = end + 2;
    if (role_ == Role::client)
      take_as_client(line);
    else
      take_as_server(line, answer);
  }
  return used;
}

void Authentication::take_as_client(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  if (word == "REJECTED") {
    state_ = State::rejected;
  } else if (awaited_ == Awaited::descriptors) {
    // Also a bus that carries no descriptors is a bus.
    state_ = word == "AGREE_UNIX_FD" || word == "ERROR" ? State::done : State::wrong;
  } else if (word == "OK") {
    awaited_ = Awaited::descriptors;
  } else if (word != "DATA" || awaited_ == Awaited::ok) {
    state_ = State::wrong;
  } else {
    awaited_ = Awaited::ok;
  }
}

void Authentication::take_as_server(std::string_view line, std::string& answer) {
  if (line == "BEGIN" && awaited_ == Awaited::descriptors) {
    state_ = State::done;
  } else if (line == "NEGOTIATE_UNIX_FD" && awaited_ == Awaited::descriptors) {
    answer += "AGREE_UNIX_FD\r\n";
  } else if (line == "AUTH EXTERNAL" && awaited_ == Awaited::identity) {
    answer += "DATA\r\n";
    awaited_ = Awaited::ok;
  } else if ((line.starts_with("DATA") && awaited_ == Awaited::ok) ||
             (line.starts_with("AUTH EXTERNAL ") && awaited_ == Awaited::identity)) {
    answer += "OK ";
    answer += server_id;
    answer += "\r\n";
    awaited_ = Awaited::descriptors;
  } else {
    answer += line.starts_with("AUTH") ? "REJECTED EXTERNAL\r\n" : "ERROR\r\n";
  }
}

}  // namespace moor::dbus
