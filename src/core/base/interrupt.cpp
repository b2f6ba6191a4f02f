#include "core/base/interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string_view>
#include <tuple>

namespace digon {
namespace {

std::atomic<bool> stop_requested = false;
std::atomic<bool> term_received = false;
std::atomic<unsigned> seconds_left = 0;
std::atomic<int> must_finish = 0;
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "signal handlers write them");

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

bool terminated() {
  return term_received;
}

bool interrupted() {
  return stop_requested;
}

void throw_if_interrupted() {
  if (interrupted()) throw Interrupted();
}

}  // namespace digon
