#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

namespace digon {

/// No progress from now on, of --quiet.
void silence_progress();

/// How far work has come, with an ETA, on standard error: on a terminal a line that is shown after two
/// seconds and cleared at the end; in a log a line a minute of the process, of the work begun last, which
/// comes whether or not anything has advanced. Safe to advance from many threads.
class Progress {
 public:
  /// `log_every` is how often a line comes in a log, counted from the last one.
  Progress(std::string label, std::size_t total,
           std::chrono::milliseconds log_every = std::chrono::minutes(1));
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  ///< clears the line

  /// The line of a terminal goes, to make room for what is printed there.
  void clear();

  void advance(std::size_t count);

  /// What is shown after the ETA from now on, e.g. the best so far.
  void note(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;

  void show(Clock::time_point now, std::size_t done);
  void keep_a_log(const std::stop_token& end, std::chrono::milliseconds every);
  struct Log;
  static Log& log();
  [[nodiscard]] std::string text(Clock::time_point now, std::size_t done) const;

  std::string label_;
  std::string note_;
  std::size_t total_;
  bool shown_ = false;
  std::atomic<std::size_t> done_{0};
  Clock::time_point start_;
  Clock::time_point next_;
  bool terminal_;
  std::mutex line_;
  std::condition_variable_any ended_;
  std::jthread log_;  ///< last: it ends before what it reads
};

}  // namespace digon
