#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace digon {

/// How a tensor's numbers are stored in a file.
enum class StoredType { float16, bfloat16, float32, float64 };

/// Bytes of one number.
std::size_t size_of(StoredType type);

/// A dense tensor, row-major (the last index varies fastest), as in NumPy and PyTorch.
struct Tensor {
  std::vector<std::size_t> shape;
  std::vector<double> values;  ///< product of shape
  StoredType stored_as = StoredType::float64;
};

/// A tensor as it lies in a file's bytes; what it views must outlive it.
struct TensorView {
  std::vector<std::size_t> shape;
  std::string dtype;               ///< as the file names it
  std::optional<StoredType> type;  ///< none where it is not a real type that can be read
  std::string_view bytes;          ///< row-major and little-endian, unless
  bool big_endian = false;
  bool fortran_order = false;  ///< the first index varies fastest

  /// How many numbers there are.
  [[nodiscard]] std::size_t size() const;
};

/// The product of a shape, or nothing where it overflows.
std::optional<std::size_t> element_count(const std::vector<std::size_t>& shape);

/// "[2, 5]".
std::string text_of_shape(const std::vector<std::size_t>& shape);

/// The values of a view, row-major. Throws InputError, naming `source` and `name`, where its type cannot be
/// read.
Tensor read_tensor(const TensorView& view, std::string_view source, std::string_view name);

/// The numbers [begin, begin + out.size()) of a view whose type can be read, in the order they are stored in.
void read_floats(const TensorView& view, std::size_t begin, Eigen::Ref<Eigen::VectorXf> out);

}  // namespace digon
