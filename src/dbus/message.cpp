#include "dbus/message.hpp"

#include "dbus/content.hpp"

namespace moor::dbus {

Message::Message(const Message& other) noexcept : content_(other.content_) {
  if (content_ != nullptr) ++content_->references;
}

Message::~Message() {
  if (content_ != nullptr && --content_->references == 0) delete content_;
}

namespace {

std::string_view text_of(const Content* content, Field field) noexcept {
  return content == nullptr ? std::string_view() : content->text(field);
}

}  // namespace

std::string_view Message::path() const noexcept {
  return text_of(content_, Field::path);
}
std::string_view Message::interface() const noexcept {
  return text_of(content_, Field::interface);
}
std::string_view Message::member() const noexcept {
  return text_of(content_, Field::member);
}
std::string_view Message::error_name() const noexcept {
  return text_of(content_, Field::error_name);
}
std::string_view Message::sender() const noexcept {
  return text_of(content_, Field::sender);
}
std::string_view Message::destination() const noexcept {
  return text_of(content_, Field::destination);
}
std::string_view Message::signature() const noexcept {
  return text_of(content_, Field::signature);
}

void Message::set_sender(std::string_view name) {
  if (!is_bus_name(name)) throw MessageMalformed("not a name on a bus: " + std::string(name));
  content_->set(Field::sender, name);
}

}  // namespace moor::dbus
