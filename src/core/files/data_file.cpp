#include "core/files/data_file.hpp"

#include "core/base/input_error.hpp"
#include "core/base/mapped_file.hpp"
#include "core/files/tensor_file.hpp"

namespace digon {
namespace {

std::string find_samples(const TensorFile& file, const std::string& source) {
  for (const char* name : {"x", "X", "data"}) {
    if (file.tensors().contains(name)) return name;
  }
  std::string only;
  for (const auto& [name, view] : file.tensors()) {
    if (view.shape.size() != 2) continue;
    if (!only.empty()) {
      reject("{}: has more than one matrix ({}); accepted: samples in a tensor 'x', or one matrix", source,
             file.list(TensorFile::Listed::matrices));
    }
    only = name;
  }
  if (only.empty()) reject("{}: has no matrix; accepted: samples [T, n]", source);
  return only;
}

}  // namespace

std::shared_ptr<const FeatureData> load_data(const std::filesystem::path& file) {
  const std::string source = file.string();
  const MappedFile mapped(file);
  const TensorFile tensors(mapped.bytes(), source);
  const std::string name = find_samples(tensors, source);
  const Tensor samples = tensors.read(name);
  if (samples.shape.size() != 2) {
    reject("{}: '{}' is {}; accepted: samples [T, n]", source, name, text_of_shape(samples.shape));
  }
  const auto T = Eigen::Index(samples.shape[0]);
  const auto n = Eigen::Index(samples.shape[1]);
  // [T, n] row-major is exactly Eigen's column-major [n×T].
  return std::make_shared<FeatureData>(
      FeatureData{Eigen::Map<const Eigen::MatrixXd>(samples.values.data(), n, T), source});
}

}  // namespace digon
