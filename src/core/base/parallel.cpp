#include "core/base/parallel.hpp"

#if defined(__SANITIZE_THREAD__)
#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>
#else
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include <map>
#include <memory>
#include <mutex>
#include <vector>
#endif

namespace digon {

#if defined(__SANITIZE_THREAD__)

// The thread sanitizer sees nothing of what oneTBB, which is not built with it, does between its threads, and
// takes it for races. In its build plain threads do the work: what is looked at is the work.

void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::exception_ptr thrown;
  std::mutex throwing;
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::scoped_lock lock(throwing);
        if (!thrown) thrown = std::current_exception();
        next = count;
      }
    }
  };
  constexpr std::size_t usual = 4;
  std::vector<std::thread> others(std::min(count, threads == 0 ? usual : threads));
  for (std::thread& other : others) other = std::thread(take);
  for (std::thread& other : others) other.join();
  if (thrown) std::rethrow_exception(thrown);
}

void parallel_for_inside(std::size_t count, const std::function<void(std::size_t)>& work) {
  parallel_for(count, 0, work);
}

#else

namespace {

void run_in_this_arena(std::size_t count, const std::function<void(std::size_t)>& work) {
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, count, 1),
      [&](const tbb::blocked_range<std::size_t>& range) {
        for (std::size_t i = range.begin(); i < range.end(); ++i) work(i);
      },
      tbb::simple_partitioner());
}

/// An arena of so many threads for one caller. To make one takes a third of a millisecond, twice an exact
/// loss of 20 features, so that they are kept: as many as were ever in use at once.
class Arena {
 public:
  explicit Arena(std::size_t threads) : threads_(threads) {
    const std::scoped_lock lock(kept().mutex);
    std::vector<std::unique_ptr<tbb::task_arena> >& idle = kept().idle[threads];
    if (idle.empty()) {
      arena_ = std::make_unique<tbb::task_arena>(threads == 0 ? tbb::task_arena::automatic
                                                              : static_cast<int>(threads));
    } else {
      arena_ = std::move(idle.back());
      idle.pop_back();
    }
  }
  ~Arena() {
    const std::scoped_lock lock(kept().mutex);
    kept().idle[threads_].push_back(std::move(arena_));
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  tbb::task_arena* operator->() const { return arena_.get(); }

 private:
  struct Kept {
    std::mutex mutex;
    std::map<std::size_t, std::vector<std::unique_ptr<tbb::task_arena> > > idle;  // by threads
  };
  static Kept& kept() {
    static Kept* const all = new Kept;  // never ended: oneTBB may be, before it
    return *all;
  }

  std::size_t threads_;
  std::unique_ptr<tbb::task_arena> arena_;
};

}  // namespace

void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& work) {
  if (threads == threads_inside) return parallel_for_inside(count, work);
  const Arena arena(threads);
  arena->execute([&] { run_in_this_arena(count, work); });
}

void parallel_for_inside(std::size_t count, const std::function<void(std::size_t)>& work) {
  // Isolated: a thread that waits for the last of this work must not begin another item of the outer work.
  tbb::this_task_arena::isolate([&] { run_in_this_arena(count, work); });
}

#endif

}  // namespace digon
