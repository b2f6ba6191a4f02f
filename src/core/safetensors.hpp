#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace digon {

/// How a tensor's numbers are stored in the file.
enum class StoredType { float32, float64 };

/// A dense tensor, row-major (the last index varies fastest), as in NumPy and PyTorch.
struct Tensor {
  std::vector<std::size_t> shape;
  std::vector<double> values;  ///< product of shape
  StoredType stored_as = StoredType::float64;
};

/// The contents of a safetensors file: named tensors and metadata (strings alone, by the format).
///
/// The format: 8 bytes, the header's length as little-endian uint64; the header, JSON
/// {"name": {"dtype", "shape", "data_offsets": [begin, end]}, "__metadata__": {…}}; the raw little-endian
/// data, which the tensors cover without gap or overlap.
struct Safetensors {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// The bytes of a safetensors file. Throws std::logic_error if a shape does not match its values.
std::string serialize(const Safetensors& file);

/// Reads F32 and F64 tensors from bytes that may be truncated or hostile. Throws InputError, naming `source`
/// and the first thing wrong; never allocates more than the bytes given call for.
Safetensors parse_safetensors(std::string_view bytes, std::string_view source);

}  // namespace digon
