#include "program/commands/snapshots.hpp"

#include <limits>

#include "core/base/atomic_file.hpp"
#include "core/base/parallel.hpp"
#include "core/base/progress.hpp"
#include "core/files/run.hpp"
#include "core/files/safetensors.hpp"
#include "core/files/table.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "sweep/model_loss.hpp"

namespace digon {
namespace {

void append(Tensor& tensor, const Eigen::MatrixXd& columns) {
  tensor.values.insert(tensor.values.end(), columns.data(), columns.data() + columns.size());
}

void append_missing(Tensor& tensor, std::size_t count) {
  tensor.values.insert(tensor.values.end(), count, std::numeric_limits<double>::quiet_NaN());
}

}  // namespace

void save_snapshots(const std::filesystem::path& folder, const std::vector<TrainingInstance>& instances,
                    const std::vector<TrainingResult>& results) {
  const auto by_count = [](const TrainingResult& a, const TrainingResult& b) {
    return a.snapshots.size() < b.snapshots.size();
  };
  const std::vector<Snapshot>& longest =
      std::max_element(results.begin(), results.end(), by_count)->snapshots;
  const std::size_t count = longest.size();
  if (count == 0) return;
  std::vector<double> losses(instances.size() * count);
  Progress progress("snapshots, losses", losses.size());
  parallel_for(losses.size(), 0, [&](std::size_t at) {
    const std::vector<Snapshot>& taken = results[at / count].snapshots;
    if (at % count < taken.size())
      losses[at] = loss_of(taken[at % count].model, instances[at / count].features);
    progress.advance(1);
  });

  const auto n = std::size_t(instances.front().features.features());
  const auto m = std::size_t(instances.front().hidden);
  Tensor W{{instances.size(), count, n, m}, {}, StoredType::float32};
  Tensor W_out = W;
  Tensor b{{instances.size(), count, n}, {}, StoredType::float32};
  Tensor taken{{instances.size()}, {}, StoredType::float64};
  Table table{{"instance", "step", "loss", "feature", "norm", "feature_dimensionality"}, {}};
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const std::vector<Snapshot>& snapshots = results[i].snapshots;
    taken.values.push_back(double(snapshots.size()));
    for (std::size_t k = 0; k < count; ++k) {
      if (k >= snapshots.size()) {
        append_missing(W, n * m);
        append_missing(b, n);
        if (longest.front().model.W_out.size() > 0) append_missing(W_out, n * m);
        continue;
      }
      const ToyModel& model = snapshots[k].model;
      append(W, model.W);
      append(W_out, model.W_out.transpose());
      append(b, model.b);
      const FeatureGeometry geometry = feature_geometry(model.W);
      for (Eigen::Index j = 0; j < model.features(); ++j) {
        table.add_row({text_of(i), text_of(snapshots[k].step), text_of(losses[i * count + k]),
                       text_of(std::size_t(j)), text_of(geometry.norm[j]),
                       text_of(geometry.dimensionality[j])});
      }
    }
  }
  std::vector<TrainedModel> described;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    described.push_back({results[i].model, instances[i].features, instances[i].seed});
  }
  Safetensors file{{}, own_metadata(described)};
  Tensor& step = file.tensors["step"] = {{count}, {}, StoredType::float64};
  for (const Snapshot& snapshot : longest) step.values.push_back(double(snapshot.step));
  file.tensors["taken"] = std::move(taken);
  if (!W_out.values.empty()) file.tensors["W_out"] = std::move(W_out);
  file.tensors["W"] = std::move(W);
  file.tensors["b_final"] = std::move(b);
  write_file_atomically(folder / "snapshots.safetensors", serialize(file));
  write_csv(folder / "snapshots.csv", table);
}

}  // namespace digon
