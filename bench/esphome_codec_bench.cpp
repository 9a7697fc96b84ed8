// What it costs to read a message of 16 advertisements, as proxies send them under load, beside a bare loop over protozero's reader in the same run; to write one; and
// to read and write the services of a device.

#include "bench/arguments.hpp"
#include "bench/measure.hpp"
#include "esphome/advertisements.hpp"
#include "esphome/codec.hpp"

#include <fmt/format.h>
#include <protozero/pbf_reader.hpp>
#include <random>

namespace moor::bench {
namespace {

using namespace moor::esphome;

constexpr size_t batch_size = 16;
constexpr size_t messages_count = 64;  // different ones, so that no branch is learnt by heart

struct Messages {
  std::vector<std::vector<uint8_t>> payloads;
  std::vector<std::vector<uint8_t>> data;
  std::vector<RawAdvertisement> advertisements;
};

// Devices as they are in a house: public and random addresses, near and far, 20 to 50 bytes.
Messages make_messages() {
  std::mt19937_64 random(1);
  Messages messages;
  for (size_t i = 0; i < messages_count; ++i) {
    AdvertisementBatch batch;
    for (size_t k = 0; k < batch_size; ++k) {
      auto& data = messages.data.emplace_back(20 + random() % 31);
      for (uint8_t& byte : data) byte = static_cast<uint8_t>(random());
      messages.advertisements.push_back({.address = random() & 0xffffffffffff,
                                         .rssi = -40 - static_cast<int32_t>(random() % 60),
                                         .address_type = static_cast<uint32_t>(random() % 2),
                                         .data = data});
      batch.add(messages.advertisements.back());
    }
    messages.payloads.emplace_back(batch.payload().begin(), batch.payload().end());
  }
  return messages;
}

Services make_services() {
  Services services{.address = 0xa4cf12345678, .services = {}};
  for (uint32_t handle = 1; handle < 60; handle += 12) {
    ServiceEntry service{.uuid = {{0x6e400001b5a3f393, 0xe0a9e50e24dcca9e + handle}, 2}, .handle = handle, .characteristics = {}};
    for (uint32_t i = 1; i < 10; i += 3)
      service.characteristics.push_back({.uuid = {},
                                         .handle = handle + i + 1,
                                         .properties = 0x12,
                                         .descriptors = {{.handle = handle + i + 2, .short_uuid = 0x2902}},
                                         .short_uuid = 0x2a00 + i});
    services.services.push_back(std::move(service));
  }
  return services;
}

class Bench {
public:
  void run_round(int repeats) {
    protozero_.take([&] { repeat(repeats, [&](Bytes payload) { read_with_protozero(payload); }); });
    moor_.take([&] {
      repeat(repeats, [&](Bytes payload) {
        if (for_each_advertisement(payload, [&](const RawAdvertisement& one) { count(one); })) std::abort();
      });
    });
    writing_.take([&] {
      for (int i = 0; i < repeats; ++i)
        for (size_t k = 0; k < messages_.advertisements.size(); ++k) {
          if (k % batch_size == 0) batch_.clear();
          batch_.add(messages_.advertisements[k]);
        }
    });
    services_read_.take([&] {
      for (int i = 0; i < repeats; ++i) sum_ = sum_ + decode<Services>(services_payload_).message.services.size();
    });
    services_written_.take([&] {
      for (int i = 0; i < repeats; ++i) {
        services_out_.clear();
        encode(services_, services_out_);
      }
    });
  }

  void print(bool json, int repeats) const {
    const double advertisements = static_cast<double>(repeats) * static_cast<double>(messages_.advertisements.size());
    const auto row = [&](const Measure& measure, double count, const char* each) {
      const double ns = measure.median() * 1e9 / count;
      const double allocations = static_cast<double>(measure.allocated) / (count * static_cast<double>(measure.seconds.size()));
      if (json)
        fmt::print("{{\"bench\":\"esphome_codec\",\"what\":\"{}\",\"ns\":{:.2f},\"of\":\"{}\",\"allocations\":{:.4f}}}\n",
                   measure.name, ns, each, allocations);
      else
        fmt::print("{:<28} {:>8.1f} ns {:<16} {:>8.4f} allocations\n", measure.name, ns, each, allocations);
    };
    row(protozero_, advertisements, "an advertisement");
    row(moor_, advertisements, "an advertisement");
    row(writing_, advertisements, "an advertisement");
    row(services_read_, repeats, "a message");
    row(services_written_, repeats, "a message");
  }

private:
  void count(const RawAdvertisement& one) {
    sum_ = sum_ + (one.address ^ static_cast<uint64_t>(one.rssi) ^ one.address_type ^ one.data.size() ^
                   reinterpret_cast<uintptr_t>(one.data.data()));
  }
  template <typename Work>
  void repeat(int repeats, Work&& work) {
    for (int i = 0; i < repeats; ++i)
      for (const auto& payload : messages_.payloads) work(Bytes(payload));
  }
  void read_with_protozero(Bytes payload) {
    protozero::pbf_reader reader(reinterpret_cast<const char*>(payload.data()), payload.size());
    while (reader.next(1)) {
      RawAdvertisement one;
      protozero::pbf_reader inner = reader.get_message();
      while (inner.next()) {
        switch (inner.tag()) {
          case 1: one.address = inner.get_uint64(); break;
          case 2: one.rssi = inner.get_sint32(); break;
          case 3: one.address_type = inner.get_uint32(); break;
          case 4: {
            const auto view = inner.get_view();
            one.data = Bytes(reinterpret_cast<const uint8_t*>(view.data()), view.size());
            break;
          }
          default: inner.skip();
        }
      }
      count(one);
    }
  }

  Messages messages_ = make_messages();
  Services services_ = make_services();
  std::vector<uint8_t> services_payload_ = [this] {
    std::vector<uint8_t> payload;
    encode(services_, payload);
    return payload;
  }();
  std::vector<uint8_t> services_out_;
  AdvertisementBatch batch_;
  volatile uint64_t sum_ = 0;
  Measure protozero_{"read, protozero alone", {}};
  Measure moor_{"read", {}};
  Measure writing_{"write", {}};
  Measure services_read_{"services: read", {}};
  Measure services_written_{"services: write", {}};
};

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  using namespace moor::bench;
  const Arguments arguments(argc, argv, "--rounds", 15);
  constexpr int repeats = 500;
  Bench bench;
  bench.run_round(repeats);  // warm
  for (uint64_t i = 0; i < arguments.number(); ++i) bench.run_round(repeats);
  bench.print(arguments.json(), repeats);
  return 0;
}
