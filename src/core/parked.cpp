#include "core/parked.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace moor {

namespace asio = boost::asio;

class ParkedHandlers final : public asio::execution_context::service {
public:
  static inline asio::execution_context::id id;
  explicit ParkedHandlers(asio::execution_context& context) : asio::execution_context::service(context) {}

  void add(Parked& parked) noexcept {
    parked.next_ = std::exchange(first_, &parked);
    if (parked.next_ != nullptr) parked.next_->previous_ = &parked;
  }
  void remove(Parked& parked) noexcept {
    (parked.previous_ == nullptr ? first_ : parked.previous_->next_) = parked.next_;
    if (parked.next_ != nullptr) parked.next_->previous_ = parked.previous_;
    parked.next_ = parked.previous_ = nullptr;
  }

private:
  // With a handler goes its coroutine, and with that others that wait.
  void shutdown() override {
    while (first_ != nullptr) (void)first_->take();
  }

  Parked* first_ = nullptr;
};

Parked::Parked(const asio::any_io_executor& executor)
    : executor_(executor), all_(asio::use_service<ParkedHandlers>(asio::query(executor, asio::execution::context))) {}

// Who waits is destroyed only together with the frame that this is part of; elsewhere its handler would be lost.
Parked::~Parked() {
  end_soon(false);
}

template <typename Inner>
struct Parked::HandlerOf final : Handler {
  explicit HandlerOf(Inner&& of) : inner(std::move(of)) {}
  void operator()(bool resumed) override { std::move(inner)(resumed); }
  Inner inner;
};

awaitable<bool> Parked::wait() {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(
      [this]<typename Inner>(Inner handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) slot.assign([this](asio::cancellation_type) { end_soon(false); });
        begin(std::make_unique<HandlerOf<Inner>>(std::move(handler)));
      },
      asio::use_awaitable);
}

void Parked::begin(std::unique_ptr<Handler> handler) {
  handler_ = std::move(handler);
  work_ = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
  all_.add(*this);
}

std::unique_ptr<Parked::Handler> Parked::take() {
  all_.remove(*this);
  work_ = asio::any_io_executor();
  return std::move(handler_);
}

void Parked::resume() {
  if (!handler_) return;
  const std::unique_ptr<Handler> handler = take();
  (*handler)(true);
}

void Parked::end_soon(bool resumed) {
  if (handler_) asio::post(executor_, [handler = take(), resumed] { (*handler)(resumed); });
}

}  // namespace moor
