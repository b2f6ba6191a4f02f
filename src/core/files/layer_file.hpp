#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/mapped_file.hpp"
#include "core/files/model_tensors.hpp"
#include "core/files/tensor.hpp"

namespace digon {

/// n vectors in R^m of a layer of any network (the decoder of a sparse autoencoder, an embedding matrix), in
/// a file that may be larger than memory: blocks of them are read as they are asked for.
class LayerFile {
 public:
  /// A matrix of a safetensors, .npy or uncompressed .npz file: the tensor of that name, or the only matrix
  /// of the file where the name is empty. Of a tensor [instances, ·, ·] it is that of `instance`. `layout`
  /// tells whether the vectors are its rows (n,m) or its columns (m,n); inferred, they are what there is more
  /// of. Throws InputError naming the file and what is wrong.
  explicit LayerFile(const std::filesystem::path& file, const std::string& tensor = "",
                     WeightLayout layout = WeightLayout::inferred,
                     std::optional<std::size_t> instance = std::nullopt);

  [[nodiscard]] Eigen::Index count() const { return n_; }  ///< n
  [[nodiscard]] Eigen::Index dim() const { return m_; }    ///< m
  [[nodiscard]] const std::string& tensor() const { return name_; }
  [[nodiscard]] const std::string& dtype() const { return view_.dtype; }

  /// Vectors [begin, begin + block.cols()) as the columns of block [m×count]; safe to call from many threads.
  /// Throws InputError naming file, tensor and vector where one is not finite.
  void read(Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) const;

 private:
  [[nodiscard]] TensorView find(const std::string& tensor, std::optional<std::size_t> instance);
  void read_rows(Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) const;
  void read_columns(Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) const;

  MappedFile file_;
  std::string source_;
  std::string name_;
  TensorView view_;
  bool features_first_ = true;  ///< the vectors are the rows of the matrix
  Eigen::Index n_ = 0;
  Eigen::Index m_ = 0;
};

}  // namespace digon
