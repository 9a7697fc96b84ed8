#include "proxy/links.hpp"
