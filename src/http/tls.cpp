#include "http/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <fstream>

namespace moor::http {

namespace ssl = boost::asio::ssl;

namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& file, const std::string& cause, std::string advice) {
  throw ConfigError(std::string(what) + " " + file.string() + ": " + cause, {.cause = cause, .advice = std::move(advice)});
}

// So that the words are about the file, not about OpenSSL's parts.
void require_readable(const char* what, const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    fail(what, file, "there is no such file", "Give the path of a PEM file, or make one.");
  if (!std::ifstream(file))
    fail(what, file, "it may not be read", "Let the user that moor runs as read it: chgrp moor FILE; chmod 640 FILE.");
}

std::string no_password(size_t, ssl::context::password_purpose) {
  return {};
}

bool is_encrypted(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string line;
  while (std::getline(stream, line))
    if (line.find("ENCRYPTED") != std::string::npos) return true;
  return false;
}

void use_certificate(ssl::context& context, const std::filesystem::path& file) {
  require_readable("the certificate", file);
  boost::system::error_code error;
  context.use_certificate_chain_file(file.string(), error);
  if (error)
    fail(
        "the certificate", file, "it is no certificate in PEM (" + error.message() + ")",
        "It has the server's certificate first, then those between it and its authority, each from -----BEGIN CERTIFICATE-----.");
  X509* const certificate = SSL_CTX_get0_certificate(context.native_handle());
  if (certificate != nullptr && X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
    fail("the certificate", file, "it is out of date", "Have it renewed; moor takes the new files without a restart.");
}

void use_key(ssl::context& context, const CertificateFiles& files) {
  require_readable("the key", files.key_file);
  if (is_encrypted(files.key_file))
    fail("the key", files.key_file, "it is locked by a password", "Unlock it: openssl pkey -in FILE -out NEW; chmod 640 NEW.");
  boost::system::error_code error;
  context.set_password_callback(no_password, error);
  context.use_private_key_file(files.key_file.string(), ssl::context::pem, error);
  if (error && ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH)
    fail("the key", files.key_file, "it is not the key of " + files.cert_file.string(),
         "Give the key with which that certificate was made.");
  if (error)
    fail("the key", files.key_file, "it is no private key in PEM (" + error.message() + ")",
         "It begins with -----BEGIN PRIVATE KEY----- or a like line.");
  if (SSL_CTX_check_private_key(context.native_handle()) != 1)
    fail("the key", files.key_file, "it is not the key of " + files.cert_file.string(),
         "Give the key with which that certificate was made.");
}

void use_authority(ssl::context& context, const char* what, const std::filesystem::path& file) {
  require_readable(what, file);
  boost::system::error_code error;
  context.load_verify_file(file.string(), error);
  if (error)
    fail(what, file, "it has no certificate in PEM (" + error.message() + ")", "It begins with -----BEGIN CERTIFICATE-----.");
}

void ask_clients(ssl::context& context, const std::filesystem::path& file) {
  use_authority(context, "the authority for clients", file);
  // Names in the handshake which certificates are wanted, so that browsers offer the right one.
  SSL_CTX_set_client_CA_list(context.native_handle(), SSL_load_client_CA_file(file.c_str()));
  context.set_verify_mode(ssl::verify_peer);  // who has none may still show a token
}

TlsContext make_context(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_compression | SSL_OP_NO_RENEGOTIATION |
                       SSL_OP_CIPHER_SERVER_PREFERENCE);
  return context;
}

}  // namespace

TlsContext make_server_context(const CertificateFiles& files) {
  const TlsContext context = make_context(ssl::context::tls_server);
  use_certificate(*context, files.cert_file);
  use_key(*context, files);
  static constexpr unsigned char session_name[] = "moor";
  SSL_CTX_set_session_id_context(context->native_handle(), session_name, sizeof session_name - 1);
  if (!files.client_ca_file.empty()) ask_clients(*context, files.client_ca_file);
  return context;
}

TlsContext make_client_context(const std::filesystem::path& ca_file) {
  const TlsContext context = make_context(ssl::context::tls_client);
  context->set_verify_mode(ssl::verify_peer);
  if (ca_file.empty())
    context->set_default_verify_paths();
  else
    use_authority(*context, "the authority", ca_file);
  return context;
}

std::optional<std::filesystem::file_time_type> newest(const CertificateFiles& files) {
  std::optional<std::filesystem::file_time_type> result;
  for (const std::filesystem::path& each : {files.cert_file, files.key_file, files.client_ca_file}) {
    if (each.empty()) continue;
    std::error_code error;
    const auto written = std::filesystem::last_write_time(each, error);
    if (error) return std::nullopt;
    if (!result || *result < written) result = written;
  }
  return result;
}

}  // namespace moor::http
