#pragma once
// What a controller answers to its host's commands, and what it is to do for them (Core 5.4, Vol 4, Part E, 7). It holds what the host has set:
// event masks, scan, lists of addresses, the table of connections.
//
// Advertising is accepted and answered, and nothing is sent for it: a radio of moor's does not advertise. Resolving lists are kept and not used; the
// feature (LL Privacy) is not offered, so that hosts resolve addresses themselves.

#include "hci/hci_events.hpp"
#include "radio/controller/connections.hpp"

#include <map>
#include <set>
#include <variant>

namespace moor::controller {

struct ScanSettings {
  enum class Duplicates : uint8_t { all, once, once_a_period };
  bool enabled = false;
  bool active = false;
  bool accept_list_only = false;
  bool extended = false;  ///< reports of the extended kind, and of extended advertisements
  Duplicates duplicates = Duplicates::all;
  Duration duration{};  ///< of an extended scan; 0 until it is disabled
  Duration period{};    ///< of one that begins again and again; 0 for once
};

/// A connection that the host wants.
struct Initiation {
  std::optional<Address> peer;  ///< nothing: whoever of the accept list is heard first
  Address host;                 ///< whom the peer sees: the public address, or the random one that the host has set
  ConnectionParameters parameters;
};

class CommandMachine {
public:
  struct Send {
    hci::Packet packet;
  };
  struct ChangeScan {};  ///< to what `scan()` says; also where it is the same, which begins it anew
  struct BeginConnecting {
    Initiation what;
  };
  struct CancelConnecting {};
  struct Disconnect {
    uint16_t handle;
  };
  struct Update {
    uint16_t handle;
    ConnectionParameters parameters;
  };
  struct ReadRssi {
    uint16_t handle;
  };
  struct Encrypt {
    uint16_t handle;
    uint64_t random;
    uint16_t diversifier;
    std::array<uint8_t, 16> key;
  };
  struct Reset {};  ///< scan, attempts and links end without a word
  using Action = std::variant<Send, ChangeScan, BeginConnecting, CancelConnecting, Disconnect, Update, ReadRssi, Encrypt, Reset>;
  using Actions = std::vector<Action>;

  static constexpr size_t max_accept_list = 64;
  static constexpr size_t max_resolving_list = 64;
  static constexpr uint16_t data_size = 251;  ///< bytes of an ACL packet, both ways
  static constexpr uint8_t data_packets = 12;
  static constexpr uint8_t max_sets = 4;  ///< of advertising

  /// @param extended  offers extended scanning, connecting and advertising. @param random  for LE Rand.
  /// @param has_slot  whether another link can be made; as long as there are handles where not given.
  CommandMachine(const Address& address, bool extended, std::function<uint64_t()> random, std::function<bool()> has_slot = {});

  [[nodiscard]] Actions receive(const hci::HciCommand& command);

  [[nodiscard]] const ScanSettings& scan() const noexcept { return state_.scan; }
  [[nodiscard]] bool accepts(const Address& address) const { return state_.accept_list.contains(address); }
  [[nodiscard]] bool is_initiating() const noexcept { return state_.initiating; }
  [[nodiscard]] Connections& connections() noexcept { return connections_; }
  /// The scan's duration is over. @returns the event that says so.
  [[nodiscard]] std::optional<hci::Packet> scan_ended();

  /// An attempt came to a link. @returns its event, and its handle where there was a place for it.
  struct Connected {
    std::optional<uint16_t> handle;
    hci::Packet event;
  };
  [[nodiscard]] Connected connected(const Address& peer, const ConnectionParameters& parameters);
  [[nodiscard]] hci::Packet connecting_failed(hci::HciStatus status, const Address& peer);

private:
  struct Call {
    uint16_t opcode;
    ByteReader in;
    Actions& out;
    void complete(const hci::Fields& result) const { out.emplace_back(Send{hci::command_complete(opcode, result)}); }
    void complete(hci::HciStatus status) const { complete(hci::Fields().status(status)); }
    void status(hci::HciStatus status) const { out.emplace_back(Send{hci::command_status(opcode, status)}); }
  };
  struct Entry;
  struct Table;
  [[nodiscard]] const Entry* find(uint16_t opcode) const noexcept;
  [[nodiscard]] bool is_enabled(hci::LeEvent event) const noexcept;
  [[nodiscard]] hci::Packet connection_complete(hci::HciStatus status, uint16_t handle, const Address& peer,
                                                const ConnectionParameters& parameters) const;
  [[nodiscard]] Connection* find_connection(Call& call);  // from its next parameter

  // One for each command, or for several that are answered alike.
  void accept(Call& call);
  void reset(Call& call);
  void set_le_event_mask(Call& call);
  void read_version(Call& call);
  void read_commands(Call& call);
  void read_features(Call& call);
  void read_address(Call& call);
  void read_buffer_size(Call& call);
  void read_le_features(Call& call);
  void read_states(Call& call);
  void rand(Call& call);
  void read_default_data_length(Call& call);
  void read_maximum_data_length(Call& call);
  void read_list_size(Call& call);
  void change_accept_list(Call& call);
  void change_resolving_list(Call& call);
  void set_random_address(Call& call);

  void read_advertising_limits(Call& call);
  void set_extended_advertising_parameters(Call& call);
  void remove_set(Call& call);
  void set_scan_parameters(Call& call);
  void set_scan_enable(Call& call);
  void set_extended_scan_parameters(Call& call);
  void set_extended_scan_enable(Call& call);
  void change_scan(Call& call, bool enable, unsigned duplicates);

  void create_connection(Call& call);
  void extended_create_connection(Call& call);
  void initiate(Call& call, const std::optional<Address>& peer, uint8_t own_kind);  // its next parameters are those of the link
  void cancel_connection(Call& call);
  void disconnect(Call& call);
  void update(Call& call);
  void start_encryption(Call& call);
  void read_remote_version(Call& call);
  void read_remote_features(Call& call);
  void read_rssi(Call& call);
  void read_power(Call& call);
  void read_channel_map(Call& call);
  void set_data_length(Call& call);
  void read_phy(Call& call);
  void set_phy(Call& call);

  // What a reset forgets.
  struct Settings {
    Address random_address;
    uint64_t le_event_mask = 0x1F;  // Core 5.4, Vol 4, Part E, 7.8.1
    ScanSettings scan;
    std::set<Address> accept_list;
    std::set<Address> resolving_list;
    uint16_t default_octets = 27;
    uint16_t default_time_us = 328;
    bool initiating = false;
    bool initiates_from_list = false;
  };

  Address address_;
  bool extended_;
  std::function<uint64_t()> random_;
  std::function<bool()> has_slot_;
  Settings state_;
  Connections connections_;
};

}  // namespace moor::controller
