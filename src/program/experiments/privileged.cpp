// A ReLU in the hidden layer makes its basis privileged, elhage2022 §6: from monosemantic to polysemantic
// neurons.
#include <algorithm>
#include <set>

#include "core/model/feature_description.hpp"
#include "geometry/neurons.hpp"
#include "program/experiments/caption.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"
#include "program/experiments/neuron_count.hpp"

namespace digon::experiments {
namespace {

TrainingCell privileged_cell(const Setting& setting) {
  TrainingCell cell;
  cell.kind = ModelKind::relu_hidden;
  cell.features = important_features(10, setting.at[0], 0.75);
  cell.hidden = 5;
  cell.starts = setting.choose(16, 1000);
  cell.steps = setting.choose(4'000, 10'000);
  cell.learning_rate = 1e-2;
  return cell;
}

double monosemantic_share(const Point& point) {
  return count_neurons(point.W()).monosemantic_share();
}

double least_share_of_dense(const Results& results) {
  double share = 1.0;
  for (const Point& point : results.points) {
    if (point.x() > 0.5) share = std::min(share, monosemantic_share(point));
  }
  return share;
}

double greatest_share_of_sparse(const Results& results) {
  double share = 0.0;
  for (const Point& point : results.points) {
    if (point.x() < 0.04) share = std::max(share, monosemantic_share(point));
  }
  return share;
}

/// The features that polysemantic neurons serve between two densities, each counted once.
double shared_between(const Results& results, double above, double below) {
  std::set<Eigen::Index> shared;
  for (const Point& point : results.points) {
    if (point.x() <= above || point.x() >= below) continue;
    for (const Neuron& neuron : describe_neurons(point.W())) {
      if (neuron.kind != NeuronClass::polysemantic) continue;
      shared.insert(neuron.features.begin(), neuron.features.end());
    }
  }
  return double(shared.size());
}

void draw_privileged(const std::filesystem::path& path, const Results& results) {
  draw_stacks(path,
              "ReLU hidden layer, " + results.size() + ", {/:Italic I} = " +
                  describe_profile(results.points[0].cell.features.importance) + ": weights of each neuron",
              stack_panels(results));
}

}  // namespace

Experiment privileged() {
  return {.id = "privileged",
          .summary = "a ReLU in the hidden layer: from monosemantic to polysemantic neurons",
          .axes = {{"density", {1.0, 0.7, 0.5, 0.35, 0.2, 0.1, 0.05, 0.02}}},
          .cell = privileged_cell,
          .tables = {{"neurons", neuron_table}},
          .figures =
              {{"privileged",
                "Neuron stack plots of h = ReLU(Wx), x' = ReLU(Wᵀh + b); starts are compared by the loss of "
                "the same samples.",
                draw_privileged}},
          .measures = {{"dense", least_share_of_dense, greatest_share_of_sparse},
                       {"middle", [](const Results& results) { return shared_between(results, 0.2, 0.5); },
                        [](const Results& results) { return shared_between(results, 0.5, 1.1); }},
                       {"sparse", greatest_share_of_sparse, least_share_of_dense}}};
}

}  // namespace digon::experiments
