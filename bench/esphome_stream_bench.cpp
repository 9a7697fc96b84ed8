// What a frame of ESPHome's API costs, sealed and opened, beside bare libcrypto that does the same ChaCha20-Poly1305 with
// contexts made once; and in plain beside a bare copy and a bare loop over headers. Frames of 64, 350 and 900 bytes of payload:
// an answer, a service, a batch of 16 advertisements. So many go at a time.

#include "bench/allocations.hpp"
#include "bench/arguments.hpp"
#include "bench/bare_cipher.hpp"
#include "bench/measure.hpp"
#include "esphome/stream.hpp"

#include <fmt/format.h>
#include <memory>

namespace moor::bench {
namespace {

using esphome::MessageType;
using esphome::Stream;
using Buffer = std::vector<uint8_t>;

constexpr size_t frames_at_a_time = 64;
constexpr size_t times = 200;  // in a round
constexpr size_t tag_size = BareCipher::tag_size;
constexpr size_t inner_header = 4;

Buffer take(Stream& stream) {
  const Bytes output = stream.output();
  Buffer bytes(output.begin(), output.end());
  stream.sent(bytes.size());
  return bytes;
}

struct Ends {
  std::unique_ptr<Stream> client;
  std::unique_ptr<Stream> server;
};

Ends make_ends(bool noise) {
  const crypto::SecretKey key = crypto::SecretKey::random();
  Ends ends{esphome::make_client_stream(noise ? &key : nullptr),
            esphome::make_server_stream(noise ? &key : nullptr, {.name = "bench", .mac = ""})};
  for (int i = 0; i < 2; ++i) {
    Stream& from = i == 0 ? *ends.client : *ends.server;
    Stream& to = i == 0 ? *ends.server : *ends.client;
    Buffer bytes = take(from);
    std::span<uint8_t> input(bytes);
    check(!to.next(input));
  }
  check(ends.client->is_open() && ends.server->is_open());
  return ends;
}

struct Round {
  Measure send{"send", {}, 0};
  Measure receive{"receive", {}, 0};
};

/// One round over streams: the server sends, the client receives.
void run_streams(Round& round, Ends& ends, const Buffer& payload) {
  double sending = 0, receiving = 0;
  for (size_t i = 0; i < times; ++i) {
    uint64_t allocated = allocations().count;
    double begin = processor_seconds();
    for (size_t each = 0; each < frames_at_a_time; ++each) ends.server->send(MessageType::raw_advertisements, payload);
    double end = processor_seconds();
    sending += end - begin;
    round.send.allocated += allocations().count - allocated;

    Buffer bytes = take(*ends.server);
    std::span<uint8_t> input(bytes);
    size_t got = 0;
    allocated = allocations().count;
    begin = processor_seconds();
    while (const auto message = ends.client->next(input)) got += message->payload.size();
    end = processor_seconds();
    receiving += end - begin;
    round.receive.allocated += allocations().count - allocated;
    check(got == frames_at_a_time * payload.size());
  }
  round.send.seconds.push_back(sending);
  round.receive.seconds.push_back(receiving);
}

void run_bare_cipher(Round& round, BareCipher& sender, BareCipher& receiver, size_t payload_size) {
  const size_t size = inner_header + payload_size + tag_size;
  Buffer bytes(frames_at_a_time * size);
  double sending = 0, receiving = 0;
  for (size_t i = 0; i < times; ++i) {
    const double begin = processor_seconds();
    for (size_t each = 0; each < frames_at_a_time; ++each) sender.seal(std::span(bytes).subspan(each * size, size));
    const double middle = processor_seconds();
    for (size_t each = 0; each < frames_at_a_time; ++each) receiver.open(std::span(bytes).subspan(each * size, size));
    const double end = processor_seconds();
    sending += middle - begin;
    receiving += end - middle;
  }
  round.send.seconds.push_back(sending);
  round.receive.seconds.push_back(receiving);
}

/// The floor in plain: payloads are appended behind a header that is known, and headers of that size are skipped.
void run_bare_loop(Round& round, const Buffer& payload) {
  const std::array<uint8_t, 4> header{0, static_cast<uint8_t>(payload.size() % 128 | 128),
                                      static_cast<uint8_t>(payload.size() / 128), 93};
  double sending = 0, receiving = 0;
  for (size_t i = 0; i < times; ++i) {
    Buffer bytes;
    const double begin = processor_seconds();
    for (size_t each = 0; each < frames_at_a_time; ++each) {
      bytes.insert(bytes.end(), header.begin(), header.end());
      bytes.insert(bytes.end(), payload.begin(), payload.end());
    }
    const double middle = processor_seconds();
    size_t got = 0, at = 0;
    while (at < bytes.size()) {
      const size_t size = static_cast<size_t>(bytes[at + 1] & 127) | static_cast<size_t>(bytes[at + 2]) << 7;
      got += size;
      at += header.size() + size;
    }
    const double end = processor_seconds();
    check(got == frames_at_a_time * payload.size());
    sending += middle - begin;
    receiving += end - middle;
  }
  round.send.seconds.push_back(sending);
  round.receive.seconds.push_back(receiving);
}

void print(const Arguments& arguments, const char* kind, size_t size, const char* what, const Measure& floor,
           const Measure& moor) {
  constexpr double frames = frames_at_a_time * times;
  const double floor_ns = floor.median() * 1e9 / frames, moor_ns = moor.median() * 1e9 / frames;
  const double allocated = static_cast<double>(moor.allocated) / (frames * static_cast<double>(moor.seconds.size()));
  if (arguments.json())
    fmt::print(
        "{{\"bench\":\"esphome_stream\",\"kind\":\"{}\",\"what\":\"{}\",\"bytes\":{},\"floor_ns\":{:.1f},\"moor_ns\":{:.1f},"
        "\"ratio_to_"
        "floor\":{:.2f},\"allocations\":{:.3f}}}\n",
        kind, what, size, floor_ns, moor_ns, moor_ns / floor_ns, allocated);
  else
    fmt::print("{} {:>3} bytes, {:<7}: floor {:>6.1f} ns, moor {:>6.1f} ns a frame, {:.2f} x floor, {:.3f} allocations\n", kind,
               size, what, floor_ns, moor_ns, moor_ns / floor_ns, allocated);
}

int main_of(const Arguments& arguments) {
  for (const bool noise : {false, true}) {
    for (const size_t size : {size_t{64}, size_t{350}, size_t{900}}) {
      const Buffer payload(size, 0x55);
      Ends ends = make_ends(noise);
      BareCipher sender, receiver;
      Round floor, moor;
      for (uint64_t i = 0; i < arguments.number(); ++i) {
        if (noise)
          run_bare_cipher(floor, sender, receiver, size);
        else
          run_bare_loop(floor, payload);
        run_streams(moor, ends, payload);
      }
      const char* const kind = noise ? "noise" : "plain";
      print(arguments, kind, size, "send", floor.send, moor.send);
      print(arguments, kind, size, "receive", floor.receive, moor.receive);
    }
  }
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::main_of(moor::bench::Arguments(argc, argv, "--rounds", 15));
}
