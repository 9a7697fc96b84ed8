#include <gtest/gtest.h>
#include "dbus/bus.hpp"
