#include "theory/numerics/scratch.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <new>

#include "core/base/sanitized.hpp"

namespace digon {
namespace {

constexpr std::align_val_t alignment{64};
constexpr std::size_t least_block = 64;
constexpr std::size_t classes = 16;  // 64 B to 2 MiB
constexpr std::size_t kept_classes = is_sanitized ? 0 : classes;

/// Free blocks of 64 B, 128 B, …, each the first word of which is the next.
struct FreeBlocks {
  std::array<void*, classes> first{};

  ~FreeBlocks() {
    for (void* block : first) {
      while (block != nullptr) {
        void* const next = *static_cast<void**>(block);
        ::operator delete(block, alignment);
        block = next;
      }
    }
  }
};
thread_local FreeBlocks blocks;

std::size_t class_of(std::size_t bytes) {
  return std::size_t(std::bit_width((std::max(bytes, least_block) - 1) / least_block));
}

}  // namespace

void* take_scratch(std::size_t bytes) {
  const std::size_t k = class_of(bytes);
  if (k >= kept_classes) return ::operator new(bytes, alignment);
  void* const block = blocks.first[k];
  if (block == nullptr) return ::operator new(least_block << k, alignment);
  blocks.first[k] = *static_cast<void**>(block);
  return block;
}

void return_scratch(void* block, std::size_t bytes) {
  const std::size_t k = class_of(bytes);
  if (k >= kept_classes) return ::operator delete(block, alignment);
  *static_cast<void**>(block) = blocks.first[k];
  blocks.first[k] = block;
}

}  // namespace digon
