#include "radio/replay/source.hpp"

#include "moor/error.hpp"

#include <zlib.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace moor::replay {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
};

class FileSource final : public Source {
public:
  explicit FileSource(std::FILE* file) : file_(file) {
    std::setbuf(file, nullptr);  // the reader has a window of its own
  }

  size_t read(std::span<uint8_t> into) override {
    const size_t count = std::fread(into.data(), 1, into.size(), file_.get());
    if (count < into.size() && std::ferror(file_.get()) != 0) fault_ = strerrordesc_np(errno);
    return count;
  }
  bool rewind() override {
    fault_ = nullptr;
    return std::fseek(file_.get(), 0, SEEK_SET) == 0;
  }
  const char* fault() const noexcept override { return fault_; }

private:
  std::unique_ptr<std::FILE, CloseFile> file_;
  const char* fault_ = nullptr;
};

class MemorySource final : public Source {
public:
  explicit MemorySource(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  size_t read(std::span<uint8_t> into) override {
    const size_t count = std::min(into.size(), bytes_.size() - at_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }
  bool rewind() override {
    at_ = 0;
    return true;
  }

private:
  std::vector<uint8_t> bytes_;
  size_t at_ = 0;
};

constexpr std::array<uint8_t, 2> gzip_magic = {0x1F, 0x8B};

// Inflates gzip members one after the other (RFC 1952, 2.2), as `gzip -d` does.
class GzipSource final : public Source {
public:
  GzipSource(std::unique_ptr<Source> source, uint64_t max_inflated) : source_(std::move(source)), max_inflated_(max_inflated) {
    constexpr int gzip_only = 16;
    if (inflateInit2(&stream_, MAX_WBITS + gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  size_t read(std::span<uint8_t> into) override {
    size_t count = 0;
    while (count < into.size() && fault_ == nullptr && !ended_) count += inflate_some(into.subspan(count));
    return count;
  }
  bool rewind() override {
    fault_ = nullptr;
    ended_ = false;
    member_ended_ = false;
    inflated_ = 0;
    stream_.avail_in = 0;
    return inflateReset(&stream_) == Z_OK && source_->rewind();
  }
  const char* fault() const noexcept override { return fault_; }
  bool is_compressed() const noexcept override { return true; }

private:
  size_t inflate_some(std::span<uint8_t> into) {
    if (stream_.avail_in == 0 && !refill()) return 0;
    if (member_ended_ && !begin_member()) return 0;
    const uint64_t room =
        std::min<uint64_t>(into.size(), max_inflated_ - inflated_ + 1);  // one more tells "at the limit" from "over it"
    stream_.next_out = into.data();
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    size_t count = static_cast<size_t>(room) - stream_.avail_out;
    if (result == Z_STREAM_END)
      member_ended_ = true;
    else if (result != Z_OK)
      fault_ = "the compressed data is damaged";
    inflated_ += count;
    if (inflated_ > max_inflated_) {
      fault_ = "it inflates to more than is allowed";
      --count;
    }
    return count;
  }

  bool refill() {
    const size_t count = source_->read(input_);
    stream_.next_in = input_.data();
    stream_.avail_in = static_cast<uInt>(count);
    if (count > 0) return true;
    if (source_->fault() != nullptr)
      fault_ = source_->fault();
    else if (member_ended_)
      ended_ = true;
    else
      fault_ = "the compressed data is cut";
    return false;
  }

  // What follows the last member and is none itself is padding, as tapes have it.
  bool begin_member() {
    ended_ = *stream_.next_in != gzip_magic[0];
    member_ended_ = false;
    return !ended_ && inflateReset(&stream_) == Z_OK;
  }

  std::unique_ptr<Source> source_;
  uint64_t max_inflated_;
  uint64_t inflated_ = 0;
  z_stream stream_{};
  bool member_ended_ = false;
  bool ended_ = false;
  const char* fault_ = nullptr;
  std::array<uint8_t, 64 * 1024> input_{};
};

[[noreturn]] void fail_to_open(const std::filesystem::path& path, const char* why) {
  throw CaptureError("cannot open capture " + path.string() + ": " + why, 0,
                     {.cause = why, .advice = "Give the path of a readable file."});
}

}  // namespace

std::unique_ptr<Source> open_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) fail_to_open(path, "it is a directory");
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) fail_to_open(path, strerrordesc_np(errno));
  auto source = std::make_unique<FileSource>(file);
  if (!source->rewind()) fail_to_open(path, "it can be read only once, as a pipe can");
  return source;
}

std::unique_ptr<Source> from_memory(std::vector<uint8_t> bytes) {
  return std::make_unique<MemorySource>(std::move(bytes));
}

std::unique_ptr<Source> inflate_if_gzip(std::unique_ptr<Source> source, uint64_t max_inflated) {
  std::array<uint8_t, 2> begin{};
  const bool is_gzip = source->read(begin) == begin.size() && begin == gzip_magic;
  (void)source->rewind();  // it could before
  if (!is_gzip) return source;
  return std::make_unique<GzipSource>(std::move(source), max_inflated);
}

}  // namespace moor::replay
