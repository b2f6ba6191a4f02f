#include "program/commands/snapshots.hpp"

#include "core/base/atomic_file.hpp"
#include "core/base/parallel.hpp"
#include "core/files/safetensors.hpp"
#include "core/files/table.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "sweep/model_loss.hpp"

namespace digon {
namespace {

void append(Tensor& tensor, const Eigen::MatrixXd& columns) {
  tensor.values.insert(tensor.values.end(), columns.data(), columns.data() + columns.size());
}

}  // namespace

void save_snapshots(const std::filesystem::path& folder, const std::vector<TrainingInstance>& instances,
                    const std::vector<std::size_t>& steps, const std::vector<TrainingResult>& results) {
  // An instance that ended between two of the steps is complete with its last weights.
  const auto model_at = [&](std::size_t instance, std::size_t k) -> const ToyModel& {
    const TrainingResult& result = results[instance];
    return k < result.snapshots.size() ? result.snapshots[k].model : result.model;
  };
  std::vector<double> losses(instances.size() * steps.size());
  parallel_for(losses.size(), 0, [&](std::size_t k) {
    losses[k] = loss_of(model_at(k / steps.size(), k % steps.size()), instances[k / steps.size()].features);
  });

  const auto n = std::size_t(instances.front().features.features());
  const auto m = std::size_t(instances.front().hidden);
  Tensor W{{instances.size(), steps.size(), n, m}, {}, StoredType::float32};
  Tensor W_out = W;
  Tensor b{{instances.size(), steps.size(), n}, {}, StoredType::float32};
  Table table{{"instance", "step", "loss", "feature", "norm", "feature_dimensionality"}, {}};
  for (std::size_t i = 0; i < instances.size(); ++i) {
    for (std::size_t k = 0; k < steps.size(); ++k) {
      const ToyModel& model = model_at(i, k);
      append(W, model.W);
      append(W_out, model.W_out.transpose());
      append(b, model.b);
      const FeatureGeometry geometry = feature_geometry(model.W);
      for (Eigen::Index j = 0; j < model.features(); ++j) {
        table.add_row({text_of(i), text_of(steps[k]), text_of(losses[i * steps.size() + k]),
                       text_of(std::size_t(j)), text_of(geometry.norm[j]),
                       text_of(geometry.dimensionality[j])});
      }
    }
  }
  Safetensors file;
  file.tensors["step"] = {{steps.size()}, {steps.begin(), steps.end()}, StoredType::float64};
  if (!W_out.values.empty()) file.tensors["W_out"] = std::move(W_out);
  file.tensors["W"] = std::move(W);
  file.tensors["b_final"] = std::move(b);
  write_file_atomically(folder / "snapshots.safetensors", serialize(file));
  write_csv(folder / "snapshots.csv", table);
}

}  // namespace digon
