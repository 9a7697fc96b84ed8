#pragma once
// The fields of every message: number, how it is written, where it is kept, and what ESPHome's api.proto (API 1.15) calls it. Decoding, encoding and the
// tests' JSON are made from this table.

#include "esphome/advertisements.hpp"
#include "esphome/messages.hpp"

#include <tuple>

namespace moor::esphome {

enum class Kind : uint8_t {
  number,       ///< varint: uint32, uint64, int32 (ten bytes where it is negative), enumerations
  zigzag,       ///< varint of sint32
  boolean,      ///< varint
  fixed32,      ///< four bytes
  bytes,        ///< with a length, as all that follow
  text,         ///< at most max_text
  numbers,      ///< repeated varint, read packed and unpacked, written unpacked
  texts,        ///< repeated text
  uuid,         ///< repeated varint, of which two are kept
  nested,       ///< a message, with a flag of its own that says it is there
  nested_list,  ///< repeated message
};

template <typename Member>
struct MemberType;
template <typename Message, typename Value>
struct MemberType<Value Message::*> {
  using type = Value;
};

/// @tparam member   pointer to the member with the value
/// @tparam present  pointer to the flag of a nested message
template <uint32_t field_number, Kind field_kind, auto member, auto present = nullptr>
struct Field {
  static constexpr uint32_t number = field_number;
  static constexpr Kind kind = field_kind;
  static constexpr auto flag = present;
  using Value = typename MemberType<decltype(member)>::type;

  std::string_view name;

  [[nodiscard]] static constexpr auto& of(auto& message) noexcept { return message.*member; }
};

template <typename Message>
struct Table;

template <typename... Message>
struct MessageList {};

template <>
struct Table<HelloRequest> {
  static constexpr std::string_view name = "HelloRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::text, &HelloRequest::client_info>{"client_info"},
                                            Field<2, Kind::number, &HelloRequest::api_version_major>{"api_version_major"},
                                            Field<3, Kind::number, &HelloRequest::api_version_minor>{"api_version_minor"}};
};
template <>
struct Table<HelloResponse> {
  static constexpr std::string_view name = "HelloResponse";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &HelloResponse::api_version_major>{"api_version_major"},
                                            Field<2, Kind::number, &HelloResponse::api_version_minor>{"api_version_minor"},
                                            Field<3, Kind::text, &HelloResponse::server_info>{"server_info"},
                                            Field<4, Kind::text, &HelloResponse::name>{"name"}};
};
template <>
struct Table<AuthenticationRequest> {
  static constexpr std::string_view name = "AuthenticationRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::text, &AuthenticationRequest::password>{"password"}};
};
template <>
struct Table<AuthenticationResponse> {
  static constexpr std::string_view name = "AuthenticationResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::boolean, &AuthenticationResponse::invalid_password>{"invalid_password"}};
};
template <>
struct Table<DisconnectRequest> {
  static constexpr std::string_view name = "DisconnectRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &DisconnectRequest::reason>{"reason"}};
};
template <>
struct Table<DeviceInfoResponse> {
  static constexpr std::string_view name = "DeviceInfoResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::boolean, &DeviceInfoResponse::uses_password>{"uses_password"},
                 Field<2, Kind::text, &DeviceInfoResponse::name>{"name"},
                 Field<3, Kind::text, &DeviceInfoResponse::mac_address>{"mac_address"},
                 Field<4, Kind::text, &DeviceInfoResponse::esphome_version>{"esphome_version"},
                 Field<5, Kind::text, &DeviceInfoResponse::compilation_time>{"compilation_time"},
                 Field<6, Kind::text, &DeviceInfoResponse::model>{"model"},
                 Field<7, Kind::boolean, &DeviceInfoResponse::has_deep_sleep>{"has_deep_sleep"},
                 Field<8, Kind::text, &DeviceInfoResponse::project_name>{"project_name"},
                 Field<9, Kind::text, &DeviceInfoResponse::project_version>{"project_version"},
                 Field<10, Kind::number, &DeviceInfoResponse::webserver_port>{"webserver_port"},
                 Field<11, Kind::number, &DeviceInfoResponse::legacy_bluetooth_proxy_version>{"legacy_bluetooth_proxy_version"},
                 Field<12, Kind::text, &DeviceInfoResponse::manufacturer>{"manufacturer"},
                 Field<13, Kind::text, &DeviceInfoResponse::friendly_name>{"friendly_name"},
                 Field<15, Kind::number, &DeviceInfoResponse::bluetooth_proxy_feature_flags>{"bluetooth_proxy_feature_flags"},
                 Field<16, Kind::text, &DeviceInfoResponse::suggested_area>{"suggested_area"},
                 Field<18, Kind::text, &DeviceInfoResponse::bluetooth_mac_address>{"bluetooth_mac_address"},
                 Field<19, Kind::boolean, &DeviceInfoResponse::api_encryption_supported>{"api_encryption_supported"}};
};
template <>
struct Table<BluetoothCapabilities> {
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &BluetoothCapabilities::feature_flags>{"feature_flags"},
                                            Field<2, Kind::text, &BluetoothCapabilities::mac_address>{"mac_address"}};
};
template <>
struct Table<DeviceCapabilitiesResponse> {
  static constexpr std::string_view name = "DeviceCapabilitiesResponse";
  static constexpr auto fields = std::tuple{
      Field<1, Kind::nested, &DeviceCapabilitiesResponse::bluetooth_proxy, &DeviceCapabilitiesResponse::has_bluetooth_proxy>{
          "bluetooth_proxy"}};
};
template <>
struct Table<GetTimeResponse> {
  static constexpr std::string_view name = "GetTimeResponse";
  static constexpr auto fields = std::tuple{Field<1, Kind::fixed32, &GetTimeResponse::epoch_seconds>{"epoch_seconds"}};
};
template <>
struct Table<SetNoiseKeyRequest> {
  static constexpr std::string_view name = "NoiseEncryptionSetKeyRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::bytes, &SetNoiseKeyRequest::key>{"key"}};
};
template <>
struct Table<SetNoiseKeyResponse> {
  static constexpr std::string_view name = "NoiseEncryptionSetKeyResponse";
  static constexpr auto fields = std::tuple{Field<1, Kind::boolean, &SetNoiseKeyResponse::success>{"success"}};
};
template <>
struct Table<SubscribeAdvertisements> {
  static constexpr std::string_view name = "SubscribeBluetoothLEAdvertisementsRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &SubscribeAdvertisements::flags>{"flags"}};
};
template <>
struct Table<ServiceData> {
  static constexpr auto fields = std::tuple{Field<1, Kind::text, &ServiceData::uuid>{"uuid"},
                                            Field<2, Kind::numbers, &ServiceData::legacy_data>{"legacy_data"},
                                            Field<3, Kind::bytes, &ServiceData::data>{"data"}};
};
template <>
struct Table<LegacyAdvertisement> {
  static constexpr std::string_view name = "BluetoothLEAdvertisementResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::number, &LegacyAdvertisement::address>{"address"},
                 Field<2, Kind::bytes, &LegacyAdvertisement::name>{"name"},
                 Field<3, Kind::zigzag, &LegacyAdvertisement::rssi>{"rssi"},
                 Field<4, Kind::texts, &LegacyAdvertisement::service_uuids>{"service_uuids"},
                 Field<5, Kind::nested_list, &LegacyAdvertisement::service_data>{"service_data"},
                 Field<6, Kind::nested_list, &LegacyAdvertisement::manufacturer_data>{"manufacturer_data"},
                 Field<7, Kind::number, &LegacyAdvertisement::address_type>{"address_type"}};
};
template <>
struct Table<RawAdvertisement> {
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &RawAdvertisement::address>{"address"},
                                            Field<2, Kind::zigzag, &RawAdvertisement::rssi>{"rssi"},
                                            Field<3, Kind::number, &RawAdvertisement::address_type>{"address_type"},
                                            Field<4, Kind::bytes, &RawAdvertisement::data>{"data"}};
};
template <>
struct Table<DeviceRequest> {
  static constexpr std::string_view name = "BluetoothDeviceRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &DeviceRequest::address>{"address"},
                                            Field<2, Kind::number, &DeviceRequest::request_type>{"request_type"},
                                            Field<3, Kind::boolean, &DeviceRequest::has_address_type>{"has_address_type"},
                                            Field<4, Kind::number, &DeviceRequest::address_type>{"address_type"}};
};
template <>
struct Table<DeviceConnection> {
  static constexpr std::string_view name = "BluetoothDeviceConnectionResponse";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &DeviceConnection::address>{"address"},
                                            Field<2, Kind::boolean, &DeviceConnection::connected>{"connected"},
                                            Field<3, Kind::number, &DeviceConnection::mtu>{"mtu"},
                                            Field<4, Kind::number, &DeviceConnection::error>{"error"}};
};
template <>
struct Table<AddressRequest> {
  static constexpr std::string_view name = "BluetoothGATTGetServicesRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &AddressRequest::address>{"address"}};
};
template <>
struct Table<DescriptorEntry> {
  static constexpr auto fields =
      std::tuple{Field<1, Kind::uuid, &DescriptorEntry::uuid>{"uuid"}, Field<2, Kind::number, &DescriptorEntry::handle>{"handle"},
                 Field<3, Kind::number, &DescriptorEntry::short_uuid>{"short_uuid"}};
};
template <>
struct Table<CharacteristicEntry> {
  static constexpr auto fields = std::tuple{Field<1, Kind::uuid, &CharacteristicEntry::uuid>{"uuid"},
                                            Field<2, Kind::number, &CharacteristicEntry::handle>{"handle"},
                                            Field<3, Kind::number, &CharacteristicEntry::properties>{"properties"},
                                            Field<4, Kind::nested_list, &CharacteristicEntry::descriptors>{"descriptors"},
                                            Field<5, Kind::number, &CharacteristicEntry::short_uuid>{"short_uuid"}};
};
template <>
struct Table<ServiceEntry> {
  static constexpr auto fields =
      std::tuple{Field<1, Kind::uuid, &ServiceEntry::uuid>{"uuid"}, Field<2, Kind::number, &ServiceEntry::handle>{"handle"},
                 Field<3, Kind::nested_list, &ServiceEntry::characteristics>{"characteristics"},
                 Field<4, Kind::number, &ServiceEntry::short_uuid>{"short_uuid"}};
};
template <>
struct Table<Services> {
  static constexpr std::string_view name = "BluetoothGATTGetServicesResponse";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &Services::address>{"address"},
                                            Field<2, Kind::nested_list, &Services::services>{"services"}};
};
template <>
struct Table<ServicesDone> {
  static constexpr std::string_view name = "BluetoothGATTGetServicesDoneResponse";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &ServicesDone::address>{"address"}};
};
template <>
struct Table<ReadRequest> {
  static constexpr std::string_view name = "BluetoothGATTReadRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &ReadRequest::address>{"address"},
                                            Field<2, Kind::number, &ReadRequest::handle>{"handle"}};
};
template <>
struct Table<ReadResponse> {
  static constexpr std::string_view name = "BluetoothGATTReadResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::number, &ReadResponse::address>{"address"},
                 Field<2, Kind::number, &ReadResponse::handle>{"handle"}, Field<3, Kind::bytes, &ReadResponse::data>{"data"}};
};
template <>
struct Table<WriteRequest> {
  static constexpr std::string_view name = "BluetoothGATTWriteRequest";
  static constexpr auto fields = std::tuple{
      Field<1, Kind::number, &WriteRequest::address>{"address"}, Field<2, Kind::number, &WriteRequest::handle>{"handle"},
      Field<3, Kind::boolean, &WriteRequest::response>{"response"}, Field<4, Kind::bytes, &WriteRequest::data>{"data"}};
};
template <>
struct Table<ReadDescriptorRequest> {
  static constexpr std::string_view name = "BluetoothGATTReadDescriptorRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &ReadDescriptorRequest::address>{"address"},
                                            Field<2, Kind::number, &ReadDescriptorRequest::handle>{"handle"}};
};
template <>
struct Table<WriteDescriptorRequest> {
  static constexpr std::string_view name = "BluetoothGATTWriteDescriptorRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &WriteDescriptorRequest::address>{"address"},
                                            Field<2, Kind::number, &WriteDescriptorRequest::handle>{"handle"},
                                            Field<3, Kind::bytes, &WriteDescriptorRequest::data>{"data"}};
};
template <>
struct Table<NotifyRequest> {
  static constexpr std::string_view name = "BluetoothGATTNotifyRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &NotifyRequest::address>{"address"},
                                            Field<2, Kind::number, &NotifyRequest::handle>{"handle"},
                                            Field<3, Kind::boolean, &NotifyRequest::enable>{"enable"}};
};
template <>
struct Table<NotifyData> {
  static constexpr std::string_view name = "BluetoothGATTNotifyDataResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::number, &NotifyData::address>{"address"}, Field<2, Kind::number, &NotifyData::handle>{"handle"},
                 Field<3, Kind::bytes, &NotifyData::data>{"data"}};
};
template <>
struct Table<WriteResponse> {
  static constexpr std::string_view name = "BluetoothGATTWriteResponse";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &WriteResponse::address>{"address"},
                                            Field<2, Kind::number, &WriteResponse::handle>{"handle"},
                                            Field<3, Kind::number, &WriteResponse::error>{"error"}};
};
template <>
struct Table<NotifyResponse> {
  static constexpr std::string_view name = "BluetoothGATTNotifyResponse";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &NotifyResponse::address>{"address"},
                                            Field<2, Kind::number, &NotifyResponse::handle>{"handle"}};
};
template <>
struct Table<GattError> {
  static constexpr std::string_view name = "BluetoothGATTErrorResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::number, &GattError::address>{"address"}, Field<2, Kind::number, &GattError::handle>{"handle"},
                 Field<3, Kind::number, &GattError::error>{"error"}};
};
template <>
struct Table<ConnectionsFree> {
  static constexpr std::string_view name = "BluetoothConnectionsFreeResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::number, &ConnectionsFree::free>{"free"}, Field<2, Kind::number, &ConnectionsFree::limit>{"limit"},
                 Field<3, Kind::numbers, &ConnectionsFree::allocated>{"allocated"}};
};
template <>
struct Table<Pairing> {
  static constexpr std::string_view name = "BluetoothDevicePairingResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::number, &Pairing::address>{"address"}, Field<2, Kind::boolean, &Pairing::paired>{"paired"},
                 Field<3, Kind::number, &Pairing::error>{"error"}};
};
template <>
struct Table<Unpairing> {
  static constexpr std::string_view name = "BluetoothDeviceUnpairingResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::number, &Unpairing::address>{"address"}, Field<2, Kind::boolean, &Unpairing::success>{"success"},
                 Field<3, Kind::number, &Unpairing::error>{"error"}};
};
template <>
struct Table<ClearCache> {
  static constexpr std::string_view name = "BluetoothDeviceClearCacheResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::number, &ClearCache::address>{"address"},
                 Field<2, Kind::boolean, &ClearCache::success>{"success"}, Field<3, Kind::number, &ClearCache::error>{"error"}};
};
template <>
struct Table<SetConnectionParameters> {
  static constexpr std::string_view name = "BluetoothSetConnectionParamsRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &SetConnectionParameters::address>{"address"},
                                            Field<2, Kind::number, &SetConnectionParameters::min_interval>{"min_interval"},
                                            Field<3, Kind::number, &SetConnectionParameters::max_interval>{"max_interval"},
                                            Field<4, Kind::number, &SetConnectionParameters::latency>{"latency"},
                                            Field<5, Kind::number, &SetConnectionParameters::timeout>{"timeout"}};
};
template <>
struct Table<ConnectionParametersSet> {
  static constexpr std::string_view name = "BluetoothSetConnectionParamsResponse";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &ConnectionParametersSet::address>{"address"},
                                            Field<2, Kind::number, &ConnectionParametersSet::error>{"error"}};
};
template <>
struct Table<ScannerState> {
  static constexpr std::string_view name = "BluetoothScannerStateResponse";
  static constexpr auto fields =
      std::tuple{Field<1, Kind::number, &ScannerState::state>{"state"}, Field<2, Kind::number, &ScannerState::mode>{"mode"},
                 Field<3, Kind::number, &ScannerState::configured_mode>{"configured_mode"}};
};
template <>
struct Table<ScannerSetMode> {
  static constexpr std::string_view name = "BluetoothScannerSetModeRequest";
  static constexpr auto fields = std::tuple{Field<1, Kind::number, &ScannerSetMode::mode>{"mode"}};
};

/// All messages that have fields, but raw_advertisements.
using Messages =
    MessageList<HelloRequest, HelloResponse, AuthenticationRequest, AuthenticationResponse, DisconnectRequest, DeviceInfoResponse,
                DeviceCapabilitiesResponse, GetTimeResponse, SetNoiseKeyRequest, SetNoiseKeyResponse, SubscribeAdvertisements,
                LegacyAdvertisement, DeviceRequest, DeviceConnection, AddressRequest, Services, ServicesDone, ReadRequest,
                ReadResponse, WriteRequest, ReadDescriptorRequest, WriteDescriptorRequest, NotifyRequest, NotifyData,
                WriteResponse, NotifyResponse, GattError, ConnectionsFree, Pairing, Unpairing, ClearCache,
                SetConnectionParameters, ConnectionParametersSet, ScannerState, ScannerSetMode>;

/// The messages that carry nothing that moor uses; of these only subscribe_logs has fields.
struct EmptyMessage {
  MessageType type{};
  std::string_view name;
};
inline constexpr std::array empty_messages{
    EmptyMessage{MessageType::disconnect_response, "DisconnectResponse"},
    EmptyMessage{MessageType::ping_request, "PingRequest"},
    EmptyMessage{MessageType::ping_response, "PingResponse"},
    EmptyMessage{MessageType::device_info_request, "DeviceInfoRequest"},
    EmptyMessage{MessageType::list_entities_request, "ListEntitiesRequest"},
    EmptyMessage{MessageType::list_entities_done, "ListEntitiesDoneResponse"},
    EmptyMessage{MessageType::subscribe_states, "SubscribeStatesRequest"},
    EmptyMessage{MessageType::subscribe_logs, "SubscribeLogsRequest"},
    EmptyMessage{MessageType::subscribe_services, "SubscribeHomeassistantServicesRequest"},
    EmptyMessage{MessageType::get_time_request, "GetTimeRequest"},
    EmptyMessage{MessageType::subscribe_home_assistant_states, "SubscribeHomeAssistantStatesRequest"},
    EmptyMessage{MessageType::subscribe_connections_free, "SubscribeBluetoothConnectionsFreeRequest"},
    EmptyMessage{MessageType::unsubscribe_advertisements, "UnsubscribeBluetoothLEAdvertisementsRequest"},
    EmptyMessage{MessageType::device_capabilities_request, "DeviceCapabilitiesRequest"},
};

/// Calls `with.template operator()<Message>()` for every message of the table.
template <typename With, typename... Message>
constexpr void each_message(With&& with, MessageList<Message...> /*messages*/) {
  (with.template operator()<Message>(), ...);
}
/// Calls `with(field)` for every field of a message, in the order of their numbers.
template <typename Message, typename With>
constexpr void each_field(With&& with) {
  std::apply([&](const auto&... field) { (with(field), ...); }, Table<Message>::fields);
}

}  // namespace moor::esphome
