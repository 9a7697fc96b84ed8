#include "mdns/avahi.hpp"

#include "core/event.hpp"
#include "core/unless.hpp"
#include "mdns/browser_machine.hpp"
#include "mdns/network.hpp"

#include <net/if.h>
#include <deque>

namespace moor::mdns {

namespace asio = boost::asio;

namespace {

constexpr const char* avahi_name = "org.freedesktop.Avahi";
constexpr const char* server_interface = "org.freedesktop.Avahi.Server";
constexpr const char* browser_interface = "org.freedesktop.Avahi.ServiceBrowser";
constexpr const char* resolver_interface = "org.freedesktop.Avahi.ServiceResolver";
constexpr const char* group_interface = "org.freedesktop.Avahi.EntryGroup";
constexpr int32_t unspecified = -1;                             // AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC
constexpr uint32_t no_reverse = 16;                             // AVAHI_PUBLISH_NO_REVERSE
constexpr int32_t established = 2, collision = 3, failure = 4;  // AvahiEntryGroupState
constexpr Duration patience = std::chrono::seconds(5);
constexpr size_t max_signals = 4096;  // that wait for their object to be known

struct Signal {
  std::string path;
  dbus::Message message;
};

// One connection to Avahi, for one operation: what it asked for ends with it.
class Avahi {
public:
  Avahi(Clock& clock, const asio::any_io_executor& executor) : clock_(clock), changed_(executor), gone_(executor) {}

  awaitable<void> open(const OpenBus& open_bus) {
    std::string problem;
    try {
      bus_ = co_await open_bus(clock_, soon());
      const dbus::Bus::OnOwner on_owner = [this](std::string_view owner) {
        if (owner.empty()) gone_.set();
      };
      owner_changes_ = co_await bus_->watch_owner(avahi_name, on_owner, soon());
      const std::optional<std::string> owner = co_await bus_->owner_of(avahi_name, soon());
      if (owner) co_return;
      problem = "nobody has its name";
    } catch (const Error& error) {
      problem = error.what();
    }
    throw AvahiGone("avahi-daemon cannot be reached: " + problem);
  }

  /// Signals of an interface are kept from now on, since they may come before the object is known that they are about.
  awaitable<void> listen(const char* interface) {
    const dbus::Bus::OnSignal keep = [this](const dbus::Message& signal) {
      if (signals.size() < max_signals) signals.push_back({std::string(signal.path()), signal});
      changed_.set();
    };
    std::string rule = std::string("type='signal',sender='org.freedesktop.Avahi',interface='") + interface + "'";
    dbus::Bus::Hold hold = co_await bus_->match(std::move(rule), keep, soon());
    matches_.push_back(std::move(hold));
  }

  [[nodiscard]] dbus::Message new_call(const std::string& path, const char* interface, const char* method) {
    const dbus::Target target{.destination = avahi_name, .path = path, .interface = interface};
    return bus_->new_call(target, method);
  }
  awaitable<dbus::Message> call(dbus::Message message) {
    std::string problem;
    try {
      dbus::Message answer = co_await bus_->call(std::move(message), soon());
      co_return answer;
    } catch (const dbus::BusLost& lost) {
      problem = lost.what();
    }
    throw AvahiGone("avahi-daemon has gone: " + problem);
  }
  /// Until a signal comes. @throws AvahiGone
  awaitable<void> wait() {
    if (!signals.empty()) co_return;
    changed_.reset();
    const bool came = co_await unless(gone_.wait(), unless_lost());
    if (!came || !bus_->is_open()) throw AvahiGone("avahi-daemon has gone");
  }
  [[nodiscard]] TimePoint soon() const { return clock_.now() + patience; }
  void send(dbus::Message message) { bus_->send(std::move(message)); }

  std::deque<Signal> signals;

private:
  awaitable<void> unless_lost() { (void)co_await unless(bus_->wait_lost(), changed_.wait()); }

  Clock& clock_;
  Event changed_;
  Event gone_;
  std::unique_ptr<dbus::Bus> bus_;
  dbus::Bus::Hold owner_changes_;
  std::vector<dbus::Bus::Hold> matches_;
};

// A service as Avahi names it.
struct Item {
  int32_t interface = 0;
  int32_t protocol = 0;
  std::string name, type, domain;
  friend bool operator==(const Item&, const Item&) = default;
};

Item read_item(dbus::Reader& reader) {
  Item item;
  item.interface = reader.read_i32();
  item.protocol = reader.read_i32();
  item.name = reader.read_string();
  item.type = reader.read_string();
  item.domain = reader.read_string();
  return item;
}

void write_strings(dbus::Writer& writer, const Attributes& attributes) {
  writer.open_array("ay");
  for (const auto& [key, value] : attributes) {
    const std::string text = attribute_text(key, value);
    writer.bytes(Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  }
  writer.close();
}

Text read_strings(dbus::Reader& reader) {
  Text text;
  reader.enter_array("ay");
  while (!reader.at_end()) {
    const Bytes bytes = reader.read_bytes();
    text.strings.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  reader.leave();
  return text;
}

// Services that Avahi browses and resolves, put together over interfaces and protocols.
class Browsing {
public:
  Browsing(Avahi& avahi, std::function<void(const BrowseEvent&)> on_event) : avahi_(avahi), on_event_(std::move(on_event)) {}

  awaitable<void> run(std::string type, int32_t interface) {
    co_await avahi_.listen(browser_interface);
    co_await avahi_.listen(resolver_interface);
    dbus::Message request = avahi_.new_call("/", server_interface, "ServiceBrowserNew");
    request.write().i32(interface).i32(unspecified).string(type).string("").u32(0);
    const dbus::Message answer = co_await avahi_.call(std::move(request));
    browser_ = answer.read().read_path();
    while (true) {
      co_await avahi_.wait();
      const Signal signal = std::move(avahi_.signals.front());
      avahi_.signals.pop_front();
      co_await take(signal);
    }
  }

private:
  struct Found {
    Item item;
    std::optional<Service> service{};
  };

  awaitable<void> take(const Signal& signal) {
    const std::string_view member = signal.message.member();
    if (signal.path == browser_ && (member == "ItemNew" || member == "ItemRemove")) {
      dbus::Reader reader = signal.message.read();
      const Item item = read_item(reader);
      if (member == "ItemNew")
        co_await resolve(item);
      else
        remove(item);
    } else if (member == "Found") {
      const auto resolver = resolvers_.find(signal.path);
      if (resolver != resolvers_.end()) take_found(signal.message, resolver->second);
    }
  }

  // The resolver stays, and tells what changes.
  awaitable<void> resolve(const Item& item) {
    dbus::Message request = avahi_.new_call("/", server_interface, "ServiceResolverNew");
    request.write().i32(item.interface).i32(item.protocol).string(item.name).string(item.type).string(item.domain);
    request.write().i32(unspecified).u32(0);
    try {
      const dbus::Message answer = co_await avahi_.call(std::move(request));
      resolvers_[std::string(answer.read().read_path())] = {.item = item};
    } catch (const dbus::CallFailed&) {  // it has gone meanwhile
      co_return;
    }
  }

  void take_found(const dbus::Message& message, Found& found) {
    dbus::Reader reader = message.read();
    (void)read_item(reader);
    Service service{.instance = found.item.name, .host = std::string(reader.read_string())};
    (void)reader.read_i32();
    service.addresses = {std::string(reader.read_string())};
    service.port = reader.read_u16();
    service.attributes = attributes_of(read_strings(reader));
    found.service = std::move(service);
    tell(found.item.name);
  }

  void remove(const Item& item) {
    for (auto at = resolvers_.begin(); at != resolvers_.end();) {
      if (at->second.item != item) {
        ++at;
        continue;
      }
      avahi_.send(avahi_.new_call(at->first, resolver_interface, "Free"));
      at = resolvers_.erase(at);
    }
    tell(item.name);
  }

  // One service of all that Avahi has of the name.
  [[nodiscard]] std::optional<Service> merged(const std::string& name) const {
    std::optional<Service> result;
    for (const auto& [path, each] : resolvers_) {
      if (each.item.name != name || !each.service) continue;
      if (!result) {
        result = each.service;
        continue;
      }
      for (const std::string& address : each.service->addresses)
        if (std::find(result->addresses.begin(), result->addresses.end(), address) == result->addresses.end())
          result->addresses.push_back(address);
    }
    if (result)
      std::sort(result->addresses.begin(), result->addresses.end(), [](const std::string& a, const std::string& b) {
        const auto key = [](const std::string& each) { return std::pair(each.find(':') != std::string::npos, each); };
        return key(a) < key(b);
      });
    return result;
  }

  void tell(const std::string& name) {
    std::optional<Service> now = merged(name);
    const auto told = told_.find(name);
    if (!now) {
      if (told == told_.end()) return;
      const BrowseEvent gone{BrowseEvent::Kind::gone, told->second};
      told_.erase(told);
      return on_event_(gone);
    }
    const BrowseEvent event{told == told_.end() ? BrowseEvent::Kind::found : BrowseEvent::Kind::changed, *now};
    told_[name] = std::move(*now);
    on_event_(event);  // also where nothing is different: it has announced itself
  }

  Avahi& avahi_;
  std::function<void(const BrowseEvent&)> on_event_;
  std::string browser_;
  std::map<std::string, Found> resolvers_;  // by their objects
  std::map<std::string, Service> told_;     // by instance
};

class Announcing {
public:
  Announcing(Avahi& avahi, std::string type, Service service, std::string only)
      : avahi_(avahi), type_(std::move(type)), service_(std::move(service)), only_(std::move(only)) {}

  awaitable<void> run(std::function<void(const std::string&)> on_name) {
    co_await avahi_.listen(group_interface);
    const dbus::Message answer = co_await avahi_.call(avahi_.new_call("/", server_interface, "EntryGroupNew"));
    group_ = answer.read().read_path();
    const std::string base = service_.instance;
    for (int number = 1;; ++number) {
      const std::string instance = numbered(base, number);
      const bool is_free = co_await commit(instance);
      if (is_free) on_name(instance);
      if (is_free) co_await wait_for(collision);
      co_await avahi_.call(avahi_.new_call(group_, group_interface, "Reset"));
    }
  }

private:
  awaitable<bool> commit(std::string instance) {
    const std::string host = service_.host.empty() ? escaped_label(instance) + ".local" : service_.host;
    try {
      for (const Interface& each : list_interfaces(only_)) {
        for (const std::string& address : each.addresses()) {
          dbus::Message request = avahi_.new_call(group_, group_interface, "AddAddress");
          request.write().i32(static_cast<int32_t>(each.index)).i32(unspecified).u32(no_reverse).string(host).string(address);
          (void)co_await avahi_.call(std::move(request));
        }
      }
      dbus::Message request = avahi_.new_call(group_, group_interface, "AddService");
      dbus::Writer writer = request.write();
      writer.i32(unspecified).i32(unspecified).u32(0).string(instance).string(type_).string("").string(host).u16(service_.port);
      write_strings(writer, service_.attributes);
      (void)co_await avahi_.call(std::move(request));
      (void)co_await avahi_.call(avahi_.new_call(group_, group_interface, "Commit"));
    } catch (const dbus::CallFailed& failed) {
      if (failed.name() == "org.freedesktop.Avahi.CollisionError") co_return false;
      throw Error(std::string("avahi-daemon does not announce the service: ") + failed.what(), {.cause = failed.name()});
    }
    const bool is_free = co_await wait_for(established);
    co_return is_free;
  }

  // @returns whether the group came to the state; false for a collision.
  awaitable<bool> wait_for(int32_t wanted) {
    while (true) {
      co_await avahi_.wait();
      const Signal signal = std::move(avahi_.signals.front());
      avahi_.signals.pop_front();
      if (signal.path != group_ || signal.message.member() != "StateChanged") continue;
      dbus::Reader reader = signal.message.read();
      const int32_t state = reader.read_i32();
      if (state == wanted) co_return true;
      if (state == collision) co_return false;
      if (state == failure) throw Error("avahi-daemon does not announce the service: " + std::string(reader.read_string()));
    }
  }

  Avahi& avahi_;
  std::string type_;
  Service service_;
  std::string only_;
  std::string group_;
};

class AvahiMdns final : public Mdns {
public:
  AvahiMdns(Clock& clock, OpenBus open_bus, std::string only)
      : clock_(clock), open_bus_(std::move(open_bus)), only_(std::move(only)) {}

  awaitable<void> browse(std::string type, std::function<void(const BrowseEvent&)> on_event) override {
    Avahi avahi(clock_, co_await asio::this_coro::executor);
    co_await avahi.open(open_bus_);
    Browsing browsing(avahi, std::move(on_event));
    co_await browsing.run(std::move(type), interface());
  }

  awaitable<std::vector<std::string>> resolve(std::string host, TimePoint deadline) override {
    Avahi avahi(clock_, co_await asio::this_coro::executor);
    co_await avahi.open(open_bus_);
    std::vector<std::string> result;
    for (const int32_t protocol : {0, 1}) {  // AVAHI_PROTO_INET, AVAHI_PROTO_INET6
      if (clock_.now() >= deadline) break;
      dbus::Message request = avahi.new_call("/", server_interface, "ResolveHostName");
      request.write().i32(interface()).i32(unspecified).string(host).i32(protocol).u32(0);
      try {
        const dbus::Message answer = co_await avahi.call(std::move(request));
        dbus::Reader reader = answer.read();
        reader.skip("iisi");
        result.emplace_back(reader.read_string());
      } catch (const dbus::CallFailed&) {  // it has no such address
        continue;
      } catch (const TimedOut&) {
        continue;
      }
    }
    co_return result;
  }

  awaitable<void> announce(std::string type, Service service, std::function<void(const std::string&)> on_name) override {
    Avahi avahi(clock_, co_await asio::this_coro::executor);
    co_await avahi.open(open_bus_);
    Announcing announcing(avahi, std::move(type), std::move(service), only_);
    co_await announcing.run(std::move(on_name));
  }

private:
  [[nodiscard]] int32_t interface() const {
    return only_.empty() ? unspecified : static_cast<int32_t>(::if_nametoindex(only_.c_str()));
  }

  Clock& clock_;
  OpenBus open_bus_;
  std::string only_;
};

}  // namespace

std::shared_ptr<Mdns> make_avahi_mdns(Clock& clock, OpenBus open_bus, std::string only) {
  return std::make_shared<AvahiMdns>(clock, std::move(open_bus), std::move(only));
}

}  // namespace moor::mdns
