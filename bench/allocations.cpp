#include "bench/allocations.hpp"

#include <malloc.h>
#include <algorithm>
#include <cstdlib>
#include <new>

namespace moor::bench {
namespace {

Allocations counted;  // the benchmarks have one thread

void* count(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  ++counted.count;
  counted.live_bytes += malloc_usable_size(block);
  return block;
}

void give_back(void* block) noexcept {
  counted.live_bytes -= malloc_usable_size(block);  // 0 for nothing
  std::free(block);
}

}  // namespace

Allocations allocations() noexcept {
  return counted;
}

}  // namespace moor::bench

// The other forms of the standard library call these (C++20, [new.delete]).
void* operator new(std::size_t size) {
  return moor::bench::count(std::malloc(std::max<std::size_t>(size, 1)));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  return moor::bench::count(std::aligned_alloc(align, (std::max<std::size_t>(size, 1) + align - 1) / align * align));
}
void operator delete(void* block) noexcept {
  moor::bench::give_back(block);
}
void operator delete(void* block, std::size_t) noexcept {
  moor::bench::give_back(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  moor::bench::give_back(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  moor::bench::give_back(block);
}
