#pragma once

#include <string>
#include <string_view>

#include "core/files/tensor.hpp"

namespace digon {

/// The array of a NumPy .npy file (format versions 1 to 3), of any type, as it lies in bytes that may be
/// truncated or hostile and must outlive the result. Throws InputError, naming `source` and the first thing
/// wrong.
TensorView parse_npy(std::string_view bytes, std::string_view source);

/// The same of the file's beginning alone, up to the end of its header: its type and shape, without bytes.
TensorView parse_npy_header(std::string_view bytes, std::string_view source);

/// A .npy file (version 1) of a matrix's rows.
std::string serialize_npy(const Eigen::Ref<const Eigen::MatrixXd>& matrix);

/// The greatest header that is read.
inline constexpr std::size_t most_npy_header = 1U << 16;

}  // namespace digon
