// Asymmetric superposition with inhibition, elhage2022 §7: a neuron with one large and one small weight in
// disturbs the feature of the small one; a negative weight out repairs it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "plots/network_figure.hpp"
#include "plots/stack_figure.hpp"
#include "program/experiments/beside_optimum.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"
#include "program/experiments/neuron_count.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon::experiments {
namespace {

constexpr Eigen::Index asymmetric_features = 6;

TrainingCell asymmetric_cell(const Setting& setting) {
  TrainingCell cell;
  cell.kind = ModelKind::absolute_value;
  cell.features = important_features(asymmetric_features, setting.at[0], 0.8, ActiveValue::signed_uniform);
  cell.hidden = 8;
  cell.starts = setting.choose(16, 200);
  cell.steps = setting.choose(10'000, 30'000);
  return cell;
}

/// A case of one large and one small weight into a neuron, with an inhibiting weight out to the feature whose
/// weight is small.
struct Inhibition {
  double large = 0.0;
  double small = 0.0;
  double out = 0.0;  ///< weight to the output of the small one; below 0: inhibiting
};

std::vector<Inhibition> find_inhibition(const ToyModel& model) {
  std::vector<Inhibition> cases;
  for (Eigen::Index a = 0; a < model.hidden(); ++a) {
    Eigen::Index large = 0;
    const double top = model.W.row(a).cwiseAbs().maxCoeff(&large);
    for (Eigen::Index i = 0; i < model.features(); ++i) {
      const double small = std::abs(model.W(a, i));
      if (i != large && small > 0.1 * top && small < 0.75 * top && model.W_out(i, a) < -0.05) {
        cases.push_back({top, small, model.W_out(i, a)});
      }
    }
  }
  return cases;
}

Table inhibition_table(const Results& results) {
  Table table{{"density", "weight_in_large", "weight_in_small", "weight_out_of_the_small"}, {}};
  for (const Point& point : results.points) {
    for (const Inhibition& found : find_inhibition(point.trained.best)) {
      table.add_row({text_of(point.x()), text_of(found.large), text_of(found.small), text_of(found.out)});
    }
  }
  return table;
}

/// In the trained models, or in those whose weights out have lost their signs.
double cases_of_inhibition(const Results& results, bool with_signs) {
  std::size_t cases = 0;
  for (const Point& point : results.points) {
    ToyModel model = point.trained.best;
    if (!with_signs) model.W_out = model.W_out.cwiseAbs();
    cases += find_inhibition(model).size();
  }
  return double(cases);
}

/// The sparsest model's loss, or that of answering 0, over that of four features with two neurons each and
/// two left out.
double beside_circuits(const Results& results, bool of_zero) {
  const TrainedCell& sparsest = results.points.back().trained;
  double left_out = 0.0;
  for (Eigen::Index i = 4; i < asymmetric_features; ++i) {
    const double p = sparsest.features.density[i];
    left_out += sparsest.features.importance[i] * feature_variance(Law{}, p);
  }
  return (of_zero ? zero_model_loss(sparsest.features) : sparsest.loss) / left_out;
}

/// Of the lowest models known, with their signs or without, the least of all densities.
Measurement inhibition_of_optima(bool with_signs) {
  return [with_signs](const Results& results) {
    double least = std::numeric_limits<double>::infinity();
    for (const BesideOptimum& beside : beside_optima(results)) {
      ToyModel model = beside.best;
      if (!with_signs) model.W_out = model.W_out.cwiseAbs();
      least = std::min(least, strongest_inhibition(model));
    }
    return least;
  };
}

Table strength_table(const Results& results) {
  Table table{{"density", "strongest_inhibition", "strongest_inhibition_of_lowest"}, {}};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    table.add_row({text_of(results.points[k].density()),
                   text_of(strongest_inhibition(results.points[k].trained.best)),
                   text_of(strongest_inhibition(beside_optima(results)[k].best))});
  }
  return table;
}

std::vector<TableFile> asymmetric_tables() {
  std::vector<TableFile> tables = beside_optimum_tables();
  tables.push_back({"asymmetric", inhibition_table});
  tables.push_back({"inhibition", strength_table});
  return tables;
}

void draw_asymmetric(const std::filesystem::path& path, const Results& results) {
  std::vector<StackPanel> panels;
  for (const Point& point : results.points) {
    panels.push_back({fmt::format("into neurons, density {:.3g}", point.x()), point.W()});
  }
  for (const Point& point : results.points) {
    panels.push_back(
        {fmt::format("out of neurons, density {:.3g}", point.x()), point.trained.best.W_out.transpose()});
  }
  draw_stacks(path, "Asymmetric superposition: {/:Italic y} = |{/:Italic x}|, " + results.size(), panels);
}

/// The sparsest model, trained and of the lowest loss known, as graphs.
void draw_asymmetric_networks(const std::filesystem::path& path, const Results& results) {
  const ToyModel& trained = results.points.back().trained.best;
  const ToyModel& lowest = beside_optima(results).back().best;
  draw_networks(path,
                fmt::format("{{/:Italic y}} = |{{/:Italic x}}|, {}, density {:g}", results.size(),
                            results.points.back().density()),
                {{"trained", trained.W, trained.W_out}, {"lowest loss known", lowest.W, lowest.W_out}});
}

}  // namespace

Experiment asymmetric() {
  return {
      .id = "asymmetric",
      .summary = "asymmetric superposition with inhibition",
      .axes = {settable_axis("density", {"density", {0.3, 0.1, 0.03, 0.01}})},
      .cell = asymmetric_cell,
      .optimum_starts = Starts{8, 400},
      .find = [](const Results& results) { return put_beside_optima(results); },
      .tables = asymmetric_tables(),
      .figures = {{"asymmetric",
                   "Absolute values: a neuron with one large and one small weight in disturbs the feature of "
                   "the small one; a negative weight out (inhibition) repairs it.",
                   draw_asymmetric},
                  {"asymmetric-networks", "The sparsest models as graphs: features, neurons, features.",
                   draw_asymmetric_networks},
                  {"asymmetric-optimum",
                   "The best start's loss and neurons beside those of the lowest loss known.",
                   draw_beside_optimum}},
      .measures = {{"inhibition", [](const Results& results) { return cases_of_inhibition(results, true); },
                    [](const Results& results) { return cases_of_inhibition(results, false); }},
                   {"loss", [](const Results& results) { return beside_circuits(results, false); },
                    [](const Results& results) { return beside_circuits(results, true); }},
                   {"gap", [](const Results& results) { return beside_optima(results).back().gap(); },
                    [](const Results& results) { return beside_optima(results).front().gap(); }},
                   {"optimum-inhibition", inhibition_of_optima(true), inhibition_of_optima(false)},
                   {"optimum-sharing", density_of_sharing, density_of_sharing_of_own_neurons}}};
}

}  // namespace digon::experiments
