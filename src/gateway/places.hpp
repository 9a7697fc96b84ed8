#pragma once
// The gateway's zones: their numbers, by which the pipeline counts, and their names, by which they are kept and shown. Those of [[zone]], which
// are areas around radios, or where there are none the presence zones immediate, near and far.

#include "gateway/config.hpp"
#include "moor/areas.hpp"

namespace moor {

class Places {
public:
  /// @param names  of the radios, as `moor radios` shows them: one for each of `config.radios`, by RadioId.
  Places(const GatewayConfig& config, const std::vector<std::string>& names);

  [[nodiscard]] bool has_areas() const noexcept { return !areas_.empty(); }
  [[nodiscard]] const AreaOptions& areas() const noexcept { return areas_; }
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }  ///< by ZoneId
  [[nodiscard]] const std::string& name(ZoneId zone) const { return names_.at(zone); }
  [[nodiscard]] std::string name(const std::optional<ZoneId>& zone) const { return zone ? name(*zone) : std::string(); }
  [[nodiscard]] std::optional<ZoneId> find(std::string_view name) const noexcept;
  /// Radios that a [[zone]] names and the gateway does not have: "shop: esphome://till".
  [[nodiscard]] const std::vector<std::string>& unknown_radios() const noexcept { return unknown_; }

private:
  std::vector<std::string> names_;
  AreaOptions areas_;
  std::vector<std::string> unknown_;
};

}  // namespace moor
