#pragma once
// Certificates and keys as files: what is wrong with them is said with the file's name and what to do.

#include "moor/error.hpp"

#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>

namespace moor::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

struct CertificateFiles {
  std::filesystem::path cert_file;       ///< PEM, the server's first
  std::filesystem::path key_file;        ///< PEM, without a password
  std::filesystem::path client_ca_file;  ///< empty: clients are asked for no certificate
};

/// TLS 1.2 and newer. @throws ConfigError
[[nodiscard]] TlsContext make_server_context(const CertificateFiles& files);
/// Verifies who answers. @param ca_file  empty: the system's authorities. @throws ConfigError
[[nodiscard]] TlsContext make_client_context(const std::filesystem::path& ca_file);

/// When the newest of the files was written; nothing where one cannot be asked.
[[nodiscard]] std::optional<std::filesystem::file_time_type> newest(const CertificateFiles& files);

}  // namespace moor::http
