#pragma once

#include "core/base/input_error.hpp"

namespace digon {

/// Input is read or refused with an InputError: anything else is a finding.
template <typename Read>
void read_or_refuse(Read read) {
  try {
    read();
  } catch (const InputError&) {
  }
}

}  // namespace digon
