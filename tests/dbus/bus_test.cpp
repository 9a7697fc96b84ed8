#include "dbus/bus.hpp"
#include <gtest/gtest.h>
