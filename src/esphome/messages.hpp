#pragma once
// The messages of ESPHome's native API, version 1.15: those of a session and those of a Bluetooth proxy. Field numbers and types are in
// message_fields.hpp. Text and data are views: of a message that was read they lie in its payload, of one that is to be sent in whatever the sender owns.

#include "moor/bytes.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace moor::esphome {

enum class MessageType : uint16_t {
  hello_request = 1,
  hello_response = 2,
  authentication_request = 3,
  authentication_response = 4,
  disconnect_request = 5,
  disconnect_response = 6,
  ping_request = 7,
  ping_response = 8,
  device_info_request = 9,
  device_info_response = 10,
  list_entities_request = 11,
  list_entities_done = 19,
  subscribe_states = 20,
  subscribe_logs = 28,
  subscribe_services = 34,
  get_time_request = 36,
  get_time_response = 37,
  subscribe_home_assistant_states = 38,
  subscribe_advertisements = 66,
  advertisement = 67,  ///< one, with its structures taken apart; gone since 2025.8
  device_request = 68,
  device_connection = 69,
  get_services = 70,
  services = 71,
  services_done = 72,
  read_request = 73,
  read_response = 74,
  write_request = 75,
  read_descriptor_request = 76,  ///< answered with read_response
  write_descriptor_request = 77,
  notify_request = 78,
  notify_data = 79,
  subscribe_connections_free = 80,
  connections_free = 81,
  gatt_error = 82,
  write_response = 83,
  notify_response = 84,
  pairing = 85,
  unpairing = 86,
  unsubscribe_advertisements = 87,
  clear_cache = 88,
  raw_advertisements = 93,
  set_noise_key_request = 124,
  set_noise_key_response = 125,
  scanner_state = 126,
  scanner_set_mode = 127,
  set_connection_parameters = 145,
  connection_parameters_set = 146,
  device_capabilities_request = 149,
  device_capabilities_response = 150,
};

/// A message as it lies in a stream, not yet decoded.
struct Message {
  MessageType type{};
  Bytes payload;  ///< valid until the stream is asked for the next one
};

/// What a proxy can do: bits of `bluetooth_proxy_feature_flags`.
enum class Feature : uint32_t {
  passive_scan = 1 << 0,
  active_connections = 1 << 1,
  remote_caching = 1 << 2,
  pairing = 1 << 3,
  cache_clearing = 1 << 4,
  raw_advertisements = 1 << 5,
  scanner_state_and_mode = 1 << 6,
  connection_parameters = 1 << 7,
};
[[nodiscard]] constexpr bool has(uint32_t flags, Feature feature) noexcept {
  return (flags & static_cast<uint32_t>(feature)) != 0;
}

// An empty message is a type alone; requests that carry nothing have no struct: send them with `MessageType` and no payload.

struct HelloRequest {
  static constexpr MessageType type = MessageType::hello_request;
  std::string_view client_info;
  uint32_t api_version_major = 0;
  uint32_t api_version_minor = 0;
};

struct HelloResponse {
  static constexpr MessageType type = MessageType::hello_response;
  uint32_t api_version_major = 0;
  uint32_t api_version_minor = 0;
  std::string_view server_info;
  std::string_view name;
};

struct AuthenticationRequest {
  static constexpr MessageType type = MessageType::authentication_request;
  std::string_view password;
};

struct AuthenticationResponse {
  static constexpr MessageType type = MessageType::authentication_response;
  bool invalid_password = false;
};

struct DisconnectRequest {
  static constexpr MessageType type = MessageType::disconnect_request;
  uint32_t reason = 0;  ///< 0 unspecified, 1 provisioning closed
};

struct DeviceInfoResponse {
  static constexpr MessageType type = MessageType::device_info_response;
  bool uses_password = false;
  std::string_view name;
  std::string_view mac_address;  ///< "AA:BB:CC:DD:EE:FF"
  std::string_view esphome_version;
  std::string_view compilation_time;
  std::string_view model;
  bool has_deep_sleep = false;
  std::string_view project_name;
  std::string_view project_version;
  uint32_t webserver_port = 0;
  uint32_t legacy_bluetooth_proxy_version = 0;  ///< 1 to 5, of API versions below 1.9
  std::string_view manufacturer;
  std::string_view friendly_name;
  uint32_t bluetooth_proxy_feature_flags = 0;
  std::string_view suggested_area;
  std::string_view bluetooth_mac_address;
  bool api_encryption_supported = false;
};

struct BluetoothCapabilities {
  uint32_t feature_flags = 0;
  std::string_view mac_address;
};
struct DeviceCapabilitiesResponse {
  static constexpr MessageType type = MessageType::device_capabilities_response;
  bool has_bluetooth_proxy = false;  ///< the field is there
  BluetoothCapabilities bluetooth_proxy;
};

struct GetTimeResponse {
  static constexpr MessageType type = MessageType::get_time_response;
  uint32_t epoch_seconds = 0;  ///< fixed32
};

struct SetNoiseKeyRequest {
  static constexpr MessageType type = MessageType::set_noise_key_request;
  Bytes key;
};
struct SetNoiseKeyResponse {
  static constexpr MessageType type = MessageType::set_noise_key_response;
  bool success = false;
};

struct SubscribeAdvertisements {
  static constexpr MessageType type = MessageType::subscribe_advertisements;
  uint32_t flags = 0;  ///< bit 0: raw
};

/// A UUID or a company identifier, in text, with what is advertised for it. `legacy_data` is what servers below 1.7 sent: a number for each byte.
struct ServiceData {
  std::string_view uuid;
  std::vector<uint32_t> legacy_data;
  Bytes data;
};
struct LegacyAdvertisement {
  static constexpr MessageType type = MessageType::advertisement;
  uint64_t address = 0;  ///< the 48 bits, first octet on top, as in all messages
  Bytes name;
  int32_t rssi = 0;
  std::vector<std::string_view> service_uuids;
  std::vector<ServiceData> service_data;
  std::vector<ServiceData> manufacturer_data;
  uint32_t address_type = 0;
};

// raw_advertisements is in advertisements.hpp.

enum class DeviceRequestType : uint32_t {
  connect_v1 = 0,  ///< removed
  disconnect = 1,
  pair = 2,
  unpair = 3,
  connect_with_cache = 4,
  connect_without_cache = 5,
  clear_cache = 6,
};
struct DeviceRequest {
  static constexpr MessageType type = MessageType::device_request;
  uint64_t address = 0;
  DeviceRequestType request_type = DeviceRequestType::connect_v1;
  bool has_address_type = false;
  uint32_t address_type = 0;
};

struct DeviceConnection {
  static constexpr MessageType type = MessageType::device_connection;
  uint64_t address = 0;
  bool connected = false;
  uint32_t mtu = 0;
  int32_t error = 0;
};

struct AddressRequest {  ///< of get_services
  static constexpr MessageType type = MessageType::get_services;
  uint64_t address = 0;
};

/// 128 bits as two numbers, the first four octets of the text form on top; empty where short_uuid is set. More than two are not kept.
struct UuidPair {
  std::array<uint64_t, 2> parts{};
  uint8_t count = 0;
};
struct DescriptorEntry {
  UuidPair uuid;
  uint32_t handle = 0;
  uint32_t short_uuid = 0;
};
struct CharacteristicEntry {
  UuidPair uuid;
  uint32_t handle = 0;  ///< of the value
  uint32_t properties = 0;
  std::vector<DescriptorEntry> descriptors;
  uint32_t short_uuid = 0;
};
struct ServiceEntry {
  UuidPair uuid;
  uint32_t handle = 0;
  std::vector<CharacteristicEntry> characteristics;
  uint32_t short_uuid = 0;
};
struct Services {
  static constexpr MessageType type = MessageType::services;
  uint64_t address = 0;
  std::vector<ServiceEntry> services;
};
struct ServicesDone {
  static constexpr MessageType type = MessageType::services_done;
  uint64_t address = 0;
};

struct ReadRequest {
  static constexpr MessageType type = MessageType::read_request;
  uint64_t address = 0;
  uint32_t handle = 0;
};
struct ReadResponse {
  static constexpr MessageType type = MessageType::read_response;
  uint64_t address = 0;
  uint32_t handle = 0;
  Bytes data;
};
struct WriteRequest {
  static constexpr MessageType type = MessageType::write_request;
  uint64_t address = 0;
  uint32_t handle = 0;
  bool response = false;
  Bytes data;
};
struct ReadDescriptorRequest {
  static constexpr MessageType type = MessageType::read_descriptor_request;
  uint64_t address = 0;
  uint32_t handle = 0;
};
struct WriteDescriptorRequest {
  static constexpr MessageType type = MessageType::write_descriptor_request;
  uint64_t address = 0;
  uint32_t handle = 0;
  Bytes data;
};
struct NotifyRequest {
  static constexpr MessageType type = MessageType::notify_request;
  uint64_t address = 0;
  uint32_t handle = 0;
  bool enable = false;
};
struct NotifyData {
  static constexpr MessageType type = MessageType::notify_data;
  uint64_t address = 0;
  uint32_t handle = 0;
  Bytes data;
};
struct WriteResponse {
  static constexpr MessageType type = MessageType::write_response;
  uint64_t address = 0;
  uint32_t handle = 0;
  int32_t error = 0;  ///< field 3, which firmware of mid-2025 sent instead of gatt_error; never sent by us
};
struct NotifyResponse {
  static constexpr MessageType type = MessageType::notify_response;
  uint64_t address = 0;
  uint32_t handle = 0;
};
struct GattError {
  static constexpr MessageType type = MessageType::gatt_error;
  uint64_t address = 0;
  uint32_t handle = 0;
  int32_t error = 0;
};

struct ConnectionsFree {
  static constexpr MessageType type = MessageType::connections_free;
  uint32_t free = 0;
  uint32_t limit = 0;
  std::vector<uint64_t> allocated;
};

struct Pairing {
  static constexpr MessageType type = MessageType::pairing;
  uint64_t address = 0;
  bool paired = false;
  int32_t error = 0;
};
struct Unpairing {
  static constexpr MessageType type = MessageType::unpairing;
  uint64_t address = 0;
  bool success = false;
  int32_t error = 0;
};
struct ClearCache {
  static constexpr MessageType type = MessageType::clear_cache;
  uint64_t address = 0;
  bool success = false;
  int32_t error = 0;
};

struct SetConnectionParameters {
  static constexpr MessageType type = MessageType::set_connection_parameters;
  uint64_t address = 0;
  uint32_t min_interval = 0;  ///< 1.25 ms
  uint32_t max_interval = 0;  ///< 1.25 ms
  uint32_t latency = 0;
  uint32_t timeout = 0;  ///< 10 ms
};
struct ConnectionParametersSet {
  static constexpr MessageType type = MessageType::connection_parameters_set;
  uint64_t address = 0;
  int32_t error = 0;
};

enum class ScannerStateKind : uint32_t { idle, starting, running, failed, stopping, stopped };
enum class ScannerMode : uint32_t { passive, active };
struct ScannerState {
  static constexpr MessageType type = MessageType::scanner_state;
  ScannerStateKind state = ScannerStateKind::idle;
  ScannerMode mode = ScannerMode::passive;
  ScannerMode configured_mode = ScannerMode::passive;
};
struct ScannerSetMode {
  static constexpr MessageType type = MessageType::scanner_set_mode;
  ScannerMode mode = ScannerMode::passive;
};

}  // namespace moor::esphome
