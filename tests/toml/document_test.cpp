#include "toml/document.hpp"

#include "gateway/temporary_folder.hpp"

#include <gmock/gmock.h>

namespace moor::config {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr FileWords words = {
    .what = "list", .if_unreadable = "Write one.", .if_large = "Name a list.", .where_described = "See the page."};

std::string repeated(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Document, RefusesKeysOfTooManyParts) {
  for (const std::string& text :
       {repeated("a.", 250'000) + "a = 1", "[a" + repeated(".a", 250'000) + "]", repeated("\"=\".", 200'000) + "a = 1",
        repeated("'#'.", 200'000) + "a = 1", "x = '''\n.'''\n" + repeated(" a .", 200'000) + "a = 1",
        "x = {" + repeated("a.", 250'000) + "a = 1}", repeated("a.", 17) + "a = 1"}) {
    try {
      (void)parse_document(text, "list.toml", words);
      FAIL() << "accepted";
    } catch (const ConfigMistakes& error) {
      EXPECT_THAT(error.what(), HasSubstr("key of too many parts")) << text.substr(0, 40);
      EXPECT_EQ(error.advice(), "See the page.");
    }
  }
}

TEST(Document, NestsAsDeepAsItsKeysMay) {
  std::string text = "x = ";
  for (int i = 0; i < 250; ++i) text += "{a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = ";
  EXPECT_THROW((void)parse_document(text, "list.toml", words), ConfigMistakes);
  EXPECT_NO_THROW((void)parse_document(text + "1" + std::string(250, '}'), "list.toml", words));
}

TEST(Document, DotsInValuesCommentsAndTextsAreNoParts) {
  const std::string dots(100, '.');
  const toml::table read =
      parse_document("# " + dots + "\na = '" + dots + "' # " + dots + "\nb = \"\\\"" + dots + "\"\nc = '''\n" + dots +
                         "\n'''\nd = \"\"\"" + dots + "\\\"\"\"\"\ne = [" + repeated("1.5, ", 100) + "]\n",
                     "list.toml", words);
  EXPECT_EQ(read.size(), 5U);
}

TEST(Document, TellsWhereItsFormIsBroken) {
  try {
    (void)parse_document("a = 1\nb = \n", "list.toml", words);
    FAIL() << "accepted";
  } catch (const ConfigMistakes& error) {
    ASSERT_THAT(error.mistakes(), SizeIs(1));
    EXPECT_EQ(error.mistakes()[0].line, 2U);
    EXPECT_THAT(error.what(), HasSubstr("list.toml:2:"));
  }
}

TEST(Document, IsReadUpToOneMebibyte) {
  const TemporaryFolder folder;
  write_file(folder / "list.toml", std::string(1 << 20, '#'));
  EXPECT_THAT(read_document(folder / "list.toml", words), SizeIs(1 << 20));
  write_file(folder / "list.toml", std::string((1 << 20) + 1, '#'));
  try {
    (void)read_document(folder / "list.toml", words);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("over 1 MiB"));
    EXPECT_EQ(error.advice(), "Name a list.");
  }
}

TEST(Mistakes, AreToldInTheOrderOfTheFile) {
  Mistakes mistakes;
  EXPECT_NO_THROW(mistakes.throw_if_any("list.toml", words));
  mistakes.add({7, 1}, "b", "is 2", "use 1");
  mistakes.add({2, 5}, "a", "is 3", "use 1");
  try {
    mistakes.throw_if_any("list.toml", words);
    FAIL() << "none";
  } catch (const ConfigMistakes& error) {
    EXPECT_STREQ(error.what(), "list.toml:2:5: a is 3; use 1\nlist.toml:7:1: b is 2; use 1");
  }
}

TEST(Mistakes, OfAHostileFileAreCounted) {
  Mistakes mistakes;
  for (int i = 0; i < 5000; ++i) mistakes.add({1, 1}, "a", "is 3", "use 1");
  try {
    mistakes.throw_if_any("list.toml", words);
    FAIL() << "none";
  } catch (const ConfigMistakes& error) {
    EXPECT_THAT(error.mistakes(), SizeIs(1001));
    EXPECT_THAT(error.mistakes().back().what, HasSubstr("4000 further mistakes"));
  }
}

}  // namespace
}  // namespace moor::config
