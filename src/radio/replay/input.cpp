#include "radio/replay/input.hpp"

#include <cstring>

namespace moor::replay {

void Input::fill(size_t count) {
  if (at_end_) return;
  std::memmove(window_.get(), window_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  while (end_ < count && !at_end_) {
    const size_t got = source_->read(std::span(window_.get() + end_, window_size - end_));
    at_end_ = got == 0;
    end_ += got;
  }
}

bool Input::skip_far(uint64_t count) {
  while (count > 0) {
    const size_t step = peek(static_cast<size_t>(std::min<uint64_t>(count, max_peek))).size();
    if (step == 0) return false;
    begin_ += step;
    offset_ += step;
    count -= step;
  }
  return true;
}

bool Input::rewind() {
  begin_ = end_ = 0;
  offset_ = 0;
  at_end_ = false;
  return source_->rewind();
}

}  // namespace moor::replay
