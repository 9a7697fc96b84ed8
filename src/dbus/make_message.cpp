#include "dbus/connection.hpp"

namespace moor::dbus {
namespace {

Message begin(Kind kind) {
  auto* const content = new Content();  // the message takes it over
  content->kind = kind;
  return Message(content);
}

void set(Message& message, Field field, const std::string& text, bool fits, const char* what) {
  if (!fits) throw MessageMalformed(std::string("D-Bus has no ") + what + " \"" + text + "\"");
  message.get()->set(field, text);
}

Message begin_reply(Kind kind, const Message& call) {
  Message reply = begin(kind);
  reply.get()->reply_serial = call.get()->serial;
  if (!call.sender().empty()) reply.get()->set(Field::destination, call.sender());
  return reply;
}

}  // namespace

Message make_call(const Target& target, const char* method) {
  Message call = begin(Kind::call);
  if (!target.destination.empty()) set(call, Field::destination, target.destination, is_bus_name(target.destination), "bus name");
  set(call, Field::path, target.path, is_path(target.path), "object path");
  set(call, Field::interface, target.interface, is_interface(target.interface), "interface");
  set(call, Field::member, method, is_member(method), "method");
  return call;
}

Message make_signal(const std::string& path, const std::string& interface, const char* member) {
  Message signal = begin(Kind::signal);
  signal.get()->flags = no_reply_expected;
  set(signal, Field::path, path, is_path(path), "object path");
  set(signal, Field::interface, interface, is_interface(interface), "interface");
  set(signal, Field::member, member, is_member(member), "signal");
  return signal;
}

Message make_answer(const Message& call) {
  return begin_reply(Kind::answer, call);
}

Message make_refusal(const Message& call, const std::string& error_name, const std::string& text) {
  Message refusal = begin_reply(Kind::error, call);
  set(refusal, Field::error_name, error_name, is_interface(error_name), "error");
  refusal.write().string(text);
  return refusal;
}

}  // namespace moor::dbus
