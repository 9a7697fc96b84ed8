#include "http/router.hpp"

#include "core/require.hpp"

namespace moor::http {

namespace {

bool is_parameter(std::string_view part) noexcept {
  return part.size() > 2 && part.front() == '{' && part.back() == '}';
}

std::vector<std::string> split_pattern(const std::string& pattern) {
  require(pattern.starts_with('/'), "a route's pattern begins with a slash");
  std::vector<std::string> parts;
  for (size_t begin = 1; begin < pattern.size();) {
    const size_t end = std::min(pattern.find('/', begin), pattern.size());
    parts.push_back(pattern.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// How many parts are parameters; nothing where the pattern is another one.
std::optional<size_t> match_parts(const std::vector<std::string>& pattern, const std::vector<std::string>& parts) noexcept {
  if (pattern.size() != parts.size()) return std::nullopt;
  size_t parameters = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (is_parameter(pattern[i]))
      ++parameters;
    else if (pattern[i] != parts[i])
      return std::nullopt;
  }
  return parameters;
}

Parameters parameters_of(const Router::Route& route, const Target& target) {
  Parameters parameters;
  for (size_t i = 0; i < route.parts.size(); ++i)
    if (is_parameter(route.parts[i]))
      parameters.emplace_back(route.parts[i].substr(1, route.parts[i].size() - 2), target.parts[i]);
  return parameters;
}

void add_word(std::string& list, std::string_view word) {
  if (!list.empty()) list += ", ";
  list += word;
}

std::string allowed(const std::vector<const Router::Route*>& routes) {
  std::string list;
  for (const Router::Route* each : routes) {
    add_word(list, each->method);
    if (each->method == "GET" && std::holds_alternative<Handler>(each->handler)) add_word(list, "HEAD");
  }
  add_word(list, "OPTIONS");
  return list;
}

}  // namespace

void Router::add(std::string method, std::string pattern, Access access,
                 std::variant<Handler, StreamHandler, SocketHandler> handler) {
  auto parts = split_pattern(pattern);
  Route route{std::move(method), std::move(pattern), std::move(parts), access, std::move(handler)};
  for (Route& each : routes_) {
    if (each.method != route.method || each.pattern != route.pattern) continue;
    each = std::move(route);
    return;
  }
  routes_.push_back(std::move(route));
}

void Router::get(std::string pattern, Handler handler, Access access) {
  add("GET", std::move(pattern), access, std::move(handler));
}
void Router::post(std::string pattern, Handler handler, Access access) {
  add("POST", std::move(pattern), access, std::move(handler));
}
void Router::put(std::string pattern, Handler handler, Access access) {
  add("PUT", std::move(pattern), access, std::move(handler));
}
void Router::del(std::string pattern, Handler handler, Access access) {
  add("DELETE", std::move(pattern), access, std::move(handler));
}
void Router::events(std::string pattern, StreamHandler handler, Access access) {
  add("GET", std::move(pattern), access, std::move(handler));
}
void Router::websocket(std::string pattern, SocketHandler handler, Access access) {
  add("GET", std::move(pattern), access, std::move(handler));
}

void Router::assets(std::span<const Asset> assets, std::string fallback, std::vector<std::string> not_below) {
  assets_ = assets;
  fallback_ = std::move(fallback);
  not_below_ = std::move(not_below);
}

const Asset* Router::find_asset(std::string_view path) const noexcept {
  for (const Asset& each : assets_)
    if (each.path == path) return &each;
  return nullptr;
}

bool Router::falls_back(const Target& target) const noexcept {
  for (const std::string& each : not_below_)
    if (target.path == each || target.path.starts_with(each + "/")) return false;
  return target.parts.empty() || target.parts.back().find('.') == std::string::npos;
}

Router::Match Router::find(std::string_view method, const Target& target) const {
  std::vector<const Route*> there;  // of the pattern that fits best
  size_t fewest = SIZE_MAX;
  for (const Route& each : routes_) {
    const auto parameters = match_parts(each.parts, target.parts);
    if (!parameters || *parameters > fewest) continue;
    if (*parameters < fewest) there.clear();
    fewest = *parameters;
    there.push_back(&each);
  }
  if (!there.empty()) {
    for (const Route* each : there) {
      const bool as_get = method == "HEAD" && each->method == "GET" && std::holds_alternative<Handler>(each->handler);
      if (each->method == method || as_get) return Found{each, parameters_of(*each, target)};
    }
    return WrongMethod{allowed(there)};
  }
  const Asset* asset = find_asset(target.path);
  if (asset == nullptr && falls_back(target)) asset = find_asset(fallback_);
  if (asset == nullptr) return NotFound{};
  if (method == "GET" || method == "HEAD") return FoundAsset{asset};
  return WrongMethod{"GET, HEAD, OPTIONS"};
}

}  // namespace moor::http
