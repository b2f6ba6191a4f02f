#pragma once

namespace digon {

/// From now on the first SIGINT or SIGTERM asks for an orderly end; a second one ends the program at once.
void install_interrupt_handler();

/// Whether an orderly end was asked for. Long work looks at this between steps.
bool interrupted();

}  // namespace digon
