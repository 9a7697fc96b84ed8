#pragma once
// The links of a controller by their handles.

#include "hci/hci_commands.hpp"
#include "hci/l2cap.hpp"
#include "moor/address.hpp"
#include "moor/connection_parameters.hpp"

#include <algorithm>

namespace moor::controller {

struct Connection {
  uint16_t handle = 0;
  Address peer;
  ConnectionParameters parameters;
  bool encrypted = false;
};

class Connections {
public:
  static constexpr size_t max_connections = 64;

  /// Handles count up and come again late, so that what is under way for a link that is gone reaches no other.
  /// @returns nothing where there are as many as there can be.
  Connection* open(const Address& peer, const ConnectionParameters& parameters) {
    if (is_full()) return nullptr;
    do next_ = next_ < hci::max_handle ? static_cast<uint16_t>(next_ + 1) : uint16_t{1};
    while (find(next_) != nullptr);
    return &open_.emplace_back(Connection{.handle = next_, .peer = peer, .parameters = parameters});
  }
  [[nodiscard]] Connection* find(uint16_t handle) noexcept {
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const Connection& each) { return each.handle == handle; });
    return found == open_.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool is_full() const noexcept { return open_.size() >= max_connections; }
  [[nodiscard]] bool has(const Address& peer) const noexcept {
    return std::any_of(open_.begin(), open_.end(), [&](const Connection& each) { return each.peer == peer; });
  }
  void close(uint16_t handle) {
    std::erase_if(open_, [&](const Connection& each) { return each.handle == handle; });
  }
  void clear() noexcept { open_.clear(); }

private:
  std::vector<Connection> open_;
  uint16_t next_ = 0;
};

}  // namespace moor::controller
