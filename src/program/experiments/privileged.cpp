// A ReLU in the hidden layer makes its basis privileged, elhage2022 §6: from monosemantic to polysemantic
// neurons.
#include <algorithm>
#include <set>

#include "core/model/feature_description.hpp"
#include "geometry/neurons.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/beside_optimum.hpp"
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

// ---- the second way to a privileged basis: λ ‖h‖₁ on a linear hidden layer ----

const std::vector<double> penalties{0.0, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1};
constexpr double density_of_penalties = 0.1;

/// The ReLU output model of the cell at that density, under each penalty.
std::vector<TrainedCell> train_under_penalties(const Results& results) {
  std::vector<TrainingCell> cells;
  for (const double lambda : penalties) {
    TrainingCell cell = privileged_cell({results.context.preset, 0, {density_of_penalties}, {}});
    cell.kind = ModelKind::relu_output;
    cell.starts = results.context.choose(4, 64);
    cell.hidden_l1 = lambda;
    cell.seed = results.context.seed;
    cells.push_back(cell);
  }
  return train_cells(results.context.store, results.id, cells, results.context.threads);
}

/// How far features lie along the basis: of all ‖W_i‖², what each one's largest weight has. 1: every feature
/// has one neuron.
double alignment(const Eigen::MatrixXd& W) {
  return W.cwiseAbs2().colwise().maxCoeff().sum() / W.squaredNorm();
}

std::function<double(const Results&)> alignment_under(double lambda) {
  return [lambda](const Results& results) {
    const std::vector<TrainedCell>& trained = results.found_as<BesideOptima>().others;
    for (std::size_t k = 0; k < penalties.size(); ++k) {
      if (penalties[k] == lambda) return alignment(trained[k].best.W);
    }
    return 0.0;
  };
}

Table alignment_table(const Results& results) {
  Table table{{"model", "density", "hidden_l1", "alignment", "loss"}, {}};
  const std::vector<TrainedCell>& trained = results.found_as<BesideOptima>().others;
  for (std::size_t k = 0; k < penalties.size(); ++k) {
    table.add_row({"relu-output", text_of(density_of_penalties), text_of(penalties[k]),
                   text_of(alignment(trained[k].best.W)), text_of(trained[k].loss)});
  }
  for (const Point& point : results.points) {
    table.add_row({"relu-hidden", text_of(point.density()), "0", text_of(alignment(point.W())),
                   text_of(point.trained.loss)});
  }
  return table;
}

void draw_alignment(const std::filesystem::path& path, const Results& results) {
  Series penalized{"ReLU output, λ‖{/:Italic h}‖_1", {}, SeriesStyle::line_and_points, 0};
  for (const double lambda : penalties) {
    constexpr double none_drawn_at = 3e-4;
    penalized.points.emplace_back(std::max(lambda, none_drawn_at), alignment_under(lambda)(results));
  }
  SeriesPanel panel{"alignment with the basis, density 0.1", "λ (left: none)", "alignment", {penalized}};
  panel.x_scale = AxisScale::logarithmic;
  panel.y_range = "[0:1.1]";
  for (const Point& point : results.points) {
    if (point.density() == density_of_penalties) {
      panel.levels.push_back({alignment(point.W()), "ReLU hidden"});
    }
  }
  draw_series(path, "Two ways to a privileged basis, " + results.size(), {panel}, 1);
}

std::any find_privileged(const Results& results) {
  BesideOptima found = put_beside_optima(results);
  found.others = train_under_penalties(results);
  return found;
}

// ---- neurons ----

Measurement share_of_lowest(double density) {
  return [density](const Results& results) {
    for (std::size_t k = 0; k < results.points.size(); ++k) {
      if (results.points[k].density() == density) {
        return count_neurons(beside_optima(results)[k].best).monosemantic_share();
      }
    }
    return 0.0;
  };
}

double monosemantic_share(const Point& point) {
  return count_neurons(point.trained.best).monosemantic_share();
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
Measurement shared_between(double above, double below) {
  return [above, below](const Results& results) {
    std::set<Eigen::Index> shared;
    for (const Point& point : results.points) {
      if (point.x() <= above || point.x() >= below) continue;
      for (const Neuron& neuron : describe_neurons(point.trained.best)) {
        if (neuron.kind != NeuronClass::polysemantic) continue;
        shared.insert(neuron.features.begin(), neuron.features.end());
      }
    }
    return double(shared.size());
  };
}

void draw_privileged(const std::filesystem::path& path, const Results& results) {
  draw_stacks(path,
              "ReLU hidden layer, " + results.size() + ", {/:Italic I} = " +
                  describe_profile(results.points[0].cell.features.importance) + ": weights of each neuron",
              stack_panels(results));
}

std::vector<TableFile> privileged_tables() {
  std::vector<TableFile> tables = beside_optimum_tables();
  tables.push_back({"neurons", neuron_table});
  tables.push_back({"alignment", alignment_table});
  return tables;
}

}  // namespace

Experiment privileged() {
  return {
      .id = "privileged",
      .summary = "a ReLU in the hidden layer: from monosemantic to polysemantic neurons",
      .axes = {settable_axis("density", {"density", {1.0, 0.7, 0.5, 0.35, 0.2, 0.1, 0.05, 0.02}})},
      .cell = privileged_cell,
      .optimum_starts = Starts{40, 400},
      .find = find_privileged,
      .tables = privileged_tables(),
      .figures =
          {{"privileged",
            "Neuron stack plots of h = ReLU(Wx), x' = ReLU(Wᵀh + b); starts are compared by the loss of "
            "the same samples.",
            draw_privileged},
           {"privileged-optimum", "The best start's loss and neurons beside those of the lowest loss known.",
            draw_beside_optimum},
           {"privileged-l1",
            "How far features lie along the basis of a linear hidden layer under a penalty λ‖h‖₁ in "
            "training, "
            "beside the ReLU hidden layer.",
            draw_alignment}},
      .measures = {{"dense", least_share_of_dense, greatest_share_of_sparse},
                   {"middle", shared_between(0.2, 0.5), shared_between(0.5, 1.1)},
                   {"sparse", greatest_share_of_sparse, least_share_of_dense},
                   {"gap", greatest_gap, greatest_gap_of_zero},
                   {"optimum-dense", share_of_lowest(0.7), share_of_lowest(0.1)},
                   {"optimum-sparse", share_of_lowest(0.1), share_of_lowest(0.7)},
                   {"optimum-sharing", density_of_sharing, density_of_sharing_of_own_neurons},
                   {"l1-none", alignment_under(0.0), alignment_under(1e-2)},
                   {"l1-aligns", alignment_under(1e-2), alignment_under(0.0)}}};
}

}  // namespace digon::experiments
