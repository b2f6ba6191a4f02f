#include "core/base/parallel.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

namespace digon {

namespace {

void run_in_this_arena(std::size_t count, const std::function<void(std::size_t)>& work) {
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, count, 1),
      [&](const tbb::blocked_range<std::size_t>& range) {
        for (std::size_t i = range.begin(); i < range.end(); ++i) work(i);
      },
      tbb::simple_partitioner());
}

}  // namespace

void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& work) {
  if (threads == threads_inside) return parallel_for_inside(count, work);
  tbb::task_arena arena(threads == 0 ? tbb::task_arena::automatic : static_cast<int>(threads));
  arena.execute([&] { run_in_this_arena(count, work); });
}

void parallel_for_inside(std::size_t count, const std::function<void(std::size_t)>& work) {
  // Isolated: a thread that waits for the last of this work must not begin another item of the outer work.
  tbb::this_task_arena::isolate([&] { run_in_this_arena(count, work); });
}

}  // namespace digon
