#include "http/client.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cstdlib>

namespace moor::http {

Url parse_url(std::string_view text) {
  const auto fail = [&](const std::string& why) {
    throw UsageError("no URL: " + why, {.advice = "Write it as https://host/path."});
  };
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) fail("\"" + std::string(text.substr(0, 200)) + "\"");
  const boost::urls::url_view& view = *parsed;
  Url url;
  url.tls = view.scheme() == "https";
  if (!url.tls && view.scheme() != "http") fail("it begins with neither http:// nor https://");
  if (view.has_userinfo()) fail("it has a user name in it, which belongs into a header");
  url.host = view.host_address();
  if (url.host.empty()) fail("it names no host");
  const std::string port(view.port());
  const unsigned long number = port.empty() ? 1 : std::strtoul(port.c_str(), nullptr, 10);
  if (number < 1 || number > 65535) fail("its port is not from 1 to 65535");
  url.port = static_cast<uint16_t>(port.empty() ? (url.tls ? 443 : 80) : number);
  url.target = std::string(view.encoded_path());
  if (url.target.empty()) url.target = "/";
  if (view.has_query()) url.target += "?" + std::string(view.encoded_query());
  return url;
}

std::string Url::to_string() const {
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const bool usual = port == (tls ? 443 : 80);
  return (tls ? "https://" : "http://") + shown + (usual ? "" : ":" + std::to_string(port)) + target.substr(0, target.find('?'));
}

}  // namespace moor::http
