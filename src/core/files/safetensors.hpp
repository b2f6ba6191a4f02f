#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/files/tensor.hpp"

namespace digon {

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

/// The tensors of a safetensors file as they lie in its bytes, of any type, and its metadata.
struct SafetensorsIndex {
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;
};

/// Finds the tensors in bytes that may be truncated or hostile, which must outlive the result. Throws
/// InputError, naming `source` and the first thing wrong; reads no tensor.
SafetensorsIndex index_safetensors(std::string_view bytes, std::string_view source);

/// All tensors, read: real numbers of 16, 32 or 64 bits. Throws InputError as index_safetensors does; never
/// allocates more than the bytes given call for.
Safetensors parse_safetensors(std::string_view bytes, std::string_view source);

}  // namespace digon
