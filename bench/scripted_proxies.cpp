#include "bench/scripted_proxies.hpp"

#include "bench/bare_cipher.hpp"
#include "esphome/advertisements.hpp"
#include "esphome/codec.hpp"
#include "esphome/stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <list>
#include <random>

namespace moor::bench {

namespace {

using esphome::MessageType;

constexpr size_t written_at_once = size_t{64} * 1024;
constexpr size_t stamp_offset = 7;

// Flags, then a company's data that begins with the stamp.
void make_data(std::vector<uint8_t>& data, int64_t stamp, size_t filling) {
  data = {0x02, 0x01, 0x06, static_cast<uint8_t>(3 + sizeof stamp + filling), 0xFF, 0xFF, 0xFF};
  for (size_t i = 0; i < sizeof stamp; ++i) data.push_back(static_cast<uint8_t>(static_cast<uint64_t>(stamp) >> (8 * i)));
  for (size_t i = 0; i < filling; ++i) data.push_back(static_cast<uint8_t>(i * 37));
}

class Advertiser {
public:
  Bytes next(size_t count, int64_t stamp) {
    batch_.clear();
    for (size_t i = 0; i < count; ++i) {
      make_data(data_, stamp, 5 + random_() % 31);
      batch_.add({.address = random_() & 0xffffffffffff,
                  .rssi = -40 - static_cast<int32_t>(random_() % 60),
                  .address_type = static_cast<uint32_t>(random_() % 2),
                  .data = data_});
    }
    return batch_.payload();
  }

private:
  std::mt19937_64 random_{1};
  esphome::AdvertisementBatch batch_;
  std::vector<uint8_t> data_;
};

/// What frames are made with: a stream, or the floor's bare cipher.
class Connection {
public:
  Connection(int its_socket, const ScriptedProxies& script, int64_t now, int number)
      : socket(its_socket), bare_(script.bare), noise_(script.key != nullptr) {
    constexpr int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!bare_) stream_ = esphome::make_server_stream(script.key, {.name = "bench", .mac = ""});
    subscribed = bare_;
    constexpr int64_t interval = std::chrono::nanoseconds(house_interval).count();
    due = now + interval * (number * 61 % 100) / 100;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(socket); }

  [[nodiscard]] Bytes output() const { return bare_ ? Bytes(frames_).subspan(sent_) : stream_->output(); }
  void add(Bytes payload) {
    if (bare_)
      add_bare(payload);
    else
      stream_->send(MessageType::raw_advertisements, payload);
  }
  /// @returns false when the client has gone.
  bool write() {
    while (!output().empty()) {
      const ssize_t count = ::send(socket, output().data(), output().size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0) return errno == EAGAIN;
      if (!bare_) {
        stream_->sent(static_cast<size_t>(count));
        continue;
      }
      sent_ += static_cast<size_t>(count);
      if (sent_ < frames_.size()) continue;
      frames_.clear();
      sent_ = 0;
    }
    return true;
  }
  bool read() {
    std::array<uint8_t, 4096> buffer{};
    const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0) return count < 0 && errno == EAGAIN;
    if (bare_) return true;
    std::span<uint8_t> input(buffer.data(), static_cast<size_t>(count));
    while (const auto message = stream_->next(input)) answer(message->type);
    return !stream_->failure() && write();
  }

  int socket;
  bool subscribed = false;
  int64_t due = 0;  // of the next messages, in a house

private:
  template <typename Message>
  void send(const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    stream_->send(Message::type, payload);
  }
  void answer(MessageType type) {
    constexpr uint32_t features = 0b1100001;  // hears, raw, says its state
    if (type == MessageType::hello_request) {
      send(esphome::HelloResponse{.api_version_major = 1, .api_version_minor = 15, .server_info = "bench", .name = "bench"});
    } else if (type == MessageType::device_info_request) {
      esphome::DeviceInfoResponse info;
      info.name = "bench";
      info.mac_address = "02:00:00:00:00:01";
      info.esphome_version = "2026.1.0";
      info.bluetooth_proxy_feature_flags = features;
      send(info);
    } else if (type == MessageType::device_capabilities_request) {
      esphome::DeviceCapabilitiesResponse response;
      response.has_bluetooth_proxy = true;
      response.bluetooth_proxy = {.feature_flags = features, .mac_address = "02:00:00:00:00:01"};
      send(response);
    } else if (type == MessageType::subscribe_advertisements) {
      subscribed = true;
      send(esphome::ScannerState{.state = esphome::ScannerStateKind::running});
    } else if (type == MessageType::ping_request) {
      stream_->send(MessageType::ping_response, {});
    }
  }
  void add_bare(Bytes payload) {
    const size_t start = frames_.size();
    if (noise_) {
      const size_t body = 4 + payload.size() + BareCipher::tag_size;
      const auto type = static_cast<uint8_t>(MessageType::raw_advertisements);
      for (const size_t byte : {size_t{1}, body >> 8, body, size_t{0}, size_t{type}, payload.size() >> 8, payload.size()})
        frames_.push_back(static_cast<uint8_t>(byte));
      frames_.insert(frames_.end(), payload.begin(), payload.end());
      frames_.resize(frames_.size() + BareCipher::tag_size);
      cipher_.seal(std::span(frames_).subspan(start + 3));
    } else {
      for (const size_t byte : {size_t{0}, payload.size() % 128 | 128, payload.size() / 128, size_t{93}})
        frames_.push_back(static_cast<uint8_t>(byte));
      frames_.insert(frames_.end(), payload.begin(), payload.end());
    }
  }

  bool bare_;
  bool noise_;
  std::unique_ptr<esphome::Stream> stream_{};
  BareCipher cipher_{};
  std::vector<uint8_t> frames_{};
  size_t sent_ = 0;
};

class Crowd {
public:
  Crowd(int listener, ScriptedProxies script) : listener_(listener), script_(script), messages_(make_messages()) {}

  void run() {
    for (;;) {
      wait();
      const int64_t now = shared_now();
      if ((polled_.back().revents & POLLIN) != 0) accept(now);
      size_t at = 0;
      std::erase_if(connections_, [&](auto& each) {
        const short events = at < polled_.size() - 1 ? polled_[at++].revents : short{0};
        if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !each->read()) return true;
        if (script_.flood) return (events & POLLOUT) != 0 && !flood(*each);
        return each->subscribed && each->due <= now && !send_of_house(*each);
      });
    }
  }

private:
  void wait() {
    polled_.clear();
    int64_t first = shared_now() + 1'000'000'000;
    for (const auto& each : connections_) {
      const bool floods = script_.flood && each->subscribed;
      polled_.push_back({each->socket, static_cast<short>(floods ? POLLIN | POLLOUT : POLLIN), 0});
      if (!script_.flood && each->subscribed) first = std::min(first, each->due);
    }
    polled_.push_back({listener_, POLLIN, 0});
    const int64_t rest = std::max<int64_t>(0, first - shared_now());
    const timespec timeout{rest / 1'000'000'000, rest % 1'000'000'000};
    (void)::ppoll(polled_.data(), polled_.size(), &timeout, nullptr);
  }
  void accept(int64_t now) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) connections_.push_back(std::make_unique<Connection>(socket, script_, now, accepted_++));
  }
  bool flood(Connection& connection) {
    while (connection.output().size() < written_at_once) connection.add(messages_[next_++ % messages_.size()]);
    return connection.write();
  }
  bool send_of_house(Connection& connection) {
    connection.due += std::chrono::nanoseconds(house_interval).count();
    const int64_t now = shared_now();
    connection.add(advertiser_.next(batch_size, now));
    connection.add(advertiser_.next(house_rate / 10 - batch_size, now));
    return connection.write();
  }

  int listener_;
  ScriptedProxies script_;
  std::vector<std::vector<uint8_t>> messages_;
  size_t next_ = 0;
  Advertiser advertiser_;
  int accepted_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<pollfd> polled_;
};

void serve(const Teller& teller, const ScriptedProxies& script) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  check(::bind(listener, any, size) == 0 && ::listen(listener, 256) == 0 && ::getsockname(listener, any, &size) == 0);
  teller.tell(ntohs(address.sin_port));
  Crowd(listener, script).run();
}

}  // namespace

int64_t sent_at(Bytes payload) noexcept {
  if (payload.size() < stamp_offset + sizeof(int64_t)) return 0;
  return static_cast<int64_t>(load_le64(payload.data() + stamp_offset));
}

std::vector<std::vector<uint8_t>> make_messages() {
  Advertiser advertiser;
  std::vector<std::vector<uint8_t>> messages;
  for (size_t i = 0; i < messages_at_hand; ++i) {
    const Bytes payload = advertiser.next(batch_size, 0);
    messages.emplace_back(payload.begin(), payload.end());
  }
  return messages;
}

ProxyProcess::ProxyProcess(const ScriptedProxies& script)
    : process_([&script](const Teller& teller) { serve(teller, script); }), port_(process_.hear<uint16_t>()) {}

}  // namespace moor::bench
