// Dwell time and foot traffic: how long visitors stay in each zone, and how many come. The pipeline is what the gateway itself runs on.

#include "moor/pipeline.hpp"
#include "run.hpp"

class Report final : public moor::PipelineListener {
public:
  void on_visit(const moor::Visit& visit) override {
    const auto zone = static_cast<moor::Zone>(visit.zone);
    std::printf("%016llx was %s for %.0f s\n", static_cast<unsigned long long>(visit.visitor), moor::to_string(zone).data(),
                moor::to_seconds(visit.dwell()));
  }
  void on_traffic(const moor::ZoneTraffic& traffic) override {
    const auto zone = static_cast<moor::Zone>(traffic.zone);
    std::printf("%llu visitors, %llu times %s\n", static_cast<unsigned long long>(traffic.visitors),
                static_cast<unsigned long long>(traffic.entries), moor::to_string(zone).data());
  }
};

moor::awaitable<void> count(moor::Clock& clock, moor::Radio& radio) {
  const moor::Pseudonyms pseudonyms;  // visits hold no address
  moor::PipelineOptions options;
  options.presence.smoothing.alpha = 0.2;
  options.presence.smoothing.reading_interval = std::chrono::seconds(1);
  options.visits.rejoin_within = std::chrono::seconds(10);
  options.visitor_of = [&pseudonyms](const moor::Address& address, moor::TimePoint t) { return pseudonyms.of(address, t); };
  Report report;
  moor::Pipeline pipeline(options, report);
  co_await radio.scan(moor::ScanOptions(), pipeline);
  pipeline.close(clock.now());
}

int main(int argc, char** argv) {
  return examples::run(argc, argv, count);
}
