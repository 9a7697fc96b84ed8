#include "radio/esphome/proxy_radio.hpp"

#include "core/within.hpp"
#include "esphome/stream.hpp"
#include "moor/error.hpp"
#include "radio/esphome/proxy_state.hpp"

#include <unistd.h>
#include <array>
#include <cstdlib>
#include <fstream>

namespace moor::esphome_radio {

namespace {

constexpr const char* key_variable = "MOOR_ESPHOME_KEY";
constexpr size_t max_key_file = 1024;  // bytes that are looked at

class ProxyRadio final : public Radio {
public:
  explicit ProxyRadio(std::shared_ptr<ProxyState> state) : state_(std::move(state)) {}
  ProxyRadio(const ProxyRadio&) = delete;
  ProxyRadio& operator=(const ProxyRadio&) = delete;
  ~ProxyRadio() override { state_->shut_down(); }

  [[nodiscard]] const RadioInfo& info() const noexcept override { return state_->info(); }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return state_->statistics(); }
  [[nodiscard]] awaitable<void> open(TimePoint deadline) override { return state_->open(deadline); }
  [[nodiscard]] awaitable<void> scan(ScanOptions options, SightingSink& sink) override {
    return state_->scan(std::move(options), sink);
  }
  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options) override {
    return state_->connect(device, std::move(options));
  }
  [[nodiscard]] Slots slots() const override { return state_->slots(); }
  [[nodiscard]] LinkAbilities abilities() const override { return state_->abilities(); }
  [[nodiscard]] RadioHealth health() const override { return state_->health(); }
  [[nodiscard]] std::optional<KnownDevice> find_device(const Address& address) const override;
  [[nodiscard]] std::vector<KnownDevice> known_devices() const override;
  [[nodiscard]] awaitable<void> device_changed(Address) override { return state_->device_changed(); }
  [[nodiscard]] awaitable<void> close_connection(Address device, TimePoint deadline) override {
    return state_->close_connection(device, deadline);
  }
  [[nodiscard]] awaitable<bool> forget(Address device, bool bond_too, TimePoint deadline) override {
    return state_->forget(device, bond_too, deadline);
  }
  [[nodiscard]] bool has_services(const Address& device) const override { return state_->has_services(device); }
  [[nodiscard]] awaitable<bool> clear_services(Address device, TimePoint deadline) override {
    return state_->clear_services(device, deadline);
  }
  [[nodiscard]] awaitable<void> recover(bool hard, TimePoint deadline) override { return state_->recover(hard, deadline); }

private:
  [[nodiscard]] KnownDevice to_known(const Address& address) const {
    return {.address = address, .connected = state_->is_connected(address)};
  }

  std::shared_ptr<ProxyState> state_;
};

// A proxy knows no devices beyond those that have its slots, and of those of others not the kind of their address.
std::optional<KnownDevice> ProxyRadio::find_device(const Address& address) const {
  for (const Slots::Holder& each : state_->slots().holders)
    if (each.device.bits() == address.bits()) return to_known(each.label.empty() ? address : each.device);
  return std::nullopt;
}

std::vector<KnownDevice> ProxyRadio::known_devices() const {
  std::vector<KnownDevice> known;
  for (const Slots::Holder& each : state_->slots().holders) known.push_back(to_known(each.device));
  return known;
}

std::string read_key_file(const RadioSpec& spec) {
  std::ifstream file(spec.key_file, std::ios::binary);
  std::string key(max_key_file, '\0');
  file.read(key.data(), static_cast<std::streamsize>(key.size()));
  if (file.bad() || file.gcount() == 0)
    throw UsageError(
        "the key file '" + spec.key_file + "' of " + spec.to_string() + " cannot be read, or is empty",
        {.radio = spec.to_string(),
         .advice =
             "It holds the key as it stands in the proxy's configuration under `api: encryption: key:`, and nothing else."});
  key.resize(static_cast<size_t>(file.gcount()));
  constexpr std::string_view space = " \t\r\n";
  key.erase(key.find_last_not_of(space) + 1);
  key.erase(0, key.find_first_not_of(space));
  return key;
}

std::string key_text(const RadioSpec& spec) {
  if (!spec.key.empty()) return spec.key;
  if (!spec.key_file.empty()) return read_key_file(spec);
  const char* const usual = std::getenv(key_variable);  // NOLINT(concurrency-mt-unsafe)
  return usual == nullptr ? std::string() : std::string(usual);
}

std::string client_info() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return "moor";
  return std::string("moor on ") + host.data();
}

}  // namespace

std::unique_ptr<Radio> make_radio(Clock& clock, RadioId id, std::string name, std::unique_ptr<Connector> connector,
                                  SessionOptions options) {
  RadioInfo info{
      .id = id, .name = std::move(name), .kind = "esphome", .detail = "an ESPHome Bluetooth proxy", .can_connect = true};
  return std::make_unique<ProxyRadio>(
      std::make_shared<ProxyState>(clock, std::move(info), std::move(connector), std::move(options)));
}

std::unique_ptr<Radio> make_radio(Clock& clock, const RadioSpec& spec, RadioId id, std::shared_ptr<mdns::Mdns> mdns) {
  SessionOptions options;
  options.radio = spec.to_string();
  options.expected_name = spec.expected_name;
  options.client_info = client_info();
  std::string key = key_text(spec);
  if (!key.empty()) options.key = std::make_shared<const crypto::SecretKey>(esphome::parse_key(key));
  crypto::wipe(std::span(reinterpret_cast<uint8_t*>(key.data()), key.size()));
  return make_radio(clock, id, spec.to_string(), make_tcp_connector(clock, spec.target, std::move(mdns)), std::move(options));
}

}  // namespace moor::esphome_radio
