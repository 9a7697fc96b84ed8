#pragma once
// Parts of long values that a client has prepared and not yet executed (Core 5.4, Vol 3, Part F, 3.4.6). A machine without I/O.

#include "hci/att.hpp"

#include <variant>

namespace moor::controller {

class PreparedWrites {
public:
  /// @returns 0, or the error of a queue that is full.
  [[nodiscard]] uint8_t add(uint16_t handle, uint16_t offset, Bytes part);
  void clear();

  struct Write {
    uint16_t handle = 0;
    std::vector<uint8_t> value{};
  };
  struct Refusal {
    uint16_t handle = 0;
    uint8_t error = 0;
  };
  /// The values in the order in which their first parts came. Parts of one value must begin at 0 and leave no gap; one that begins before the
  /// end of what is there overwrites it. The queue is empty afterwards in any case.
  [[nodiscard]] std::variant<std::vector<Write>, Refusal> take();

private:
  struct Part {
    uint16_t handle;
    uint16_t offset;
    std::vector<uint8_t> bytes;
  };
  std::vector<Part> parts_;
  size_t bytes_ = 0;
};

}  // namespace moor::controller
