#include "core/base/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace digon {
namespace {

std::atomic<bool> stop_requested = false;
std::atomic<bool> term_received = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

void request_stop(int signal) {
  stop_requested = true;
  if (signal == SIGTERM) term_received = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void install_interrupt_handler() {
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
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
