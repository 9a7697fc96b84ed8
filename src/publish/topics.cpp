#include "publish/topics.hpp"

#include "gateway/identities.hpp"

#include <fmt/format.h>

namespace moor::publish {

std::string slug(std::string_view name) {
  std::string result;
  bool lost = name.empty();
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '-' || c == '_') {
      result += c;
    } else if (c == ' ') {
      result += '_';
    } else if (c != ':') {  // an address is as clear without its colons
      result += '_';
      lost = true;
    }
  }
  if (lost) result += fmt::format("_{:08x}", static_cast<uint32_t>(Identities::number_of(name)));
  return result;
}

Topics::Topics(std::string base, std::string_view gateway) : base_(std::move(base)), gateway_(slug(gateway)) {}

std::string Topics::own_state(std::string_view device) const {
  return of_gateway("device/") + slug(device) + "/state";
}

std::string Topics::shared_state(std::string_view device) const {
  return base_ + "/device/" + slug(device) + "/state";
}

std::string Topics::input(std::string_view device, std::string_view input) const {
  return base_ + "/device/" + slug(device) + "/event/" + std::string(input);
}

std::optional<std::string_view> Topics::device_of(std::string_view topic) const noexcept {
  constexpr std::string_view middle = "/device/";
  constexpr std::string_view end = "/state";
  if (!topic.starts_with(base_) || !topic.substr(base_.size()).starts_with(middle) || !topic.ends_with(end)) return std::nullopt;
  topic.remove_prefix(base_.size() + middle.size());
  if (topic.size() <= end.size()) return std::nullopt;
  topic.remove_suffix(end.size());
  if (topic.find('/') != std::string_view::npos) return std::nullopt;
  return topic;
}

}  // namespace moor::publish
