#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

namespace digon {

/// A progress line with ETA on standard error, for work that lasts over two seconds; silent where standard
/// error is not a terminal. Safe to advance from many threads.
class Progress {
 public:
  Progress(std::string label, std::size_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  ///< clears the line

  void advance(std::size_t count);

  /// What is shown after the ETA from now on, e.g. the best so far.
  void note(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;

  void show(Clock::time_point now, std::size_t done);

  std::string label_;
  std::string note_;
  std::size_t total_;
  bool terminal_;
  bool shown_ = false;
  std::atomic<std::size_t> done_{0};
  Clock::time_point start_;
  Clock::time_point next_;
  std::mutex line_;
};

}  // namespace digon
