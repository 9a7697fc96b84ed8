// Must not compile: what an asynchronous function returns has to be awaited, and a filter's answer to be used.
#include "moor/scanner.hpp"

void forgets_to_wait(moor::Clock& clock, moor::Radio& radio) {
  moor::discover(clock, radio);
}
