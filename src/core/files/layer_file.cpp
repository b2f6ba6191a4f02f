#include "core/files/layer_file.hpp"

#include "core/base/input_error.hpp"
#include "core/files/npy.hpp"
#include "core/files/safetensors.hpp"

namespace digon {
namespace {

struct NamedView {
  std::string name;
  TensorView view;
  bool transposed = false;
};

/// The matrices of a safetensors file, for a message.
std::string list_matrices(const SafetensorsIndex& index) {
  constexpr std::size_t most = 8;
  std::string list;
  std::size_t count = 0;
  for (const auto& [name, view] : index.tensors) {
    if (view.shape.size() != 2) continue;
    if (++count <= most)
      list += fmt::format("{}{} [{}, {}]", list.empty() ? "" : ", ", name, view.shape[0], view.shape[1]);
  }
  if (count > most) list += fmt::format(" and {} more", count - most);
  return list.empty() ? "none" : list;
}

NamedView find_matrix(const SafetensorsIndex& index, const std::string& tensor, const std::string& source) {
  const NamedView* chosen = nullptr;
  std::vector<NamedView> matrices;
  for (const auto& [name, view] : index.tensors) {
    if (tensor.empty() ? view.shape.size() == 2 : name == tensor) matrices.push_back({name, view});
  }
  if (matrices.size() == 1) chosen = &matrices.front();
  if (chosen == nullptr && tensor.empty()) {
    reject("--tensor is needed: the matrices of {} are {}", source, list_matrices(index));
  }
  if (chosen == nullptr) {
    reject("--tensor: '{}' is not in {}; its matrices are {}", tensor, source, list_matrices(index));
  }
  return *chosen;
}

NamedView open_matrix(std::string_view bytes, const std::string& tensor, const std::string& source) {
  if (bytes.starts_with("PK")) {
    reject("{}: is a .npz file, whose arrays cannot be read block by block; accepted: .npy or safetensors",
           source);
  }
  if (!bytes.starts_with("\x93NUMPY")) return find_matrix(index_safetensors(bytes, source), tensor, source);
  if (!tensor.empty())
    reject("--tensor: '{}' given for {}, a .npy file, which has one array", tensor, source);
  const NpyArray array = parse_npy(bytes, source);
  return {"array", array.view, array.transposed};
}

}  // namespace

LayerFile::LayerFile(const std::filesystem::path& file, const std::string& tensor, WeightLayout layout)
    : file_(file) {
  const std::string source = file.string();
  NamedView found = open_matrix(file_.bytes(), tensor, source);
  name_ = std::move(found.name);
  view_ = std::move(found.view);
  if (view_.shape.size() != 2) {
    reject("{}: '{}' has {} dimensions; accepted: a matrix [n, m] or [m, n]", source, name_,
           view_.shape.size());
  }
  if (!view_.type) {
    reject("{}: '{}' has dtype {}; accepted: F16, BF16, F32, F64", source, name_, view_.dtype);
  }
  if (view_.size() == 0) reject("{}: '{}' is empty", source, name_);
  // The view's rows are the columns of an array in Fortran order.
  const std::size_t rows = view_.shape[found.transposed ? 1 : 0];
  const std::size_t columns = view_.shape[found.transposed ? 0 : 1];
  if (layout == WeightLayout::inferred && rows == columns) {
    reject("{}: '{}' [{}, {}] is square, so that either axis could be the vectors; --layout n,m or m,n tells",
           source, name_, rows, columns);
  }
  const bool features_first =
      layout == WeightLayout::inferred ? rows > columns : layout == WeightLayout::features_first;
  rows_ = features_first != found.transposed;
  n_ = Eigen::Index(features_first ? rows : columns);
  m_ = Eigen::Index(features_first ? columns : rows);
}

void LayerFile::read(Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) const {
  if (rows_) {
    for (Eigen::Index i = 0; i < block.cols(); ++i) {
      read_floats(view_, std::size_t((begin + i) * m_), block.col(i));
    }
    return;
  }
  Eigen::VectorXf row(block.cols());
  for (Eigen::Index a = 0; a < m_; ++a) {
    read_floats(view_, std::size_t(a * n_ + begin), row);
    block.row(a) = row;
  }
}

}  // namespace digon
