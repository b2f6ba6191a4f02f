#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/files/tensor.hpp"

namespace digon {

/// The array of a NumPy .npy file (format versions 1 to 3) of little-endian float16, float32 or float64; of
/// an array in Fortran order, its transpose.
struct NpyArray {
  TensorView view;
  bool transposed = false;  ///< the file's array is the view's with the order of its axes reversed
};

/// Reads bytes that may be truncated or hostile, which must outlive the result. Throws InputError, naming
/// `source` and the first thing wrong.
NpyArray parse_npy(std::string_view bytes, std::string_view source);

/// The array's values, in C order.
Tensor read_npy(std::string_view bytes, std::string_view source);

/// The arrays of a NumPy .npz file, stored or deflated, by name. Throws InputError as parse_npy does, and
/// where arrays claim more than the file's compressed bytes could hold: no more than 1032 times the file's
/// size is ever unpacked, whatever the file says.
std::map<std::string, Tensor> parse_npz(std::string_view bytes, std::string_view source);

}  // namespace digon
