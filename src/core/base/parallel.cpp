#include "core/base/parallel.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

namespace digon {

namespace {

/// What the thread sanitizer cannot see of oneTBB, which is not built with it: all that was done before a
/// parallel_for is done before its work, and its work before all that comes after.
#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
void happens_after(void* point) {
  __tsan_acquire(point);
}
void happens_before(void* point) {
  __tsan_release(point);
}
#else
void happens_after(void* /*point*/) {}
void happens_before(void* /*point*/) {}
#endif

void run_in_this_arena(std::size_t count, const std::function<void(std::size_t)>& work) {
  char begun = 0;
  char done = 0;
  happens_before(&begun);
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, count, 1),
      [&](const tbb::blocked_range<std::size_t>& range) {
        happens_after(&begun);
        for (std::size_t i = range.begin(); i < range.end(); ++i) work(i);
        happens_before(&done);
      },
      tbb::simple_partitioner());
  happens_after(&done);
}

}  // namespace

void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& work) {
  tbb::task_arena arena(threads == 0 ? tbb::task_arena::automatic : static_cast<int>(threads));
  arena.execute([&] { run_in_this_arena(count, work); });
}

void parallel_for_inside(std::size_t count, const std::function<void(std::size_t)>& work) {
  // Isolated: a thread that waits for the last of this work must not begin another item of the outer work.
  tbb::this_task_arena::isolate([&] { run_in_this_arena(count, work); });
}

}  // namespace digon
