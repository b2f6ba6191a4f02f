#pragma once

#include <optional>
#include <string>

#include "core/files/tensor_file.hpp"

namespace digon {

/// Which axis of a stored W [instances, ·, ·] or [·, ·] counts the features.
enum class WeightLayout {
  inferred,        ///< the one as long as the bias
  features_first,  ///< [n, m], as in Anthropic's notebook
  hidden_first,    ///< [m, n], as in ARENA's exercises
};

/// Which tensors of a file are the model's, where its names do not tell.
struct ModelFileOptions {
  WeightLayout layout = WeightLayout::inferred;
  std::string weights = {};      ///< name of W
  std::string bias = {};         ///< of b; "none": b = 0
  std::string weights_out = {};  ///< of W_out, which makes it an absolute value model
};

/// The shape of W, which axis is which settled.
struct WeightShape {
  std::size_t instances = 1;
  std::size_t n = 0;
  std::size_t m = 0;
  bool stacked = false;  ///< [instances, ·, ·]
  bool features_first = true;
};

/// The tensors of a model in a file.
struct ModelTensors {
  std::string W;
  std::string b;      ///< empty: 0
  std::string W_out;  ///< empty: tied
  WeightShape shape;
  std::string
      remark;  ///< which they are, where they are not called W and b: "W is 'linear1.weight' [2, 5], …"
};

/// Finds them: by the options, else by the names that PyTorch, JAX, NumPy and published code give them,
/// behind any of the prefixes that wrappers add, each where its shape fits. Throws InputError that lists the
/// file's tensors where there is not one way to read it: no W, a bias that does not fit, or one that would go
/// unused; a decoder that is not the transpose of W.
ModelTensors find_model_tensors(const TensorFile& file, const std::string& source,
                                const ModelFileOptions& options);

}  // namespace digon
