#include "http/tls.hpp"
#include "http/client.hpp"
#include "http/stage.hpp"

#include <unistd.h>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <cstdlib>
#include <fstream>

namespace moor::http {
namespace {

using namespace std::chrono_literals;
using testing::Answer;
using ::testing::HasSubstr;
using testing::RawClient;
using testing::ServerTest;

// Certificates made by the openssl program, once for all tests.
class Authority {
public:
  Authority() {
    char name[] = "/tmp/moor-tls-XXXXXX";
    folder_ = ::mkdtemp(name);
    const std::string key = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 ";
    run(key + "-subj /CN=ca -keyout ca.key -out ca.pem");
    run(key + "-subj /CN=other -keyout other.key -out other.pem");
    for (const std::string each : {"server", "client", "renewed"}) {
      std::ofstream(path(each + ".ext")) << "subjectAltName=DNS:localhost,DNS:moor.home,IP:127.0.0.1\n";
      run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + each + " -keyout " + each + ".key -out " +
          each + ".csr");
      run("openssl x509 -req -in " + each + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile " + each +
          ".ext -out " + each + ".pem");
    }
    run("openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days -1 -out old.pem");
    run("openssl pkey -in server.key -aes128 -passout pass:x -out locked.key");
    std::ofstream(path("junk.pem")) << "junk\n";
  }
  ~Authority() { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_ / name; }

private:
  void run(const std::string& command) const {
    const std::string line = "cd " + folder_.string() + " && " + command + " >/dev/null 2>&1";
    ASSERT_EQ(std::system(line.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
  }
  std::filesystem::path folder_;
};

const Authority& authority() {
  static const Authority the;
  return the;
}

class TlsTest : public ServerTest {
protected:
  TlsTest() {
    options.cert_file = authority().path("server.pem");
    options.key_file = authority().path("server.key");
  }
  [[nodiscard]] Url url(const std::string& host = "127.0.0.1") const {
    return parse_url("https://" + host + ":" + std::to_string(server->port()) + "/hello");
  }
  static ClientOptions trusting(const std::string& ca = "ca.pem") {
    ClientOptions with;
    with.ca_file = authority().path(ca);
    with.lookup = [](const std::string&) { return std::vector<std::string>{"127.0.0.1"}; };
    return with;
  }
  awaitable<std::string> problem_with(ClientOptions with, Url to) {
    Client from(context.get_executor(), clock, std::move(with));
    try {
      (void)co_await from.get(std::move(to), Headers(), clock.now() + 10s);
    } catch (const HttpError& error) {
      co_return error.what();
    }
    co_return "";
  }
};

TEST_F(TlsTest, ServesAndVerifies) {
  run([&]() -> awaitable<void> {
    EXPECT_THAT(server->url(), HasSubstr("https://127.0.0.1:"));
    Client from(context.get_executor(), clock, trusting());
    const ClientResponse by_address = co_await from.get(url(), Headers(), clock.now() + 10s);
    EXPECT_EQ(by_address.body, "hello you");
    EXPECT_THAT(std::string(by_address.headers.get("Strict-Transport-Security")), HasSubstr("max-age"));
    const ClientResponse by_name = co_await from.get(url("localhost"), Headers(), clock.now() + 10s);
    EXPECT_EQ(by_name.status, 200U);
    const std::string wrong_name = co_await problem_with(trusting(), url("other.example"));
    EXPECT_THAT(wrong_name, HasSubstr("hostname mismatch"));
    const std::string unknown = co_await problem_with(trusting("other.pem"), url());
    EXPECT_THAT(unknown, HasSubstr("certificate"));
  });
}

TEST_F(TlsTest, SaysThatAPortSpeaksNoTls) {
  options.cert_file.clear();
  options.key_file.clear();
  run([&]() -> awaitable<void> {
    const std::string problem = co_await problem_with(trusting(), url());
    EXPECT_THAT(problem, HasSubstr("no TLS with https://127.0.0.1"));
  });
}

TEST_F(TlsTest, HangsUpOnWhatIsNoTls) {
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    co_await raw.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const bool ended = co_await raw.read_to_end(20s);
    EXPECT_TRUE(ended);
    RawClient silent = client();
    const TimePoint begin = clock.now();
    const bool silent_ended = co_await silent.read_to_end(20s);
    EXPECT_TRUE(silent_ended);
    EXPECT_EQ(clock.now() - begin, Duration(10s));
  });
  EXPECT_EQ(server->statistics().handshakes_failed, 2U);
}

TEST_F(TlsTest, SaysWhatIsWrongWithFiles) {
  struct Row {
    const char* cert;
    const char* key;
    const char* ca;
    const char* what;
  };
  const Row rows[] = {
      {"none.pem", "server.key", "", "none.pem: there is no such file"},
      {"junk.pem", "server.key", "", "junk.pem: it is no certificate"},
      {"server.pem", "junk.pem", "", "junk.pem: it is no private key"},
      {"server.pem", "client.key", "", "client.key: it is not the key of"},
      {"server.pem", "locked.key", "", "locked.key: it is locked by a password"},
      {"old.pem", "server.key", "", "old.pem: it is out of date"},
      {"server.pem", "server.key", "junk.pem", "junk.pem: it has no certificate"},
  };
  for (const Row& row : rows) {
    CertificateFiles files{authority().path(row.cert), authority().path(row.key), {}};
    if (*row.ca != '\0') files.client_ca_file = authority().path(row.ca);
    try {
      (void)make_server_context(files);
      ADD_FAILURE() << row.what;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(row.what));
      EXPECT_FALSE(error.advice().empty());
    }
  }
}

TEST_F(TlsTest, LetsInWhoHasACertificate) {
  options.client_ca_file = authority().path("ca.pem");
  run([&]() -> awaitable<void> {
    const std::string get = "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for (const bool with : {true, false}) {
      testing::asio::ssl::context context_of_client(testing::asio::ssl::context::tls_client);
      if (with) {
        context_of_client.use_certificate_file(authority().path("client.pem").string(), testing::asio::ssl::context::pem);
        context_of_client.use_private_key_file(authority().path("client.key").string(), testing::asio::ssl::context::pem);
      }
      testing::asio::ssl::stream<testing::asio::ip::tcp::socket> stream(context, context_of_client);
      stream.next_layer().connect({testing::asio::ip::address_v4::loopback(), server->port()});
      co_await stream.async_handshake(testing::asio::ssl::stream_base::client, testing::asio::use_awaitable);
      (void)co_await testing::asio::async_write(stream, testing::asio::buffer(get), testing::asio::use_awaitable);
      std::string answer(15, ' ');
      (void)co_await testing::asio::async_read(stream, testing::asio::buffer(answer), testing::asio::use_awaitable);
      EXPECT_EQ(answer.substr(9, 3), with ? "200" : "401");
    }
  });
}

TEST_F(TlsTest, TakesRenewedFilesWithoutARestart) {
  const auto cert = authority().path("live.pem");
  const auto key = authority().path("live.key");
  const auto put = [&](const std::string& name) {
    std::filesystem::copy_file(authority().path(name + ".pem"), cert, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(authority().path(name + ".key"), key, std::filesystem::copy_options::overwrite_existing);
  };
  put("server");
  options.cert_file = cert;
  options.key_file = key;
  options.client_ca_file = authority().path("ca.pem");
  options.token = "t";
  run([&]() -> awaitable<void> {
    put("renewed");
    std::filesystem::last_write_time(cert, std::filesystem::file_time_type::clock::now() + 1h);
    co_await clock.wait_for(2min);
    const std::string fine = co_await problem_with(trusting(), url());
    EXPECT_EQ(fine, "");
    std::filesystem::copy_file(authority().path("junk.pem"), cert, std::filesystem::copy_options::overwrite_existing);
    EXPECT_THROW(server->reload_certificates(), ConfigError);
    co_await clock.wait_for(2min);
    const std::string still = co_await problem_with(trusting(), url());
    EXPECT_EQ(still, "") << "the ones before stay";
  });
  std::string told;
  for (const AccessProblem& each : problems) told += each.what + "\n";
  EXPECT_THAT(told, HasSubstr("live.pem"));
}

}  // namespace
}  // namespace moor::http
