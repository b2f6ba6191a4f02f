#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/files/tensor.hpp"
#include "core/files/zip_archive.hpp"

namespace digon {

/// The named tensors of a safetensors, .npz or .npy file, told apart by their first bytes and found without
/// being read. The array of a .npy file is named "array".
class TensorFile {
 public:
  /// Of bytes that may be truncated or hostile and must outlive this. Throws InputError, naming `source` and
  /// what is wrong; of a file of another known format what it is and how to convert it.
  TensorFile(std::string_view bytes, std::string source);

  /// By name; one that is compressed has no bytes.
  [[nodiscard]] const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }

  [[nodiscard]] bool is_compressed(const std::string& name) const;
  /// The values of a tensor that is there, row-major. Throws InputError where it is damaged or of a type that
  /// cannot be read.
  [[nodiscard]] Tensor read(const std::string& name) const;

  /// Its tensors for a message, "W [5, 2] F32, b [5] F32"; only the matrices where asked for.
  enum class Listed { all, matrices };
  [[nodiscard]] std::string list(Listed listed = Listed::all) const;

 private:
  void index_npz(std::string_view bytes);

  std::string source_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, ZipEntry> entries_;  ///< of a .npz file
};

}  // namespace digon
