#pragma once
// A message to the client, from its struct.

#include "esphome/codec.hpp"
#include "proxy/links.hpp"

namespace moor::proxy {

template <typename Message>
void send(Answers& client, const Message& message) {
  std::vector<uint8_t> payload;
  esphome::encode(message, payload);
  client.send(Message::type, payload);
}

}  // namespace moor::proxy
