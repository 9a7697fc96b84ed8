#include "dbus/channel.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace moor::dbus {
namespace {

constexpr size_t usual_room = 16 * 1024;
constexpr size_t kept_room = 256 * 1024;                        // more is given back when it has been sent
constexpr size_t most_descriptors = 64;                         // that came with messages which are not whole
constexpr size_t control_room = CMSG_SPACE(253 * sizeof(int));  // SCM_MAX_FD of the kernel

std::string words_of(int error) {
  return std::generic_category().message(error);
}

}  // namespace

Channel::~Channel() {
  for (const int each : descriptors_) ::close(each);
}

void Channel::make_room() {
  if (begin_ > 0) {
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(begin_), in_.begin() + static_cast<std::ptrdiff_t>(end_), in_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == 0 && in_.size() > kept_room) in_ = {};
  if (in_.empty())
    in_.resize(usual_room);
  else if (end_ == in_.size())
    in_.resize(2 * in_.size());
}

Channel::Received Channel::receive() {
  if (std::exchange(drained_, false)) return Received::nothing_yet;
  make_room();
  alignas(cmsghdr) std::array<char, control_room> control;
  iovec room{.iov_base = in_.data() + end_, .iov_len = in_.size() - end_};
  msghdr message{};
  message.msg_iov = &room;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(socket_, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return Received::nothing_yet;
    problem_ = words_of(errno);
    return Received::ended;
  }
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const size_t before = descriptors_.size();
    descriptors_.resize(before + count);
    std::memcpy(descriptors_.data() + before, CMSG_DATA(each), count * sizeof(int));
  }
  if (size == 0) return Received::ended;
  if (descriptors_.size() > most_descriptors) {
    problem_ = "the other end sends file descriptors without messages";
    return Received::ended;
  }
  drained_ = static_cast<size_t>(size) < room.iov_len;
  end_ += static_cast<size_t>(size);
  return Received::some;
}

Channel::Taken Channel::take_message(Content& content) {
  const Bytes available = input();
  if (available.size() < fixed_header_size) return Taken::incomplete;
  const std::optional<Extent> extent = extent_of(available);
  if (!extent) {
    problem_ = "the other end sends what is no message";
    return Taken::malformed;
  }
  if (available.size() < extent->whole) return Taken::incomplete;
  const char* const wrong = parse(available.first(extent->whole), extent->body, descriptors_, content);
  begin_ += extent->whole;
  if (wrong == nullptr) return Taken::message;
  problem_ = std::string("the other end sends a malformed message: ") + wrong;
  return Taken::malformed;
}

bool Channel::put(const Message& message, uint32_t serial, std::string_view sender) {
  const Content& content = *message.get();
  if (out_.size() - sent_ + content.body().size() > max_message + max_array) return false;
  if (!content.descriptors.all().empty()) with_descriptors_.push_back({.at = out_.size(), .message = message});
  marshal(content, serial, sender, out_);
  return true;
}

// Descriptors go with the first byte of their message, so a send ends where another such message begins.
size_t Channel::next_boundary() const noexcept {
  for (const WithDescriptors& each : with_descriptors_)
    if (each.at > sent_) return each.at;
  return out_.size();
}

ssize_t Channel::send_some() {
  iovec bytes{.iov_base = out_.data() + sent_, .iov_len = next_boundary() - sent_};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(max_descriptors * sizeof(int))> control{};
  if (!with_descriptors_.empty() && with_descriptors_.front().at == sent_) {
    const auto& all = with_descriptors_.front().message.get()->descriptors.all();
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(all.size() * sizeof(int));
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(all.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), all.data(), all.size() * sizeof(int));
  }
  return ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool Channel::flush() {
  while (has_output()) {
    const ssize_t size = send_some();
    if (size < 0) {
      if (errno == EAGAIN || errno == EINTR) return true;
      problem_ = words_of(errno);
      return false;
    }
    while (!with_descriptors_.empty() && with_descriptors_.front().at <= sent_) with_descriptors_.pop_front();
    sent_ += static_cast<size_t>(size);
  }
  out_.clear();
  sent_ = 0;
  if (out_.capacity() > kept_room) out_ = {};
  return true;
}

}  // namespace moor::dbus
