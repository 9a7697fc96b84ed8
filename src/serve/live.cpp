#include "serve/live.hpp"

#include "serve/answers.hpp"
#include "serve/event_json.hpp"

#include <boost/json/array.hpp>

namespace moor::serve {

namespace json = boost::json;

namespace {

constexpr Duration breath = std::chrono::milliseconds(20);  // while a new client takes what is there
constexpr size_t ahead = 2;                                 // events that wait for it meanwhile

}  // namespace

// A client is among those who are told for as long as it is served.
class Live::Membership {
public:
  Membership(Live& live, std::shared_ptr<http::EventStream> stream) : live_(live), stream_(std::move(stream)) {
    live_.clients_.push_back(stream_);
    live_.somebody_.set();
  }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  ~Membership() {
    std::erase(live_.clients_, stream_);
    if (!live_.clients_.empty()) return;
    live_.changed_.clear();
    live_.is_changed_.clear();
    live_.sent_ids_.clear();
    live_.gone_.clear();
  }

private:
  Live& live_;
  std::shared_ptr<http::EventStream> stream_;
};

Live::Live(const boost::asio::any_io_executor& executor, Gateway& gateway, const DeviceView& devices, Summaries summaries)
    : gateway_(gateway), devices_(devices), summaries_(std::move(summaries)), somebody_(executor) {}

void Live::mark(DeviceSlot slot) {
  if (clients_.empty()) return;
  if (slot >= is_changed_.size()) is_changed_.resize(slot + size_t{1});
  if (is_changed_[slot]) return;
  is_changed_[slot] = true;
  changed_.push_back(slot);
}

void Live::on_device(DeviceSlot slot, const Device&) {
  mark(slot);
}

void Live::on_heard(DeviceSlot slot, const Device&, const Sighting&) {
  mark(slot);
}

void Live::on_forgotten(DeviceSlot slot, const Device&) {
  if (slot >= sent_ids_.size() || sent_ids_[slot].empty()) return;
  gone_.push_back(std::exchange(sent_ids_[slot], std::string()));
}

void Live::on_zone(const ZoneEvent& event) {
  mark(event.slot);
  if (!clients_.empty()) send("zone", to_json(event, gateway_.clock()));
}

void Live::on_visit_began(const VisitEvent& event) {
  if (!clients_.empty()) send("visit", to_json(event, gateway_.clock()));
}

void Live::on_visit_ended(const VisitEvent& event) {
  if (!clients_.empty()) send("visit", to_json(event, gateway_.clock()));
}

void Live::on_sensor_value(const SensorValue& value) {
  if (clients_.empty()) return;
  if (const auto slot = gateway_.find(value.address)) mark(*slot);
}

void Live::on_sensor(const SensorState& state) {
  if (!clients_.empty()) send("sensor", to_json(state, gateway_.clock()));
}

void Live::send(std::string_view name, const json::value& data) {
  const http::EventFrame frame = http::make_event(name, to_line(data));
  for (const auto& client : clients_) client->send(frame);
}

// An identity changes when its key does: clients must not keep the old one.
void Live::note_sent(DeviceSlot slot) {
  if (slot >= sent_ids_.size()) sent_ids_.resize(slot + size_t{1});
  std::string id = devices_.id_of(slot);
  std::string& known = sent_ids_[slot];
  if (!known.empty() && known != id) gone_.push_back(std::move(known));
  known = std::move(id);
}

void Live::send_changes() {
  for (size_t left = devices_of_interval; left > 0 && !(changed_.empty() && gone_.empty());) {
    json::array changed;
    for (; !changed_.empty() && changed.size() < devices_of_event && left > 0; --left) {
      const DeviceSlot slot = changed_.front();
      changed_.pop_front();
      is_changed_[slot] = false;
      if (!devices_.is_shown(slot)) continue;
      note_sent(slot);
      changed.push_back(devices_.row(slot));
    }
    json::array gone;
    for (const std::string& id : std::exchange(gone_, {})) gone.emplace_back(id);
    if (!changed.empty() || !gone.empty())
      send("devices", json::object{{"changed", std::move(changed)}, {"gone", std::move(gone)}});
  }
}

awaitable<void> Live::run() {
  for (int round = 0;; ++round) {
    if (clients_.empty()) {
      somebody_.reset();
      co_await somebody_.wait();
      round = 0;
    }
    co_await gateway_.clock().wait_for(interval);
    if (clients_.empty()) continue;
    send_changes();
    if (round % status_every != status_every - 1) continue;
    send("radios", summaries_.radios());
    send("status", summaries_.status());
  }
}

awaitable<void> Live::send_all(std::shared_ptr<http::EventStream> stream) {
  DeviceSlot slot = 0;
  do {
    json::array devices;
    for (; slot < gateway_.pipeline().devices().slots() && devices.size() < devices_of_event; ++slot) {
      if (!devices_.is_shown(slot)) continue;
      note_sent(slot);
      devices.push_back(devices_.row(slot));
    }
    stream->send("devices", to_line(json::object{{"changed", std::move(devices)}, {"gone", json::array()}}));
    while (stream->waiting() > ahead && !stream->closed()) co_await gateway_.clock().wait_for(breath);
  } while (slot < gateway_.pipeline().devices().slots() && !stream->closed());
}

awaitable<void> Live::serve(std::shared_ptr<http::EventStream> stream) {
  const Membership membership(*this, stream);
  stream->send("status", to_line(summaries_.status()));
  stream->send("radios", to_line(summaries_.radios()));
  co_await send_all(stream);
  co_await stream->wait_closed();
}

}  // namespace moor::serve
