#pragma once
// A device's table from the parts in which a proxy streams it (71), to be used only when the proxy has said that it is whole (72). No I/O.

#include "esphome/messages.hpp"
#include "moor/gatt.hpp"

namespace moor::esphome_radio {

class ServicesAssembly {
public:
  /// Services, characteristics and descriptors of a table; real ones have a few hundred at most.
  static constexpr size_t max_attributes = 4096;

  /// A part. A service that is repeated is the same one. Parts, and what is in them, may come in any order of handles: not every proxy sorts them.
  void add(const esphome::Services& part);

  struct Result {
    GattServices services{};
    std::string problem{};  ///< what is wrong, in words; empty where the table is good
  };
  /// At message 72. No service at all is a problem too: firmware sends an empty stream where it has not discovered the device, as on a
  /// connection that was made from its cache.
  [[nodiscard]] Result finish();

private:
  void add(const esphome::ServiceEntry& entry);
  bool take_handle(uint32_t handle, const char* what, uint16_t& into);
  bool take_uuid(const esphome::UuidPair& pair, uint32_t short_uuid, uint32_t handle, Uuid& into);
  bool add_characteristic(const esphome::CharacteristicEntry& entry, GattService& service);
  void sort();
  void check_order();
  void fail(std::string problem);

  std::vector<GattService> services_;
  size_t attributes_ = 0;
  std::string problem_;
};

}  // namespace moor::esphome_radio
