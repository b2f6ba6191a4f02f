#include "core/files/layer_file.hpp"

#include "core/base/input_error.hpp"
#include "core/files/tensor_file.hpp"

namespace digon {
namespace {

bool is_matrix(const TensorView& view) {
  return view.shape.size() == 2 || view.shape.size() == 3;
}

/// The tensor of that name, or the only matrix.
std::string find_matrix(const TensorFile& file, const std::string& tensor, const std::string& source) {
  const std::string listed = file.list(TensorFile::Listed::matrices);
  if (!tensor.empty()) {
    if (file.tensors().contains(tensor)) return tensor;
    reject("--tensor: '{}' is not in {}; its matrices are {}", tensor, source, listed);
  }
  std::string only;
  for (const auto& [name, view] : file.tensors()) {
    if (!is_matrix(view)) continue;
    if (!only.empty()) reject("--tensor is needed: the matrices of {} are {}", source, listed);
    only = name;
  }
  if (only.empty()) reject("{}: has no matrix; it has: {}", source, file.list());
  return only;
}

/// Matrix `instance` of a tensor [instances, ·, ·].
void take_instance(TensorView& view, std::optional<std::size_t> instance, const std::string& label) {
  const std::size_t instances = view.shape.front();
  if (!instance && instances != 1) {
    reject("{} {} holds {} matrices; --instance K takes one of them", label, text_of_shape(view.shape),
           instances);
  }
  if (instance.value_or(0) >= instances) {
    reject("--instance: '{}' given; accepted: a whole number from 0 to {}", *instance, instances - 1);
  }
  if (view.fortran_order) {
    reject(
        "{} is in Fortran order; accepted of several matrices: C order, as numpy.ascontiguousarray makes it",
        label);
  }
  view.shape.erase(view.shape.begin());
  const std::size_t bytes = view.bytes.size() / instances;
  view.bytes = view.bytes.substr(instance.value_or(0) * bytes, bytes);
}

}  // namespace

TensorView LayerFile::find(const std::string& tensor, std::optional<std::size_t> instance) {
  if (!tensor.empty() && file_.bytes().starts_with("\x93NUMPY")) {
    reject("--tensor: '{}' given for {}, a .npy file, which has one array", tensor, source_);
  }
  const TensorFile file(file_.bytes(), source_);
  name_ = find_matrix(file, tensor, source_);
  const std::string label = fmt::format("{}: '{}'", source_, name_);
  TensorView view = file.tensors().at(name_);
  if (!is_matrix(view)) {
    reject("{} has {} dimensions; accepted: a matrix [n, m] or [m, n], or several [instances, ·, ·]", label,
           view.shape.size());
  }
  if (!view.type) reject("{} has dtype {}; accepted: F16, BF16, F32, F64", label, view.dtype);
  if (file.is_compressed(name_)) {
    reject(
        "{} is compressed, so that it cannot be read block by block; numpy.savez instead of savez_compressed "
        "stores "
        "it as it is",
        label);
  }
  if (view.size() == 0) reject("{} is empty", label);
  if (view.shape.size() == 3) {
    take_instance(view, instance, label);
  } else if (instance) {
    reject("--instance: given for {}, which is one matrix {}", label, text_of_shape(view.shape));
  }
  return view;
}

LayerFile::LayerFile(const std::filesystem::path& file, const std::string& tensor, WeightLayout layout,
                     std::optional<std::size_t> instance)
    : file_(file), source_(file.string()), view_(find(tensor, instance)) {
  const std::size_t rows = view_.shape[0];
  const std::size_t columns = view_.shape[1];
  if (layout == WeightLayout::inferred && rows == columns) {
    reject("{}: '{}' [{}, {}] is square, so that either axis could be the vectors; --layout n,m or m,n tells",
           source_, name_, rows, columns);
  }
  features_first_ =
      layout == WeightLayout::inferred ? rows > columns : layout == WeightLayout::features_first;
  n_ = Eigen::Index(features_first_ ? rows : columns);
  m_ = Eigen::Index(features_first_ ? columns : rows);
}

void LayerFile::read_rows(Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) const {
  for (Eigen::Index i = 0; i < block.cols(); ++i) {
    read_floats(view_, std::size_t((begin + i) * m_), block.col(i));
  }
}

void LayerFile::read_columns(Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) const {
  Eigen::VectorXf row(block.cols());
  for (Eigen::Index a = 0; a < m_; ++a) {
    read_floats(view_, std::size_t(a * n_ + begin), row);
    block.row(a) = row;
  }
}

void LayerFile::read(Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) const {
  // The rows of a matrix in Fortran order lie in the file as the columns of one in C order.
  if (features_first_ != view_.fortran_order) {
    read_rows(begin, block);
  } else {
    read_columns(begin, block);
  }
  if (block.allFinite()) return;
  for (Eigen::Index i = 0; i < block.cols(); ++i) {
    if (block.col(i).allFinite()) continue;
    reject("{}: '{}': {} {} contains NaN or infinity; all vectors must be finite", source_, name_,
           features_first_ ? "row" : "column", begin + i);
  }
}

}  // namespace digon
