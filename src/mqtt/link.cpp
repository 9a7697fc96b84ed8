#include "mqtt/link.hpp"

#include "core/files.hpp"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <boost/asio/post.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cerrno>
#include <csignal>
#include <thread>

namespace moor::mqtt {
namespace {

struct Publish {
  Message message;
  uint64_t token = 0;
};
using Command = std::variant<Publish, Subscription>;

// Properties of a message of MQTT 5, freed with it.
class Properties {
public:
  Properties() = default;
  Properties(const Properties&) = delete;
  Properties& operator=(const Properties&) = delete;
  ~Properties() { mosquitto_property_free_all(&list_); }
  void add_expiry(Duration d) {
    mosquitto_property_add_int32(&list_, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL,
                                 static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(d).count()));
  }
  [[nodiscard]] const mosquitto_property* get() const noexcept { return list_; }

private:
  mosquitto_property* list_ = nullptr;
};

void system_look_up(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (found != nullptr) freeaddrinfo(found);
  if (result != 0) throw std::runtime_error(gai_strerror(result));
}

}  // namespace

// Owned by the Link and its thread: whichever lives longer.
struct Link::Shared {
  Shared(boost::asio::any_io_executor on, const MosquittoOptions& with, std::function<void(Event)> call)
      : options(with), wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), executor(std::move(on)), on_event(std::move(call)) {
    if (!wake) throw std::system_error(errno, std::generic_category(), "eventfd");
  }

  const MosquittoOptions options;
  OwnedDescriptor wake;

  mutable std::mutex mutex;
  // With the mutex:
  std::deque<Command> commands;
  std::vector<Event> events;  // on their way to the executor
  size_t messages = 0;        // received ones among them
  uint64_t received_dropped = 0;
  bool posted = false;
  bool stopping = false;
  bool abandoned = false;  // the Link is gone, and perhaps the executor

  boost::asio::any_io_executor executor;  // while not abandoned
  std::function<void(Event)> on_event;    // on the executor

  void ring() const {
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake.get(), &one, sizeof one);
  }

  static void tell(const std::shared_ptr<Shared>& self, Event event) {
    const std::lock_guard lock(self->mutex);
    if (self->abandoned) return;
    if (std::holds_alternative<Message>(event)) {
      if (self->messages >= self->options.max_received) {
        ++self->received_dropped;
        return;
      }
      ++self->messages;
    }
    self->events.push_back(std::move(event));
    if (std::exchange(self->posted, true)) return;
    boost::asio::post(self->executor, [self] { hand_over(self); });
  }

  static void hand_over(const std::shared_ptr<Shared>& self) {
    std::vector<Event> events;
    {
      const std::lock_guard lock(self->mutex);
      self->posted = false;
      self->messages = 0;
      events.swap(self->events);
    }
    for (Event& event : events) {
      if (self->abandoned) return;  // by what was called; on this thread it is written
      self->on_event(std::move(event));
    }
  }
};

namespace {

// The thread's half. Nothing here is used by another thread.
class Worker {
public:
  explicit Worker(std::shared_ptr<Link::Shared> shared) : shared_(std::move(shared)), options_(shared_->options) {
    target_ = {.host = options_.host,
               .port = options_.port,
               .tls = options_.tls,
               .v5 = options_.v5,
               .has_user = !options_.user.empty(),
               .has_certificate = !options_.cert_file.empty()};
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    if (mosquitto_ != nullptr) mosquitto_destroy(mosquitto_);
  }

  void run() {
    std::optional<MqttError> why;
    try {
      why = work();
    } catch (const std::exception& error) {
      why = MqttError(Failure::not_reachable, "the connection to the broker failed", error.what(), "Restart the gateway.");
    }
    Link::Shared::tell(shared_, Link::Ended{std::move(why)});
  }

private:
  std::optional<MqttError> work() {
    try {
      if (options_.look_up)
        options_.look_up(options_.host, options_.port);
      else
        system_look_up(options_.host, options_.port);
    } catch (const std::exception& error) {
      return name_not_found(target_, error.what());
    }
    if (is_stopping()) return std::nullopt;
    prepare();
    const int result = mosquitto_connect_bind_v5(
        mosquitto_, options_.host.c_str(), options_.port,
        static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(options_.keep_alive).count()), nullptr, nullptr);
    if (result != MOSQ_ERR_SUCCESS) return failure(result);
    return converse();
  }

  void prepare() {
    mosquitto_ = mosquitto_new(options_.client_id.c_str(), true, this);
    if (mosquitto_ == nullptr) throw std::bad_alloc();
    check(mosquitto_int_option(mosquitto_, MOSQ_OPT_PROTOCOL_VERSION, options_.v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311));
    check(mosquitto_int_option(mosquitto_, MOSQ_OPT_TCP_NODELAY, 1));
    if (options_.v5) check(mosquitto_int_option(mosquitto_, MOSQ_OPT_SEND_MAXIMUM, static_cast<int>(options_.max_in_flight)));
    check(mosquitto_max_inflight_messages_set(mosquitto_, static_cast<unsigned>(options_.max_in_flight)));
    if (!options_.user.empty())
      check(mosquitto_username_pw_set(mosquitto_, options_.user.c_str(),
                                      options_.password.empty() ? nullptr : options_.password.c_str()));
    if (options_.last_will) {
      const Message& will = *options_.last_will;
      check(mosquitto_will_set_v5(mosquitto_, will.topic.c_str(), static_cast<int>(will.payload.size()), will.payload.data(),
                                  static_cast<int>(will.qos), will.retain, nullptr));
    }
    if (options_.tls) prepare_tls();
    mosquitto_log_callback_set(mosquitto_, [](mosquitto*, void* self, int level, const char* text) {
      if (level == MOSQ_LOG_ERR) static_cast<Worker*>(self)->log_ = text;
    });
    mosquitto_connect_v5_callback_set(mosquitto_, [](mosquitto*, void* self, int reason, int, const mosquitto_property*) {
      static_cast<Worker*>(self)->on_connected(reason);
    });
    mosquitto_disconnect_v5_callback_set(mosquitto_, [](mosquitto*, void* self, int reason, const mosquitto_property*) {
      static_cast<Worker*>(self)->end_reason_ = reason;
    });
    mosquitto_publish_v5_callback_set(mosquitto_, [](mosquitto*, void* self, int id, int reason, const mosquitto_property*) {
      static_cast<Worker*>(self)->on_published(id, reason);
    });
    mosquitto_message_v5_callback_set(mosquitto_,
                                      [](mosquitto*, void* self, const mosquitto_message* message, const mosquitto_property*) {
                                        static_cast<Worker*>(self)->on_message(*message);
                                      });
  }

  void prepare_tls() {
    const auto text = [](const std::filesystem::path& path) { return path.empty() ? nullptr : path.c_str(); };
    const bool system = options_.ca_file.empty();
    if (system) check(mosquitto_int_option(mosquitto_, MOSQ_OPT_TLS_USE_OS_CERTS, 1));
    // Without a call for the key's password OpenSSL would ask on the terminal.
    check(mosquitto_tls_set(mosquitto_, text(options_.ca_file), system ? "/etc/ssl/certs" : nullptr, text(options_.cert_file),
                            text(options_.key_file), [](char*, int, int, void*) { return 0; }));
    check(mosquitto_tls_opts_set(mosquitto_, 1, nullptr, nullptr));
  }

  static void check(int result) {
    if (result != MOSQ_ERR_SUCCESS) throw std::runtime_error(mosquitto_strerror(result));
  }

  // Until the connection ends.
  std::optional<MqttError> converse() {
    using Steady = std::chrono::steady_clock;
    auto chores = Steady::now();
    for (;;) {
      if (connected_) take_commands();
      if (refused_) return refusal(target_, *refused_);
      const int socket = mosquitto_socket(mosquitto_);
      if (socket < 0) return end();
      pollfd waited[2] = {
          {.fd = socket, .events = static_cast<short>(POLLIN | (mosquitto_want_write(mosquitto_) ? POLLOUT : 0)), .revents = 0},
          {.fd = shared_->wake.get(), .events = POLLIN, .revents = 0}};
      constexpr int chores_ms = 500;
      if (poll(waited, 2, chores_ms) < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
      if (waited[1].revents != 0) {
        uint64_t rings = 0;
        [[maybe_unused]] const auto size = read(shared_->wake.get(), &rings, sizeof rings);
        if (is_stopping()) say_goodbye();
      }
      int result = MOSQ_ERR_SUCCESS;
      if ((waited[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) result = mosquitto_loop_read(mosquitto_, 1);
      if (result == MOSQ_ERR_SUCCESS && (waited[0].revents & POLLOUT) != 0) result = mosquitto_loop_write(mosquitto_, 1);
      if (const auto now = Steady::now(); result == MOSQ_ERR_SUCCESS && now >= chores) {
        result = mosquitto_loop_misc(mosquitto_);
        chores = now + std::chrono::milliseconds(chores_ms);
      }
      if (refused_) return refusal(target_, *refused_);
      if (result != MOSQ_ERR_SUCCESS) return goodbye_ ? std::nullopt : std::optional(result_failure(result));
    }
  }

  std::optional<MqttError> end() {
    if (goodbye_) return std::nullopt;
    return result_failure(MOSQ_ERR_CONN_LOST);
  }

  MqttError result_failure(int result) {
    if (options_.v5 && end_reason_ >= 0x80) return disconnection(target_, end_reason_);
    if (connected_ && result == MOSQ_ERR_CONN_LOST) {
      return {Failure::not_reachable, "the connection to the broker " + target_.to_string() + " was lost", log_,
              "It is tried again; if it happens often, see whether another client has the same mqtt.client_id."};
    }
    return failure(result);
  }
  MqttError failure(int result) { return connection_failure(target_, result, errno, log_); }

  void say_goodbye() {
    if (std::exchange(goodbye_, true)) return;
    mosquitto_disconnect_v5(mosquitto_, MQTT_RC_NORMAL_DISCONNECTION, nullptr);
  }

  void take_commands() {
    std::deque<Command> commands;
    {
      const std::lock_guard lock(shared_->mutex);
      commands.swap(shared_->commands);
    }
    for (Command& command : commands) {
      if (goodbye_ || mosquitto_socket(mosquitto_) < 0) return;
      if (const auto* subscribe = std::get_if<Subscription>(&command))
        mosquitto_subscribe_v5(mosquitto_, nullptr, subscribe->filter.c_str(), static_cast<int>(subscribe->qos),
                               options_.v5 && !subscribe->own ? MQTT_SUB_OPT_NO_LOCAL : 0, nullptr);
      else
        publish(std::get<Publish>(command));
    }
  }

  void publish(const Publish& wanted) {
    const Message& message = wanted.message;
    // A message of QoS 0 may be written, and called published, before the call returns.
    publishing_ = wanted.token;
    Properties properties;
    if (message.expiry && options_.v5) properties.add_expiry(*message.expiry);
    const int result =
        mosquitto_publish_v5(mosquitto_, &publishing_id_, message.topic.c_str(), static_cast<int>(message.payload.size()),
                             message.payload.data(), static_cast<int>(message.qos), message.retain, properties.get());
    const uint64_t token = std::exchange(publishing_, 0);
    const int id = std::exchange(publishing_id_, 0);
    if (result == MOSQ_ERR_SUCCESS) {
      if (token != 0) tokens_[id] = token;
    } else if (result != MOSQ_ERR_NO_CONN && result != MOSQ_ERR_CONN_LOST && token != 0) {
      deliver(token, Delivery::refused);  // a topic or a size that cannot be
    }
  }

  void on_connected(int reason) {
    if (reason != 0) {
      refused_ = reason;
      return;
    }
    connected_ = true;
    log_.clear();
    Link::Shared::tell(shared_, Link::Connected{});
  }

  void on_published(int id, int reason) {
    const Delivery delivery = reason >= 0x80 ? Delivery::refused : Delivery::acknowledged;
    if (publishing_ != 0 && id == publishing_id_) return deliver(std::exchange(publishing_, 0), delivery);
    const auto found = tokens_.find(id);
    if (found == tokens_.end()) return;
    const uint64_t token = found->second;
    tokens_.erase(found);
    deliver(token, delivery);
  }
  void deliver(uint64_t token, Delivery delivery) { Link::Shared::tell(shared_, Link::Delivered{token, delivery}); }

  void on_message(const mosquitto_message& message) {
    Link::Shared::tell(shared_, Message{.topic = message.topic,
                                        .payload = std::string(static_cast<const char*>(message.payload),
                                                               static_cast<size_t>(message.payloadlen)),
                                        .qos = message.qos == 0 ? Qos::at_most_once : Qos::at_least_once,
                                        .retain = message.retain});
  }

  [[nodiscard]] bool is_stopping() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->stopping || shared_->abandoned;
  }

  std::shared_ptr<Link::Shared> shared_;
  const MosquittoOptions& options_;
  Target target_;
  mosquitto* mosquitto_ = nullptr;
  std::string log_;  // the last error that libmosquitto logged
  std::optional<int> refused_;
  int end_reason_ = 0;
  bool connected_ = false;
  bool goodbye_ = false;
  boost::unordered_flat_map<int, uint64_t> tokens_;  // by libmosquitto's message id
  uint64_t publishing_ = 0;                          // the token of the message that is being given to libmosquitto
  int publishing_id_ = 0;
};

void begin_library() {
  static const int result = mosquitto_lib_init();  // once a process; it has nothing that must be undone at its end
  if (result != MOSQ_ERR_SUCCESS) throw std::runtime_error(mosquitto_strerror(result));
}

}  // namespace

Link::Link(boost::asio::any_io_executor executor, const MosquittoOptions& options, std::function<void(Event)> on_event)
    : shared_(std::make_shared<Shared>(std::move(executor), options, std::move(on_event))) {
  begin_library();
  // Signals are the program's; its other threads take them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([shared = shared_]() mutable { Worker(std::move(shared)).run(); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Link::~Link() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->abandoned = true;
    shared_->executor = nullptr;
  }
  shared_->ring();
}

void Link::publish(Message message, uint64_t token) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->commands.emplace_back(Publish{std::move(message), token});
  }
  shared_->ring();
}

void Link::subscribe(Subscription subscription) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->commands.emplace_back(std::move(subscription));
  }
  shared_->ring();
}

void Link::stop() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->ring();
}

uint64_t Link::received_dropped() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->received_dropped;
}

}  // namespace moor::mqtt
