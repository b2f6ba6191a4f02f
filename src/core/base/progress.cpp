#include "core/base/progress.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

namespace digon {
namespace {

constexpr auto first_shown_after = std::chrono::seconds(2);
constexpr auto shown_every = std::chrono::milliseconds(200);

bool& is_silent() {
  static bool silent = false;
  return silent;
}

std::chrono::seconds whole_seconds(double seconds) {
  return std::chrono::seconds(static_cast<long>(seconds));
}

}  // namespace

void silence_progress() {
  is_silent() = true;
}

/// What is at work, and when a line was written last.
struct Progress::Log {
  std::mutex mutex;
  std::vector<const Progress*> at_work;
  Clock::time_point last = Clock::now();
};

Progress::Log& Progress::log() {
  static Log log;
  return log;
}

Progress::Progress(std::string label, std::size_t total, std::chrono::milliseconds log_every)
    : label_(std::move(label)),
      total_(total),
      start_(Clock::now()),
      next_(start_ + first_shown_after),
      terminal_(!is_silent() && ::isatty(STDERR_FILENO) == 1) {
  if (is_silent() || terminal_) return;
  {
    const std::lock_guard lock(log().mutex);
    log().at_work.push_back(this);
  }
  log_ = std::jthread([this, log_every](const std::stop_token& end) { keep_a_log(end, log_every); });
}

Progress::~Progress() {
  clear();
  const std::lock_guard lock(log().mutex);
  std::erase(log().at_work, this);
}

void Progress::clear() {
  const std::lock_guard lock(line_);
  if (shown_) fmt::print(stderr, "\r\033[K");
  shown_ = false;
}

void Progress::advance(std::size_t count) {
  const std::size_t done = done_ += count;
  if (!terminal_) return;
  const std::unique_lock lock(line_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  const Clock::time_point now = Clock::now();
  if (now >= next_) show(now, done);
}

void Progress::note(const std::string& text) {
  const std::lock_guard lock(line_);
  note_ = text;
}

void Progress::keep_a_log(const std::stop_token& end, std::chrono::milliseconds every) {
  std::unique_lock lock(log().mutex);
  Clock::time_point next = log().last + every;
  for (;;) {
    ended_.wait_until(lock, end, next, [] { return false; });
    if (end.stop_requested()) return;
    const Clock::time_point now = Clock::now();
    next = log().last + every;
    if (now < next) continue;  // another has written
    next = now + every / 10;
    if (log().at_work.back() != this) continue;  // which leaves it to what was begun later
    const std::lock_guard line(line_);
    fmt::print(stderr, "digon: after {:%T}: {}\n",
               whole_seconds(std::chrono::duration<double>(now - start_).count()), text(now, done_));
    std::fflush(stderr);
    log().last = now;
    next = now + every;
  }
}

std::string Progress::text(Clock::time_point now, std::size_t done) const {
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double share = static_cast<double>(done) / static_cast<double>(total_);
  const std::string eta =
      share > 0.0 ? fmt::format("ETA {:%T}", whole_seconds(elapsed * (1.0 - share) / share)) : "ETA unknown";
  return fmt::format("{}: {:.0f}%  {}{}{}", label_, 100.0 * share, eta, note_.empty() ? "" : "  ", note_);
}

void Progress::show(Clock::time_point now, std::size_t done) {
  fmt::print(stderr, "\r\033[K{}", text(now, done));
  std::fflush(stderr);
  shown_ = true;
  next_ = now + shown_every;
}

}  // namespace digon
