#include "cli/gateway_checks.hpp"

#include "core/event.hpp"
#include "core/unless.hpp"
#include "core/within.hpp"
#include "http/tls.hpp"
#include "moor/store_reader.hpp"
#include "mqtt/mosquitto_client.hpp"
#include "publish/mqtt_options.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <system_error>

namespace moor::cli {

namespace {

namespace fs = std::filesystem;
namespace asio = boost::asio;

constexpr uintmax_t little_space = uintmax_t{256} << 20;
constexpr int days_to_renew = 21;

std::string last_system_error() {
  return std::generic_category().message(errno);
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

Check check_store(const fs::path& path) {
  Check check{.name = "store", .ok = true, .what = fmt::format("{} is a store of moor's", path.string())};
  const fs::path folder = folder_of(path);
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    return {.name = "store",
            .what = fmt::format("the folder {} cannot be written to ({})", folder.string(), last_system_error()),
            .remedy = fmt::format("make it, for the user that runs the gateway: install -d -o moor -g moor {}", folder.string())};
  std::error_code error;
  if (!fs::exists(path, error)) {
    check.what = fmt::format("{} is made at the first start", path.string());
  } else {
    try {
      const StoreReader reader(path);
    } catch (const StoreError& wrong) {
      return {.name = "store", .what = wrong.what(), .remedy = wrong.advice()};
    }
  }
  struct statvfs space{};
  if (::statvfs(folder.c_str(), &space) != 0) return check;
  const uintmax_t free = uintmax_t{space.f_bavail} * space.f_frsize;
  check.what += fmt::format("; {} MiB are free", free >> 20);
  if (free < little_space) {
    check.ok = check.needed = false;
    check.remedy = "Make room, or keep less: keep_days and keep_minutes_days in [store].";
  }
  return check;
}

// A file with a secret: there, readable, and for its owner alone.
Check check_secret(const std::string& name, const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || ::access(path.c_str(), R_OK) != 0)
    return {.name = name,
            .what = fmt::format("{} cannot be read ({})", path.string(), last_system_error()),
            .remedy = "Make it with the secret as its only line, readable for the user that runs the gateway."};
  if ((status.st_mode & S_IRWXO) != 0)
    return {.name = name,
            .needed = false,
            .what = fmt::format("{} can be read by everybody on this machine", path.string()),
            .remedy = fmt::format("chmod o= {}", path.string())};
  return {.name = name, .ok = true, .what = fmt::format("{} is there, and for few eyes", path.string())};
}

Check check_certificate(const std::string& name, const http::CertificateFiles& files) {
  try {
    const http::TlsContext context = http::make_server_context(files);
    int days = 0;
    int seconds = 0;
    const X509* certificate = SSL_CTX_get0_certificate(context->native_handle());
    (void)ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate));  // it has not expired: that was an error
    Check check{.name = name, .ok = true, .what = fmt::format("{} holds for {} days", files.cert_file.string(), days)};
    if (days < days_to_renew) {
      check.ok = check.needed = false;
      check.remedy = "Renew it soon; the gateway takes the new one by itself.";
    }
    return check;
  } catch (const ConfigError& wrong) {
    return {.name = name, .what = wrong.what(), .remedy = wrong.advice()};
  }
}

// Whether the port can be had: by listening there for a moment.
Check check_port(const GatewayConfig::Serve& serve) {
  const std::string where = fmt::format("{}:{}", serve.address, serve.port);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(serve.address, error);
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context);
  const asio::ip::tcp::endpoint endpoint(address, static_cast<uint16_t>(serve.port));
  if (!error) acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1, error);
  if (!error) return {.name = "port", .ok = true, .what = where + " is free for the dashboard"};
  if (error == asio::error::address_in_use)
    return {.name = "port",
            .needed = false,
            .what = where + " is in use: by a gateway that runs, or by another program",
            .remedy = fmt::format(
                "If no gateway runs, see who has it with `ss -ltnp 'sport = :{}'`, or set another port in [serve].", serve.port)};
  return {.name = "port",
          .what = fmt::format("cannot listen at {} ({})", where, error.message()),
          .remedy = "Use an address of this machine in [serve], and a port from 1024 on."};
}

// Times of visits are for people: a clock that nobody sets makes them lie (adjtimex(2)).
Check check_clock() {
  timex now{};
  const int state = adjtimex(&now);
  if (state >= 0 && (now.status & STA_UNSYNC) == 0)
    return {.name = "clock", .ok = true, .what = "the clock is kept by time servers"};
  return {.name = "clock",
          .needed = false,
          .what = "nobody keeps the clock: stored times may be wrong, and certificates be refused",
          .remedy = "timedatectl set-ntp true, or install chrony"};
}

awaitable<void> run_until(mqtt::Client& client, Event& settled) {
  (void)co_await unless(client.run(), settled.wait());
}

// Under a name of its own, so that a gateway that runs keeps its connection.
awaitable<Check> check_broker(const GatewayConfig& config, Clock& clock) {
  constexpr Duration patience = std::chrono::seconds(10);
  try {
    mqtt::MosquittoOptions options = publish::mqtt_options(config, publish::Topics(config.mqtt.topic, config.gateway.name));
    options.client_id += "-doctor";
    options.last_will.reset();
    const auto executor = co_await asio::this_coro::executor;
    mqtt::MosquittoClient client(executor, clock, std::move(options));
    Event settled(executor);
    mqtt::State last;
    client.on_state([&](const mqtt::State& state) {
      if (settled.is_set() || (state.phase != mqtt::Phase::connected && state.phase != mqtt::Phase::failed)) return;
      last = state;
      settled.set();
    });
    const bool answered = co_await within(clock, clock.now() + patience, run_until(client, settled));
    if (!answered)
      co_return Check{.name = "broker",
                      .what = fmt::format("{} has not answered within 10 s", config.mqtt.host),
                      .remedy = "Is host in [mqtt] right, and does a firewall stand between?"};
    if (last.phase == mqtt::Phase::failed) co_return Check{.name = "broker", .what = last.problem, .remedy = last.advice};
    co_return Check{.name = "broker", .ok = true, .what = config.mqtt.host + " takes this gateway"};
  } catch (const Error& wrong) {
    co_return Check{.name = "broker", .what = wrong.what(), .remedy = wrong.advice()};
  }
}

}  // namespace

awaitable<std::vector<Check>> examine_gateway(const GatewayConfig& config, Clock& clock) {
  std::vector<Check> checks;
  if (!config.store.path.empty()) checks.push_back(check_store(config.store.path));
  for (const auto& [name, path] :
       {std::pair("broker's password", &config.mqtt.password_file), std::pair("token", &config.serve.token_file)})
    if (!path->empty()) checks.push_back(check_secret(name, *path));
  for (const GatewayConfig::WebhookEntry& webhook : config.webhooks)
    if (!webhook.token_file.empty()) checks.push_back(check_secret("webhook's token", webhook.token_file));
  if (config.serve.enabled && !config.serve.cert_file.empty())
    checks.push_back(
        check_certificate("server's certificate", {config.serve.cert_file, config.serve.key_file, config.serve.client_ca_file}));
  if (!config.mqtt.host.empty() && !config.mqtt.cert_file.empty())
    checks.push_back(check_certificate("broker's certificate for us", {config.mqtt.cert_file, config.mqtt.key_file, {}}));
  if (config.serve.enabled) checks.push_back(check_port(config.serve));
  if (!config.mqtt.host.empty()) {
    Check broker = co_await check_broker(config, clock);
    checks.push_back(std::move(broker));
  }
  checks.push_back(check_clock());
  co_return checks;
}

}  // namespace moor::cli
