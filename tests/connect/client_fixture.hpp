#pragma once
// A client of a fake device with a thermometer, a battery and an alarm, in virtual time.

#include "connect/virtual_time.hpp"
#include "moor/client.hpp"
#include "moor/service_cache.hpp"
#include "support/fake_link.hpp"

namespace moor::testing {

inline const Uuid temperature(0x2A6E);
inline const Uuid humidity(0x2A6F);
inline const Uuid battery(0x2A19);
inline const Uuid alarm_level(0x2A06);

class ClientFixture : public VirtualTime {
protected:
  ClientFixture() {
    device_.table =
        make_table({{0x181A, {{0x2A6E, {Property::read, Property::notify}}, {0x2A6F, {Property::read, Property::indicate}}}},
                    {0x180F, {{0x2A19, {Property::read}}}},
                    {0x1802, {{0x2A06, {Property::write_without_response}}}}});
    device_.values[handle_of(temperature)] = {0x29, 0x09};
  }
  uint16_t handle_of(const Uuid& uuid) const { return device_.table.get_characteristic(uuid).handle; }
  Client connect(ClientOptions options = {}, GattServices services = {}) {
    return Client(context_.get_executor(), clock_, std::make_unique<FakeLink>(context_.get_executor(), device_),
                  std::move(services), std::move(options), &cache_);
  }
  Client connect_knowing() { return connect({}, device_.table); }

  FakeDevice device_{clock_};
  ServiceCache cache_;
};

inline std::string text_of(const Notification& notification) {
  return std::string(notification.value.begin(), notification.value.end());
}
inline std::vector<uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

}  // namespace moor::testing
