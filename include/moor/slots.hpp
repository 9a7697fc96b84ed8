#pragma once
// Connection slots, counted: how many links each radio can have, which devices have them, and which are free, for a program that decides over
// several radios where to connect next. A controller has few: 5 are common for USB adapters, 3 for an ESP32.

#include "moor/path_source.hpp"

#include <map>

namespace moor {

/// What local adapters are taken for where nobody knows better (bluetooth-adapters' default).
inline constexpr int default_connection_slots = 5;

struct Allocations {
  std::string radio{};
  int slots = 0;
  int free = 0;                      ///< below 0 where more links are up than there should be slots
  std::vector<Address> allocated{};  ///< in the order in which they were allocated
  friend bool operator==(const Allocations&, const Allocations&) = default;
};

struct AllocationChange {
  enum class Kind : uint8_t { allocated, released };
  Kind kind = Kind::allocated;
  std::string radio{};
  Address device{};
  friend bool operator==(const AllocationChange&, const AllocationChange&) = default;
};
[[nodiscard]] std::string_view to_string(AllocationChange::Kind kind) noexcept;

/// The ledger. It has no radio: whoever knows of links tells it.
class SlotTable {
public:
  using Callback = std::function<void(const AllocationChange&)>;
  /// Ends a subscription when it is destroyed; may outlive the table.
  using Subscription = std::shared_ptr<void>;

  /// From now on the radio has so many slots. What it held is dropped without a word, and those that are connected now have slots, even if there
  /// are too few. @throws UsageError for a negative number.
  void register_radio(const std::string& radio, int slots, const std::vector<Address>& connected = {});
  /// Without a word for what it held.
  void remove_radio(const std::string& radio);
  /// @returns whether the device has a slot now, or needs none: it has one already, or the radio is not registered.
  [[nodiscard]] bool allocate(const std::string& radio, const Address& device);
  /// Gives a slot back. Refused while the device is connected: its link still takes the slot. A release is told even where there was nothing
  /// to release, so that whoever waits for one looks again.
  /// @returns whether it was not refused.
  bool release(const std::string& radio, const Address& device, bool connected);
  /// The device's link is gone: its slot is free, if it had one.
  void on_disconnected(const std::string& radio, const Address& device);

  /// Of a radio that is not registered: no slots, none free.
  [[nodiscard]] Allocations allocations(const std::string& radio) const;
  [[nodiscard]] bool is_registered(const std::string& radio) const { return radios_.contains(radio); }
  /// What a callback throws is counted in the diagnostics, and the others are called.
  [[nodiscard]] Subscription on_change(Callback callback);
  /// All of it as JSON, for logs: {"radios": [{"radio", "slots", "free", "allocated": ["A4:..."]}], "allocations", "releases", "refusals",
  /// "failed_callbacks"}.
  [[nodiscard]] std::string diagnostics() const;

private:
  struct Held {
    int slots = 0;
    std::vector<Address> devices;
  };
  void tell(AllocationChange::Kind kind, const std::string& radio, const Address& device);

  std::map<std::string, Held> radios_;
  std::vector<std::weak_ptr<Callback>> callbacks_;
  uint64_t allocations_ = 0;
  uint64_t releases_ = 0;
  uint64_t refusals_ = 0;
  uint64_t failed_callbacks_ = 0;
};

/// The ledger of real radios: it knows which devices are connected, and sees their links go. A radio may be named by the last part of its name,
/// "hci0" of "bluez:hci0"; answers have the whole name.
class SlotManager {
public:
  /// `paths` must outlive it; it watches its radios on the executor.
  SlotManager(boost::asio::any_io_executor executor, PathSource& paths);
  ~SlotManager();
  SlotManager(const SlotManager&) = delete;
  SlotManager& operator=(const SlotManager&) = delete;

  /// @param slots  without: as many as the radio says it has, `default_connection_slots` where it does not.
  /// @throws UsageError where there is no such radio.
  void register_radio(const std::string& radio, std::optional<int> slots = std::nullopt);
  void remove_radio(const std::string& radio);
  /// Before connecting over the path.
  [[nodiscard]] bool allocate(const Path& path);
  /// After an attempt that failed; a link that ends gives its slot back by itself.
  bool release(const Path& path);
  [[nodiscard]] Allocations allocations(const std::string& radio) const;
  [[nodiscard]] SlotTable::Subscription on_change(SlotTable::Callback callback);
  [[nodiscard]] std::string diagnostics() const;

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moor
