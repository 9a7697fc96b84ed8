#include "serve/metrics.hpp"

#include "gateway/gateway_stage.hpp"
#include "serve/metric_table.hpp"

#include <boost/json/parse.hpp>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

namespace moor::serve {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string read(const std::string& path) {
  std::ifstream file(std::string(MOOR_SOURCE_DIR) + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The names that come with a metric of the table in a scrape.
std::set<std::string> names() {
  std::set<std::string> all;
  for (const MetricRow& row : metric_table()) {
    all.insert(row.name);
    if (row.type == prometheus::MetricType::Histogram)
      for (const char* end : {"_bucket", "_sum", "_count"}) all.insert(row.name + std::string(end));
  }
  return all;
}

class MetricsTest : public testing::GatewayStage {
protected:
  std::string scrape_after_a_visit() {
    configure("[store]\npath = \"" + (folder_ / "moor.db").string() + "\"\n");
    add_radio(then(stays(10, -50), silent(40)));
    Gateway gateway(context_.get_executor(), clock_, config_, radios_);
    http::ServerStatistics server;
    server.by_class[2] = 7;
    server.rate_limited = 3;
    Metrics metrics(gateway, {.server = [server] { return server; }});
    metrics.on_connection(
        {.time = clock_.now(), .radio = "bluez:hci0", .event = "failed", .cause = "le-connection-abort-by-local"});
    metrics.observe_published(20ms);
    run(gateway);
    return metrics.scrape();
  }
};

TEST_F(MetricsTest, TellWhatHappened) {
  const std::string page = scrape_after_a_visit();
  for (const char* line :
       {"moor_build_info{version=\"0.1.0\"} 1\n", "moor_advertisements_shed_total{cause=\"news\"} 0\n",
        "moor_zone_entries_total{zone=\"near\"} ", "moor_connections_total{radio=\"bluez:hci0\",event=\"failed\"} 1\n",
        "moor_publish_delay_seconds_bucket{le=\"0.025\"} 1\n", "moor_publish_delay_seconds_bucket{le=\"0.01\"} 0\n",
        "moor_publish_delay_seconds_bucket{le=\"+Inf\"} 1\n", "moor_processing_delay_seconds_count 10\n",
        "moor_http_responses_total{class=\"2xx\"} 7\n", "moor_http_refused_total{cause=\"rate\"} 3\n",
        "process_resident_memory_bytes "})
    EXPECT_THAT(page, HasSubstr(line));
}

TEST_F(MetricsTest, ArePrometheusesOwnFormat) {
  std::FILE* const probe = ::popen("promtool --version >/dev/null 2>&1", "w");
  if (probe == nullptr || ::pclose(probe) != 0) GTEST_SKIP() << "there is no promtool";
  const std::string problems = (folder_ / "promtool.txt").string();
  const std::string command = "promtool check metrics >" + problems + " 2>&1";
  std::FILE* const tool = ::popen(command.c_str(), "w");
  ASSERT_NE(tool, nullptr);
  const std::string page = scrape_after_a_visit();
  ASSERT_EQ(std::fwrite(page.data(), 1, page.size(), tool), page.size());
  const int result = ::pclose(tool);
  std::ostringstream said;
  said << std::ifstream(problems).rdbuf();
  EXPECT_EQ(result, 0) << said.str();
}

TEST_F(MetricsTest, OfTheTableAreAllThere) {
  const std::string page = scrape_after_a_visit();
  for (const MetricRow& row : metric_table()) EXPECT_THAT(page, HasSubstr("# TYPE " + std::string(row.name) + " ")) << row.name;
}

TEST(MetricTable, FollowsTheNamingRules) {
  std::set<std::string> seen;
  for (const MetricRow& row : metric_table()) {
    const std::string name = row.name;
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos) << name;
    EXPECT_TRUE(name.starts_with("moor_") || name.starts_with("process_")) << name;
    EXPECT_EQ(name.ends_with("_total"), row.type == prometheus::MetricType::Counter) << name;
    EXPECT_FALSE(std::string(row.help).empty()) << name;
  }
}

TEST(MetricTable, IsTheOneOfTheDocument) {
  EXPECT_THAT(read("docs/metrics.md"), HasSubstr(metrics_reference()));
}

// Every name in an expression that looks like one of ours must be one.
void check_expression(const std::string& expression, const std::set<std::string>& known) {
  for (size_t at = 0; at < expression.size();) {
    const size_t end = std::min(expression.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_", at), expression.size());
    const std::string word = expression.substr(at, end - at);
    if (word.starts_with("moor_") || word.starts_with("process_")) {
      EXPECT_TRUE(known.contains(word)) << word << " in " << expression;
    }
    at = end + 1;
  }
}

TEST(GrafanaDashboard, UsesMetricsThatAreThere) {
  const auto dashboard = boost::json::parse(read("packaging/grafana/moor.json"));
  const std::set<std::string> known = names();
  size_t expressions = 0;
  for (const auto& panel : dashboard.at("panels").as_array()) {
    if (!panel.as_object().contains("targets")) continue;
    EXPECT_FALSE(panel.at("title").as_string().empty());
    for (const auto& target : panel.at("targets").as_array()) {
      check_expression(std::string(target.at("expr").as_string()), known);
      ++expressions;
    }
  }
  EXPECT_GE(expressions, 20U);
}

TEST(DelayHistogram, CountsUpToItsBounds) {
  DelayHistogram histogram;
  for (const Duration each : {Duration(-1s), Duration(500us), Duration(501us), Duration(1min)}) histogram.observe(each);
  EXPECT_EQ(histogram.cumulative(0), 2U);
  EXPECT_EQ(histogram.cumulative(1), 3U);
  EXPECT_EQ(histogram.cumulative(13), 3U);
  EXPECT_EQ(histogram.count(), 4U);
  EXPECT_NEAR(histogram.sum_s(), 60.001001, 1e-6);
}

}  // namespace
}  // namespace moor::serve
