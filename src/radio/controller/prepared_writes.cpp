#include "radio/controller/prepared_writes.hpp"

#include <algorithm>
#include <utility>

namespace moor::controller {

namespace {

// A long value in the smallest packets has 29 parts; a reliable write has several values.
constexpr size_t most_parts = 128;
constexpr size_t most_bytes = 4 * hci::longest_att_value;

uint8_t put(std::vector<uint8_t>& value, size_t offset, const std::vector<uint8_t>& part) {
  if (offset > value.size()) return hci::att_error::invalid_offset;
  if (offset + part.size() > hci::longest_att_value) return hci::att_error::invalid_value_length;
  value.resize(std::max(value.size(), offset + part.size()));
  std::copy(part.begin(), part.end(), value.begin() + static_cast<std::ptrdiff_t>(offset));
  return 0;
}

}  // namespace

uint8_t PreparedWrites::add(uint16_t handle, uint16_t offset, Bytes part) {
  if (parts_.size() == most_parts || bytes_ + part.size() > most_bytes) return hci::att_error::prepare_queue_full;
  parts_.push_back({handle, offset, {part.begin(), part.end()}});
  bytes_ += part.size();
  return 0;
}

void PreparedWrites::clear() {
  parts_.clear();
  bytes_ = 0;
}

std::variant<std::vector<PreparedWrites::Write>, PreparedWrites::Refusal> PreparedWrites::take() {
  std::vector<Write> writes;
  const std::vector<Part> parts = std::exchange(parts_, {});
  bytes_ = 0;
  for (const Part& part : parts) {
    auto found = std::ranges::find(writes, part.handle, &Write::handle);
    if (found == writes.end()) found = writes.insert(writes.end(), Write{part.handle});
    if (const uint8_t error = put(found->value, part.offset, part.bytes)) return Refusal{part.handle, error};
  }
  return writes;
}

}  // namespace moor::controller
