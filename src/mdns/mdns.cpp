#include "mdns/mdns.hpp"

#include "mdns/avahi.hpp"
#include "mdns/own_mdns.hpp"

#include <cstdlib>

namespace moor::mdns {

namespace {

// Through Avahi where it is when something is asked for, else, and where it goes away meanwhile, on our own.
class ChoosingMdns final : public Mdns {
public:
  ChoosingMdns(std::shared_ptr<Mdns> avahi, std::shared_ptr<Mdns> own) : avahi_(std::move(avahi)), own_(std::move(own)) {}

  awaitable<void> browse(std::string type, std::function<void(const BrowseEvent&)> on_event) override {
    try {
      co_await avahi_->browse(type, on_event);
    } catch (const AvahiGone&) {  // so be it
    }
    co_await own_->browse(std::move(type), std::move(on_event));
  }
  awaitable<std::vector<std::string>> resolve(std::string host, TimePoint deadline) override {
    std::optional<std::vector<std::string>> result;
    try {
      result = co_await avahi_->resolve(host, deadline);
    } catch (const AvahiGone&) {
    }
    if (!result) result = co_await own_->resolve(std::move(host), deadline);
    co_return *result;
  }
  awaitable<void> announce(std::string type, Service service, std::function<void(const std::string&)> on_name) override {
    try {
      co_await avahi_->announce(type, service, on_name);
    } catch (const AvahiGone&) {
    }
    co_await own_->announce(std::move(type), std::move(service), std::move(on_name));
  }

private:
  std::shared_ptr<Mdns> avahi_;
  std::shared_ptr<Mdns> own_;
};

}  // namespace

std::shared_ptr<Mdns> make_mdns(Clock& clock, Settings settings) {
  const bool use_avahi = settings.use_avahi;
  const std::string only = settings.interface;
  std::shared_ptr<Mdns> own = make_own_mdns(clock, std::move(settings));
  if (!use_avahi) return own;
  const OpenBus system_bus = [](Clock& time, TimePoint deadline) { return dbus::Bus::open_system(time, deadline); };
  return std::make_shared<ChoosingMdns>(make_avahi_mdns(clock, system_bus, only), std::move(own));
}

std::shared_ptr<Mdns> usual_mdns(Clock& clock) {
  const char* const setting = std::getenv("MOOR_MDNS");  // NOLINT(concurrency-mt-unsafe)
  if (setting != nullptr && std::string_view(setting) == "off") return nullptr;
  Settings settings;
  if (setting != nullptr) settings.interface = setting;
  return make_mdns(clock, std::move(settings));
}

std::string numbered(const std::string& base, int number) {
  return number == 1 ? base : base + "-" + std::to_string(number);
}

}  // namespace moor::mdns
