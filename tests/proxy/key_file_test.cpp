#include "proxy/key_file.hpp"

#include "esphome/stream.hpp"
#include "gateway/temporary_folder.hpp"
#include "moor/error.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace moor::proxy {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class KeyFile : public ::testing::Test {
protected:
  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "hall.key";

  template <typename Work>
  static std::pair<std::string, std::string> refused(Work&& work) {
    try {
      work();
    } catch (const ConfigError& error) {
      return {error.what(), error.advice()};
    }
    ADD_FAILURE() << "not refused";
    return {};
  }
};

TEST_F(KeyFile, IsMadeOnceForItsOwnerAlone) {
  const KeptKey first = keep_key(path_);
  EXPECT_TRUE(first.made);
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const std::string text = read_file(path_);
  EXPECT_EQ(text, esphome::to_base64(first.key) + "\n");
  EXPECT_EQ(text.size(), 45U);  // 44 characters, as Home Assistant asks for them

  const KeptKey second = keep_key(path_);
  EXPECT_FALSE(second.made);
  EXPECT_EQ(to_hex(second.key.bytes()), to_hex(first.key.bytes()));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 1);  // nothing half made is left
}

TEST_F(KeyFile, KeysDiffer) {
  EXPECT_NE(to_hex(keep_key(path_).key.bytes()), to_hex(keep_key(folder_.path() / "other.key").key.bytes()));
}

TEST_F(KeyFile, ThatOthersCanReadIsRefusedWithWhatMendsIt) {
  (void)keep_key(path_);
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    const auto [what, advice] = refused([&] { (void)keep_key(path_); });
    EXPECT_THAT(what, HasSubstr(path_.string()));
    EXPECT_THAT(advice, HasSubstr("chmod 600 '" + path_.string() + "'"));
  }
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_FALSE(keep_key(path_).made);
}

TEST_F(KeyFile, ThatIsNoKeyIsRefusedAndNotRepeated) {
  for (const std::string text : {"", "secret!", "c2VjcmV0", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}) {
    write_file(path_, text);
    ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
    const auto [what, advice] = refused([&] { (void)keep_key(path_); });
    EXPECT_THAT(what, HasSubstr("is not a key of 32 bytes in base64")) << text;
    EXPECT_TRUE(text.empty() || what.find(text) == std::string::npos) << what;
    EXPECT_EQ(read_file(path_), text);  // left as it was
  }
}

TEST_F(KeyFile, WithWhiteSpaceAtItsEndIsRead) {
  const std::string key = esphome::to_base64(keep_key(path_).key);
  write_file(path_, key + " \r\n\n");
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_EQ(esphome::to_base64(keep_key(path_).key), key);
}

TEST_F(KeyFile, ThatCannotBeMadeSaysWhatToDo) {
  const auto [what, advice] = refused([&] { (void)keep_key(folder_.path() / "not" / "there.key"); });
  EXPECT_THAT(what, HasSubstr("cannot be made"));
  EXPECT_THAT(advice, HasSubstr("key_file"));
  fs::create_directory(path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0700), 0);
  EXPECT_THAT(refused([&] { (void)keep_key(path_); }).first, HasSubstr("is no file"));
}

TEST_F(KeyFile, MacIsKeptFromTheFirstStartOn) {
  const fs::path path = folder_.path() / "hall.mac";
  EXPECT_FALSE(find_mac(path));
  const Address own = Address::parse("A4:CF:12:34:56:78").value();
  EXPECT_EQ(keep_mac(path, own), own);
  EXPECT_EQ(read_file(path), "A4:CF:12:34:56:78\n");
  EXPECT_EQ(keep_mac(path, Address::parse("00:00:00:00:00:01")), own);  // another adapter, the same proxy
  EXPECT_EQ(find_mac(path), own);
}

TEST_F(KeyFile, MacOfARadioWithoutOneIsMade) {
  const Address made = keep_mac(folder_.path() / "a.mac", std::nullopt);
  EXPECT_EQ(keep_mac(folder_.path() / "a.mac", std::nullopt), made);
  for (int i = 0; i < 20; ++i) {
    const Address mac = keep_mac(folder_.path() / (std::to_string(i) + ".mac"), std::nullopt);
    const auto first = static_cast<unsigned>(std::stoul(mac.to_string().substr(0, 2), nullptr, 16));
    EXPECT_EQ(first & 3U, 2U) << mac.to_string();  // locally administered, of one machine
    EXPECT_NE(mac, made);
  }
}

TEST_F(KeyFile, MacThatIsNoneIsRefused) {
  write_file(path_, "hello\n");
  EXPECT_THAT(refused([&] { (void)keep_mac(path_, std::nullopt); }).first, HasSubstr("is not an address"));
}

}  // namespace
}  // namespace moor::proxy
