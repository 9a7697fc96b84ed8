#include "proxy/service.hpp"

#include "core/activities.hpp"
#include "core/listener.hpp"
#include "esphome/stream.hpp"
#include "proxy/announcement.hpp"
#include "proxy/key_file.hpp"

#include <list>

namespace moor::proxy {

namespace asio = boost::asio;

namespace {

constexpr Duration open_limit = std::chrono::seconds(20);
constexpr Duration announce_again = std::chrono::seconds(60);

}  // namespace

struct Service::Open {
  std::list<Listener> listeners;

  /// Those that it listens at alone; none where it listens at all of this machine.
  [[nodiscard]] std::vector<std::string> addresses() const {
    std::vector<std::string> result;
    for (const Listener& each : listeners) {
      const auto address = each.endpoint().address();
      if (address.is_unspecified()) return {};
      result.push_back(address.to_string());
    }
    return result;
  }
};

Service::Service(Clock& clock, asio::any_io_executor executor, Radio& radio, ProxyConfig config, std::shared_ptr<mdns::Mdns> mdns,
                 Tell tell)
    : clock_(clock),
      executor_(std::move(executor)),
      radio_(radio),
      config_(std::move(config)),
      mdns_(std::move(mdns)),
      tell_(std::move(tell)) {}

void Service::tell(Happening::Kind kind, std::string what, std::string advice) const {
  tell_({.kind = kind, .proxy = config_.name, .what = std::move(what), .advice = std::move(advice)});
}

std::shared_ptr<const crypto::SecretKey> Service::find_key() const {
  if (!config_.encryption) {
    tell(Happening::Kind::warning, "it is not encrypted: anybody on the network can use it",
         "Leave 'encryption = false' out, and give clients the key.");
    return nullptr;
  }
  KeptKey kept = keep_key(config_.key_file);
  if (kept.made)
    tell_({.kind = Happening::Kind::key_made,
           .proxy = config_.name,
           .what = config_.key_file.string(),
           .key = esphome::to_base64(kept.key)});
  return std::make_shared<const crypto::SecretKey>(std::move(kept.key));
}

// To Home Assistant another address is another proxy: the first one is kept, also where the adapter is changed or off at a start.
awaitable<Identity> Service::identify() {
  std::filesystem::path file = config_.key_file;
  file.replace_extension(".mac");
  std::optional<Address> mac = config_.mac;
  if (!mac) mac = find_mac(file);
  std::string problem;
  std::exception_ptr failure;
  try {
    co_await radio_.open(clock_.now() + open_limit);
  } catch (const Error& error) {
    problem = error.what();
    failure = std::current_exception();
  }
  if (failure) {
    if (!mac) std::rethrow_exception(failure);  // nothing is made for good out of a fault
    tell(Happening::Kind::warning, problem, "It is tried again; `moor doctor` says what is in the way.");
  }
  const std::optional<Address> own = Address::parse(radio_.info().detail);
  if (!mac) mac = keep_mac(file, own);
  Identity identity;
  identity.name = config_.name;
  identity.friendly_name = config_.friendly_name;
  identity.mac = mac->to_string();
  identity.bluetooth_mac = own.value_or(*mac).to_string();
  identity.area = config_.area;
  co_return identity;
}

void Service::listen(Open& open) const {
  std::exception_ptr failure;
  for (const ListenAddress& address : config_.listen) {
    try {
      const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address.host), address.port);
      open.listeners.emplace_back(clock_, executor_, endpoint);
    } catch (const Error&) {
      // By default it listens in both families, of which a machine may have one.
      if (!config_.listen_is_default) throw;
      failure = std::current_exception();
      continue;
    }
    tell(Happening::Kind::listening, to_string(open.listeners.back().endpoint()));
  }
  if (open.listeners.empty()) std::rethrow_exception(failure);
}

awaitable<void> Service::serve(Server& server, Socket socket, std::string peer) const {
  const TimePoint since = clock_.now();
  tell(Happening::Kind::client_came, peer);
  std::exception_ptr ended;
  try {
    co_await server.serve(std::move(socket), peer);
  } catch (...) {
    ended = std::current_exception();
  }
  tell_({.kind = Happening::Kind::client_went, .proxy = config_.name, .what = peer, .after = clock_.now() - since});
  if (ended) std::rethrow_exception(ended);
}

awaitable<void> Service::announce(mdns::Service service) const {
  std::string told;
  const std::function<void(const std::string&)> on_name = [this](const std::string& name) {
    tell(Happening::Kind::announced, name);
    if (name != config_.name)
      tell(Happening::Kind::warning, "another device on the network is called '" + config_.name + "'",
           "Give the proxy a name of its own: Home Assistant compares it.");
  };
  while (true) {
    try {
      std::string type(service_type);
      co_await mdns_->announce(std::move(type), service, on_name);
    } catch (const Error& error) {
      if (told != error.what())
        tell(Happening::Kind::warning, std::string("it cannot be announced: ") + error.what(),
             error.advice().empty() ? "Home Assistant takes it by address too." : error.advice());
      told = error.what();
    }
    co_await clock_.wait_for(announce_again);
  }
}

awaitable<void> Service::run() {
  const std::shared_ptr<const crypto::SecretKey> key = find_key();
  Options options;
  options.identity = co_await identify();
  options.key = key;
  options.active_connections = config_.active;
  options.slots = config_.slots;
  Open open;
  listen(open);
  Server server(clock_, executor_, radio_, options);

  Activities activities(executor_);
  Event ended(executor_);
  std::exception_ptr failure;
  const auto on_end = [&](const std::exception_ptr& error) {
    if (!ended.is_set()) failure = error;
    ended.set();
  };
  const Listener::Serve serve_one = [this, &server](Socket socket, const asio::ip::tcp::endpoint& peer) {
    return serve(server, std::move(socket), to_string(peer));
  };
  activities.start(server.run(), on_end);
  for (Listener& listener : open.listeners) activities.start(listener.run(serve_one), on_end);
  if (config_.announce && mdns_) {
    mdns::Service service = announcement(options.identity, open.listeners.front().endpoint().port(), key != nullptr);
    service.addresses = open.addresses();
    activities.start(announce(std::move(service)), on_end);
  }

  std::exception_ptr stopped;
  try {
    co_await ended.wait();
  } catch (...) {
    stopped = std::current_exception();
    ended.set();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await activities.stop();
  if (stopped) std::rethrow_exception(stopped);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace moor::proxy
