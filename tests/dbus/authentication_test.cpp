#include "dbus/authentication.hpp"

#include <gtest/gtest.h>

namespace moor::dbus {
namespace {

using Role = Authentication::Role;
using State = Authentication::State;

struct Row {
  std::string_view input;
  State state;
  size_t left;  // bytes that belong to messages
};

TEST(Authentication, OfAClientTakesWhatBusesSay) {
  using namespace std::string_view_literals;
  const Row rows[] = {
      {"DATA\r\nOK 0123\r\nAGREE_UNIX_FD\r\nl\2\1", State::done, 3},
      {"OK 0123\r\nERROR no descriptors\r\n", State::done, 0},
      {"DATA\r\nOK 0123\r\nAGREE_UNIX_FD\r", State::under_way, 14},
      {"REJECTED EXTERNAL\r\n", State::rejected, 0},
      {"DATA\r\nREJECTED EXTERNAL\r\n", State::rejected, 0},
      {"DATA\r\nDATA\r\n", State::wrong, 0},
      {"HTTP/1.1 400 Bad Request\r\n", State::wrong, 0},
      {"OK 0123\r\nOK 0123\r\n", State::wrong, 0},
      {"", State::under_way, 0},
  };
  for (const Row& row : rows) {
    Authentication client(Role::client);
    std::string answer;
    const size_t used = client.take(row.input, answer);
    EXPECT_EQ(client.state(), row.state) << row.input;
    if (row.state != State::wrong) {
      EXPECT_EQ(row.input.size() - used, row.left) << row.input;
    }
    EXPECT_EQ(answer, "") << "it has said all before";
  }
}

TEST(Authentication, OfAServerAnswersClientsThatWaitAndThatDoNot) {
  using namespace std::string_view_literals;
  Authentication hasty(Role::server);
  std::string answer;
  const std::string_view all = "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\nl"sv;
  EXPECT_EQ(hasty.take(all, answer), all.size() - 1);
  EXPECT_EQ(hasty.state(), State::done);
  EXPECT_TRUE(answer.starts_with("DATA\r\nOK ") && answer.ends_with("\r\nAGREE_UNIX_FD\r\n")) << answer;

  Authentication other(Role::server);
  answer.clear();
  (void)other.take("\0AUTH\r\n"sv, answer);
  (void)other.take("AUTH EXTERNAL 30\r\n", answer);
  (void)other.take("NONSENSE\r\n", answer);
  (void)other.take("BEGIN\r\n", answer);
  EXPECT_EQ(other.state(), State::done);
  EXPECT_TRUE(answer.starts_with("REJECTED EXTERNAL\r\nOK ") && answer.ends_with("\r\nERROR\r\n")) << answer;

  Authentication without_zero(Role::server);
  (void)without_zero.take("AUTH EXTERNAL\r\n", answer);
  EXPECT_EQ(without_zero.state(), State::wrong);
}

TEST(Authentication, EndsWhereALineHasNone) {
  Authentication client(Role::client);
  std::string answer;
  (void)client.take(std::string(20'000, 'x'), answer);
  EXPECT_EQ(client.state(), State::wrong);
}

}  // namespace
}  // namespace moor::dbus
