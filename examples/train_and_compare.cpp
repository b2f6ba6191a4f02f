// Trains five features in two dimensions and says how far training came: the exact loss of the weights it
// found, the nearest local minimum, and the best weights there are.
#include <cstdio>

#include "empirical/training/training.hpp"
#include "geometry/named_geometry.hpp"
#include "theory/optima/optimality_gap.hpp"

int main() {
  const digon::FeatureDistribution features = digon::uniform_features(5, 0.1);
  std::vector<digon::TrainingInstance> instances;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    instances.push_back({digon::ModelKind::relu_output, 2, features, seed});
  }
  digon::TrainingSettings settings;
  settings.steps = 4000;
  settings.optimizer.learning_rate = 3e-3;
  settings.optimizer.schedule = digon::Schedule::cosine;

  std::vector<digon::ToyModel> models;
  for (const digon::TrainingResult& result : digon::train(instances, settings))
    models.push_back(result.model);

  for (const digon::OptimalityGap& gap : digon::optimality_gaps(models, features, {})) {
    std::printf("loss %.8f, local minimum %.8f, best %.8f: %+.4f%%\n", gap.loss, gap.local, gap.best,
                100.0 * gap.relative());
  }
  for (const digon::ToyModel& model : models) {
    std::printf("geometry: %s\n", digon::describe_geometry(model.W).name.c_str());
  }
}
