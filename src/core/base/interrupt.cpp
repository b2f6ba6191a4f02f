#include "core/base/interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <string_view>
#include <tuple>

namespace digon {
namespace {

std::atomic<bool> stop_requested = false;
std::atomic<bool> term_received = false;
std::atomic<unsigned> seconds_left = 0;
std::atomic<int> must_finish = 0;
std::atomic<std::int64_t> given_up_at = 0;  // nanoseconds of the steady clock; 0: never
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
                  std::atomic<std::int64_t>::is_always_lock_free,
              "signal handlers write them");

std::int64_t nanoseconds_now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void request_stop(int signal) {
  stop_requested = true;
  if (signal == SIGTERM) term_received = true;
  std::signal(signal, SIG_DFL);
  ::alarm(seconds_left);
}

void end_now(int /*signal*/) {
  if (must_finish > 0) {
    ::alarm(1);
    return;
  }
  constexpr std::string_view message = "digon: interrupted; what was at work is given up\n";
  std::ignore = ::write(STDERR_FILENO, message.data(), message.size());
  constexpr int exit_interrupted = 130;
  ::_exit(exit_interrupted);
}

}  // namespace

void install_interrupt_handler() {
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
}

void end_within(unsigned seconds) {
  seconds_left = seconds;
  std::signal(SIGALRM, end_now);
}

MustFinish::MustFinish() {
  ++must_finish;
}
MustFinish::~MustFinish() {
  --must_finish;
}

void request_interrupt() {
  stop_requested = true;
}

void give_up_in(double seconds) {
  constexpr double nanoseconds = 1e9;
  given_up_at = nanoseconds_now() + std::int64_t(seconds * nanoseconds);
}

void clear_interrupt() {
  stop_requested = false;
  given_up_at = 0;
}

bool terminated() {
  return term_received;
}

bool interrupted() {
  return stop_requested;
}

void throw_if_interrupted() {
  if (interrupted()) throw Interrupted();
}

void throw_if_given_up() {
  const std::int64_t at = given_up_at;
  if (at != 0 && nanoseconds_now() >= at) throw Interrupted();
}

}  // namespace digon
