#include "core/base/progress.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace digon {
namespace {

constexpr auto first_shown_after = std::chrono::seconds(2);
constexpr auto shown_every = std::chrono::milliseconds(200);

}  // namespace

Progress::Progress(std::string label, std::size_t total)
    : label_(std::move(label)),
      total_(total),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      next_(start_ + first_shown_after) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
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

void Progress::show(Clock::time_point now, std::size_t done) {
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double share = static_cast<double>(done) / static_cast<double>(total_);
  const double remaining = share > 0.0 ? elapsed * (1.0 - share) / share : 0.0;
  fmt::print(stderr, "\r\033[K{}: {:.0f}%  ETA {:%T}{}{}", label_, 100.0 * share,
             std::chrono::seconds(static_cast<long>(remaining)), note_.empty() ? "" : "  ", note_);
  std::fflush(stderr);
  shown_ = true;
  next_ = now + shown_every;
}

}  // namespace digon
