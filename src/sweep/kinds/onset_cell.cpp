#include "sweep/kinds/onset_cell.hpp"

#include <algorithm>

#include "geometry/feature_dimensionality.hpp"
#include "sweep/kinds/phase_cell.hpp"
#include "sweep/sweep.hpp"

namespace digon {
namespace {

/// How the last feature is represented: ‖W_n‖, and how much of its direction others use.
Eigen::Vector2d state_of(const PhasePoint& point) {
  const FeatureGeometry geometry = feature_geometry(exact_phase(point).optimum.model.W);
  const Eigen::Index last = point.features - 1;
  return {geometry.norm[last], geometry.superposition[last]};
}

StoredCell compute_onset(const nlohmann::json& settings, const std::string& /*given*/) {
  const nlohmann::json& between = settings.at("onset");
  PhasePoint at = transition_between(phase_point_from(between.at(0)), phase_point_from(between.at(1)));
  const double onset = at.density;
  constexpr double aside = 1e-4;
  at.density = std::min(1.0, onset * (1.0 + aside));
  const Eigen::Vector2d above = state_of(at);
  at.density = onset * (1.0 - aside);
  const Eigen::Vector2d change = (state_of(at) - above).cwiseAbs();
  return {{{"density", onset}, {"norm_jump", change[0]}, {"shared_jump", change[1]}}, {}};
}

const CellKind onset_kind{"onset of superposition", 1, &compute_onset};

}  // namespace

std::vector<PhaseOnset> find_onsets(RunStore& store, const std::vector<OnsetCell>& cells,
                                    std::size_t threads) {
  std::vector<SweepCell> searches;
  for (const OnsetCell& cell : cells) {
    searches.push_back({&onset_kind, {{"onset", {describe(cell.denser), describe(cell.sparser)}}}});
  }
  std::vector<PhaseOnset> onsets;
  for (const StoredCell& found : sweep(store, "onset of superposition", searches, threads)) {
    onsets.push_back({found.result.at("density").get<double>(), found.result.at("norm_jump").get<double>(),
                      found.result.at("shared_jump").get<double>()});
  }
  return onsets;
}

}  // namespace digon
