#pragma once

#include <stdexcept>

namespace digon {

/// From now on the first SIGINT or SIGTERM asks for an orderly end; a second one ends the program at once.
void install_interrupt_handler();

/// From now on what has not come to its orderly end so many seconds after the signal is ended all the same,
/// with status 130 and a message, as soon as no file is being written.
void end_within(unsigned seconds);

/// While one lives the program is not ended by end_within: what it is at takes moments and is better
/// finished.
class MustFinish {
 public:
  MustFinish();
  MustFinish(const MustFinish&) = delete;
  MustFinish& operator=(const MustFinish&) = delete;
  ~MustFinish();
};

/// Asks for an orderly end, as a signal would. It and give_up_in may be called by a signal handler.
void request_interrupt();

/// From so many seconds on throw_if_given_up throws: of a library, whose caller's process goes on, what has
/// no orderly end by then ends without one.
void give_up_in(double seconds);

/// Forgets that an end was asked for, and a time to give up.
void clear_interrupt();

/// Whether it was SIGTERM, a scheduler's time limit, that asked for it.
bool terminated();

/// There is no result, because an orderly end was asked for first.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

/// Whether an orderly end was asked for. Long work looks at this between steps.
bool interrupted();

/// Throws Interrupted where an orderly end was asked for.
void throw_if_interrupted();

/// Throws Interrupted where the time to give up has come. Single evaluations of a loss look at this, which
/// have no orderly end.
void throw_if_given_up();

}  // namespace digon
