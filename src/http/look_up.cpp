#include "http/look_up.hpp"

#include "core/event.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <ctime>
#include <mutex>
#include <thread>

namespace moor::http {

namespace asio = boost::asio;

namespace {

// What the thread and who waits for it share. The executor is used only while somebody waits: its context may be gone afterwards.
struct Question {
  std::mutex mutex;
  bool wanted = true;
  bool answered = false;
  std::vector<std::string> addresses;
  std::string problem;
};

void answer(const std::shared_ptr<Question>& question, const Lookup& lookup, const std::string& host) {
  std::vector<std::string> addresses;
  std::string problem;
  try {
    addresses = lookup(host);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  const std::lock_guard lock(question->mutex);
  question->addresses = std::move(addresses);
  question->problem = std::move(problem);
}

HttpError not_found(const std::string& host, const std::string& cause) {
  return HttpError(HttpFailure::name_not_found, "the name " + host + " cannot be found: " + cause, cause,
                   "See the spelling, and that this machine's name server answers: getent hosts " + host);
}

}  // namespace

std::vector<std::string> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* first = nullptr;
  const int result = getaddrinfo(host.c_str(), nullptr, &hints, &first);
  if (result != 0) throw std::runtime_error(gai_strerror(result));
  std::vector<std::string> addresses;
  for (const addrinfo* each = first; each != nullptr && addresses.size() < 8; each = each->ai_next) {
    char text[NI_MAXHOST] = {};
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      addresses.emplace_back(text);
  }
  freeaddrinfo(first);
  return addresses;
}

awaitable<std::vector<std::string>> LookupDesk::find(asio::any_io_executor executor, Clock& clock, Lookup lookup,
                                                     std::string host) {
  boost::system::error_code error;
  (void)asio::ip::make_address(host, error);
  if (!error) co_return std::vector<std::string>{host};
  if (threads_->load() >= max_threads) throw not_found(host, "too many other names are still being looked up");

  const auto question = std::make_shared<Question>();
  const auto ready = std::make_shared<Event>(executor);
  const auto hold = std::make_shared<Clock::Hold>(clock);
  // Virtual time must not move while the thread works, unless nobody waits for it any more.
  struct Leave {
    const std::shared_ptr<Question>& question;
    ~Leave() {
      const std::lock_guard lock(question->mutex);
      question->wanted = false;
    }
  } leave{question};
  ++*threads_;
  std::thread([question, threads = threads_, lookup = std::move(lookup), host, executor,
               weak = std::weak_ptr<Event>(ready)]() mutable {
    answer(question, lookup, host);
    --*threads;
    const std::lock_guard lock(question->mutex);
    if (question->wanted) {
      question->answered = true;
      asio::post(executor, [weak] {
        if (const auto event = weak.lock()) event->set();
      });
    }
    executor = {};
  }).detach();
  co_await ready->wait();
  if (question->addresses.empty()) throw not_found(host, question->problem.empty() ? "it has no address" : question->problem);
  co_return question->addresses;
}

std::optional<Duration> parse_retry_after(std::string_view text, WallTime now) {
  constexpr Duration longest = std::chrono::hours(24);
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size())
    return std::min<Duration>(longest, std::chrono::seconds(seconds));
  std::tm date{};
  const std::string copy(text);
  const char* const rest = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  const WallTime until(std::chrono::seconds(timegm(&date)));
  return std::clamp<Duration>(until - now, Duration::zero(), longest);
}

}  // namespace moor::http
