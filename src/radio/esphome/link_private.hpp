#pragma once
// What a LinkState holds; its operations hold it too, not the state.

#include "radio/esphome/link_core.hpp"

namespace moor::esphome_radio {

struct LinkState::Private {
  CorePtr core;
};

}  // namespace moor::esphome_radio
