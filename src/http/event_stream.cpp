#include "http/event_stream.hpp"

namespace moor::http {

namespace {

std::string_view one_line(std::string_view text) noexcept {
  return text.substr(0, text.find_first_of(std::string_view("\r\n\0", 3)));
}

void append_field(std::string& frame, std::string_view name, std::string_view value) {
  frame += name;
  frame += ": ";
  frame += value;
  frame += '\n';
}

}  // namespace

EventFrame make_event(std::string_view name, std::string_view data, std::string_view id) {
  std::string frame;
  frame.reserve(data.size() + name.size() + id.size() + 32);
  if (!id.empty()) append_field(frame, "id", one_line(id));
  if (!name.empty()) append_field(frame, "event", one_line(name));
  while (true) {
    const size_t end = std::min(data.find_first_of("\r\n"), data.size());
    append_field(frame, "data", data.substr(0, end));
    if (end == data.size()) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  frame += '\n';
  return std::make_shared<const std::string>(std::move(frame));
}

EventStream::EventStream(const boost::asio::any_io_executor& executor, EventStreamLimits limits)
    : limits_(limits), ready_(executor), closed_(executor) {}

bool EventStream::send(EventFrame frame) {
  if (closed()) return false;
  bytes_ += frame->size();
  queue_.push_back(std::move(frame));
  const uint64_t before = dropped_;
  while (queue_.size() > 1 && (queue_.size() > limits_.events || bytes_ > limits_.bytes)) {
    bytes_ -= queue_.front()->size();
    queue_.pop_front();
    ++dropped_;
  }
  untold_ += dropped_ - before;
  if (!ready_.is_set()) ready_.set();
  return dropped_ == before;
}

std::string EventStream::take(size_t about) {
  std::string text;
  if (untold_ > 0) {
    text = *make_event("lost", "{\"lost\": " + std::to_string(untold_) + "}");
    untold_ = 0;
  }
  while (!queue_.empty() && (text.empty() || text.size() + queue_.front()->size() <= about)) {
    bytes_ -= queue_.front()->size();
    text += *queue_.front();
    queue_.pop_front();
  }
  if (queue_.empty()) ready_.reset();
  return text;
}

void EventStream::close() {
  queue_.clear();
  bytes_ = 0;
  if (!closed()) closed_.set();
}

}  // namespace moor::http
