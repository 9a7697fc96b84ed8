#include "cli/sim_vhci.hpp"

#include "cli/radio_session.hpp"
#include "cli/terminal.hpp"
#include "core/activities.hpp"
#include "radio/controller/controller.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>
#include <deque>

namespace moor::cli {

namespace {

namespace json = boost::json;

// One that nobody has been given (the bit of local administration), and that stays the same for a radio of a world.
Address address_of(const sim::WorldSpec& world, const std::string& radio) {
  uint64_t hash = 0xCBF29CE484222325 ^ world.seed;  // FNV-1a
  for (const char c : radio) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3;
  constexpr uint64_t first_byte = 0xFF;
  constexpr uint64_t locally_administered = 0x02;
  return Address((hash & ~(first_byte << 40)) | locally_administered << 40, false);
}

controller::DevicePairing pairing_of(const sim::WorldSpec& world, const Address& address) {
  for (const sim::DeviceEntry& device : world.devices)
    if (device.address == address) return {.bonds = device.bonds, .method = device.pairing, .passkey = device.passkey};
  return {};
}

// An adapter while its controller is there.
struct Served {
  std::string radio;
  Address address;
  std::string name{};  // "hci0", when it is ready
  const controller::Controller* controller = nullptr;
};

void print_ready(const Served& served, bool as_json) {
  if (as_json)
    print_line(json::serialize(json::object{
        {"event", "ready"}, {"adapter", served.name}, {"radio", served.radio}, {"address", served.address.to_string()}}));
  else
    print_line(fmt::format("{}: radio {}, {}", served.name, served.radio, served.address.to_string()));
  flush_output();
}

void print_end(const Served& served, bool as_json) {
  if (served.controller == nullptr) return;
  const controller::ControllerCounters& counters = served.controller->counters();
  if (as_json)
    print_line(json::serialize(json::object{{"event", "end"},
                                            {"adapter", served.name},
                                            {"radio", served.radio},
                                            {"commands", counters.commands},
                                            {"reports", counters.reports},
                                            {"duplicates_filtered", counters.duplicates_filtered},
                                            {"links", counters.links},
                                            {"malformed", counters.malformed}}));
  else
    print_line(fmt::format("{}: {} reports, {} duplicates filtered, {} links, {} malformed packets of the system", served.name,
                           counters.reports, counters.duplicates_filtered, counters.links, counters.malformed));
}

// Until the first of them ends, which none does by itself.
awaitable<void> serve_all(RadioSession& session, const sim::World& world, ServeOptions options) {
  const auto executor = co_await boost::asio::this_coro::executor;
  Activities controllers(executor);
  Event ended(executor);
  std::exception_ptr error;
  std::deque<Served> all;
  for (size_t i = 0; i < session.radios().size(); ++i) {
    const std::string& radio = world.spec().radios[i].name;
    Served& served = all.emplace_back(Served{.radio = radio, .address = address_of(world.spec(), radio)});
    controller::ControllerOptions made;
    made.address = served.address;
    made.extended = options.extended;
    made.filter_duplicates = options.filter_duplicates;
    made.pairing_of = [&world](const Address& device) { return pairing_of(world.spec(), device); };
    const auto on_ready = [&served, options](unsigned index, const controller::Controller& controller) {
      served.name = fmt::format("hci{}", index);
      served.controller = &controller;
      print_ready(served, options.json);
    };
    controllers.start(controller::serve_vhci(session.clock(), *session.radios()[i], std::move(made), on_ready),
                      [&](std::exception_ptr thrown) {
                        served.controller = nullptr;
                        if (!error) error = thrown;
                        ended.set();
                      });
  }
  try {
    co_await ended.wait();
  } catch (...) {
    error = std::current_exception();
  }
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  const std::exception_ptr first = error;
  for (const Served& served : all) print_end(served, options.json);
  flush_output();
  co_await controllers.stop();
  if (first) std::rethrow_exception(first);
}

}  // namespace

int serve_world(sim::WorldSpec spec, const ServeOptions& options) {
  auto clock = std::make_unique<RealClock>();
  std::optional<RadioSession> session;  // which has the clock, and so ends after the world
  sim::World world(*clock, std::move(spec));
  std::vector<std::unique_ptr<Radio>> radios;
  for (const sim::RadioEntry& radio : world.spec().radios)
    radios.push_back(world.make_radio(radio.name, static_cast<RadioId>(radios.size())));
  session.emplace(std::move(clock), std::move(radios));
  return session->run(serve_all(*session, world, options)).finish();
}

}  // namespace moor::cli
