// Any bytes as frames of the management socket: what is found lies inside of the frame, a datagram and a stream read the same, and
// whatever a frame holds can be read as any event and any answer.

#include "hci/management_commands.hpp"
#include "hci/management_events.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace {

using namespace moor;
using namespace moor::hci;

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const DeviceFound& a, const DeviceFound& b) {
  return a.controller == b.controller && a.monitor == b.monitor && a.address == b.address && a.type == b.type &&
         a.rssi_dbm == b.rssi_dbm && a.flags == b.flags && std::ranges::equal(a.data, b.data);
}

bool inside(Bytes part, Bytes whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_frame(Bytes datagram) {
  const auto frame = parse_management_frame(datagram);
  ManagementReader stream;
  stream.feed(datagram);
  const auto streamed = stream.next();
  if (!frame) return;
  require(inside(frame->parameters, datagram));
  const auto found = frame->is_device_found() ? parse_device_found(*frame) : std::nullopt;
  require(found.has_value() == streamed.has_value());
  if (!found) require(stream.malformed() + stream.skipped() == 1);
  if (found) require(inside(found->data, datagram) && same(*found, *streamed));
}

void check_parameters(Bytes bytes) {
  if (const auto answer = parse_command_answer(bytes)) require(inside(answer->data, bytes));
  if (const auto connected = parse_device_connected(bytes)) require(inside(connected->data, bytes));
  (void)parse_device_disconnected(bytes);
  (void)parse_new_settings(bytes);
  (void)parse_discovering(bytes);
  (void)parse_monitor_event(bytes);
  (void)parse_version(bytes);
  (void)parse_monitor_handle(bytes);
  (void)parse_connection_info(bytes);
  if (const auto info = parse_info(bytes)) require(info->name.size() < 250);
  if (const auto list = parse_index_list(bytes)) require(2 + 2 * list->size() <= bytes.size());
  if (const auto list = parse_extended_index_list(bytes)) require(2 + 4 * list->size() <= bytes.size());
  if (const auto list = parse_connections(bytes)) require(2 + 7 * list->size() <= bytes.size());
  if (const auto features = parse_monitor_features(bytes)) require(13 + 2 * features->handles.size() <= bytes.size());
  if (const auto fresh = parse_new_connection_parameters(bytes)) {
    const std::array again{LoadedParameters{fresh->device.address, fresh->parameters}};
    require(std::ranges::equal(Bytes(load_parameters(again)).subspan(9), bytes.subspan(8, 8)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(data, size);
  check_frame(bytes);
  check_parameters(bytes);
  // The same as one frame whose size is right, so that what is behind the header is reached soon.
  std::vector<uint8_t> right(data, data + std::min<size_t>(size, 4));
  right.resize(management_header_size);
  const Bytes rest = bytes.subspan(std::min<size_t>(size, 4)).first(std::min<size_t>(size - std::min<size_t>(size, 4), 0xFFFF));
  right[4] = static_cast<uint8_t>(rest.size());
  right[5] = static_cast<uint8_t>(rest.size() >> 8);
  right.insert(right.end(), rest.begin(), rest.end());
  check_frame(right);
  return 0;
}
