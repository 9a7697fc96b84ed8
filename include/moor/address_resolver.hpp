#pragma once
// Own devices behind resolvable private addresses: a phone or watch changes its address every few minutes, and with its identity resolving
// key all of them are one device, as they are to the phone's owner and to nobody else.

#include "moor/irk.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <span>
#include <string>
#include <vector>

namespace moor {

class AddressResolver {
public:
  struct Owner {
    std::string name;
    Irk irk{};
    Address identity;  ///< the lasting address that stands for the changing ones
  };
  /// Addresses whose owner, or that they have none, is remembered at most; then all are forgotten and tried anew.
  static constexpr size_t max_remembered = 65'536;

  AddressResolver() = default;
  AddressResolver(const AddressResolver&) = delete;
  AddressResolver& operator=(const AddressResolver&) = delete;
  ~AddressResolver();

  /// @param name      its lasting address stands for an empty one.
  /// @param identity  the device's public or static address; without one it gets a static address made from the key.
  void add(std::string name, const Irk& irk, std::optional<Address> identity = std::nullopt);
  /// Whose address it is; nullptr for a stranger's and for one that is not resolvable. Costs a look-up once the address is known, else one
  /// AES block for each key. Valid until a key is added.
  [[nodiscard]] const Owner* resolve(const Address& address);
  [[nodiscard]] std::span<const Owner> owners() const noexcept { return owners_; }
  [[nodiscard]] bool empty() const noexcept { return owners_.empty(); }

private:
  static constexpr uint32_t nobody = ~uint32_t{0};

  std::vector<Owner> owners_;
  boost::unordered_flat_map<Address, uint32_t, std::hash<Address>> remembered_;  // place among the owners, or nobody
};

}  // namespace moor
